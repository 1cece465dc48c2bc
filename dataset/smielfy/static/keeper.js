// The keeper's page: people and their pictures, approval, export and import.

import { ask } from "./api.js";
import { state, $, amount, make, named, say, toast } from "./state.js";
import * as words from "./i18n.js";

async function attempt(action) {
  $("problem").textContent = "";
  try {
    await action();
  } catch (problem) {
    $("problem").textContent = words.complaint(problem);
  }
}

function sure(text) {
  $("sure-text").textContent = text;
  $("sure").returnValue = "no";
  $("sure").showModal();
  return new Promise((done) => {
    $("sure").addEventListener("close", () => done($("sure").returnValue === "yes"), { once: true });
  });
}

const address = (path) => `/api/keeper/picture/${path}`;

function shownRow({ person, smiley, name, approved }) {
  const text = say(approved ? "keeper.hide" : "keeper.approve");
  const button = make("button", { type: "button", textContent: text, className: approved ? "" : "main" });
  button.ariaLabel = `${text}: ${person}, ${named(smiley)}`;
  button.addEventListener("click", () =>
    attempt(async () => {
      await ask("POST", "/api/keeper/approve", { name, approved: !approved });
      await load();
    }),
  );
  const image = make("img", { src: `/api/keeper/shown/${name}`, alt: named(smiley), width: 128, height: 128 });
  return make("li", {}, image, make("span", { className: "small", textContent: `${person} ${named(smiley)}` }), button);
}

function personRow({ person, agreed, version, language, given, shows }) {
  const counts = Object.values(given);
  const pictures = counts.reduce((sum, one) => sum + one.pictures, 0);
  const bursts = counts.reduce((sum, one) => sum + one.bursts, 0);
  const open = make("button", { type: "button", className: "quiet", textContent: person });
  open.addEventListener("click", () => attempt(() => showPerson(person)));
  const remove = make("button", { type: "button", className: "danger", textContent: say("keeper.delete") });
  remove.ariaLabel = `${say("keeper.delete")}: ${person}`;
  remove.addEventListener("click", () =>
    attempt(async () => {
      if (!(await sure(say("keeper.sure", { person })))) return;
      await ask("DELETE", `/api/keeper/people/${person}`);
      $("person").hidden = true;
      await load();
      toast(say("mine.removed"));
    }),
  );
  const cells = [
    open, amount({ pictures, bursts }), Object.keys(given).map((slug) => state.smileys[slug]?.emoji ?? slug).join(" "),
    `${agreed} · ${version} ${language}`, shows ? "✓" : "", remove,
  ];
  return make("tr", {}, ...cells.map((cell) => make("td", {}, cell)));
}

async function showPerson(person) {
  const { pictures } = await ask("GET", `/api/keeper/people/${person}`);
  $("person").hidden = false;
  $("person-name").textContent = person;
  const clips = [...new Set(pictures.map(({ clip }) => clip))];
  const remover = (label, query) => {
    const button = make("button", { type: "button", className: "quiet", textContent: "×" });
    button.ariaLabel = button.title = label;
    button.addEventListener("click", () =>
      attempt(async () => {
        await ask("DELETE", `/api/keeper/people/${person}?${new URLSearchParams(query)}`);
        await load();
        await showPerson(person);
        toast(say("mine.removed"));
      }),
    );
    return button;
  };
  $("bursts").replaceChildren(
    ...clips.map((clip) => {
      const own = pictures.filter((one) => one.clip === clip);
      const whole = make("span", { textContent: `${named(own[0].smiley)} ` });
      const list = own.map(({ path }, number) =>
        make(
          "li",
          {},
          make("img", { src: address(path), alt: "", loading: "lazy", width: 72, height: 72 }),
          remover(`${say("keeper.picture")}: ${clip}, ${number + 1}`, { path }),
        ),
      );
      const head = make("p", {}, whole, remover(`${say("keeper.burst")}: ${clip}`, { clip }));
      return make("div", {}, head, make("ul", { className: "thumbs" }, ...list));
    }),
  );
}

async function load() {
  const { people, shown, keep_days: days } = await ask("GET", "/api/keeper");
  $("all").hidden = false;
  $("shown").replaceChildren(...shown.map(shownRow));
  const heads = ["person", "given", "smileys", "consent", "shows", "delete"].map((name) =>
    make("th", { scope: "col", textContent: say(`keeper.${name}`) }),
  );
  $("people").replaceChildren(make("tr", {}, ...heads), ...people.map(personRow));
  $("people-region").ariaLabel = say("keeper.people");
  const kept = days ? say("keeper.days", { days }) : say("keeper.for_ever");
  $("sum").textContent = `${say("keeper.count", { people: people.length })} ${kept}`;
}

$("import").addEventListener("change", () =>
  attempt(async () => {
    const [file] = $("import").files;
    $("import").value = "";
    if (!file) return;
    const { added, here, refused } = await ask("POST", "/api/keeper/import", new Blob([file], { type: "application/zip" }));
    await load();
    toast(say("keeper.imported", { added, here, refused }));
  }),
);

$("language").addEventListener("click", () =>
  attempt(async () => {
    await words.swap();
    await load();
  }),
);

await attempt(async () => {
  await words.load(words.preferred());
  const { smileys } = await ask("GET", "/api/smileys");
  state.smileys = Object.fromEntries(smileys.map((smiley) => [smiley.slug, smiley]));
  const key = location.hash.slice(1);
  if (key) {
    history.replaceState(null, "", "/keeper.html"); // it stays in a cookie, not in the history
    await ask("POST", "/api/keeper/enter", { key });
  }
  await load();
});
