// The keeper's page: people and their pictures, approval, export and import.

import { request } from "./api.js";
import { $, button, countText, element, smileyLabel, toast } from "./dom.js";
import { errorMessage, loadLanguage, preferredLanguage, switchLanguage, t } from "./i18n.js";
import { state } from "./state.js";

async function attempt(action) {
  $("problem").textContent = "";
  try {
    await action();
  } catch (problem) {
    $("problem").textContent = errorMessage(problem);
  }
}

function confirmed(text) {
  $("sure-text").textContent = text;
  $("sure").returnValue = "no";
  $("sure").showModal();
  return new Promise((done) => {
    $("sure").addEventListener("close", () => done($("sure").returnValue === "yes"), { once: true });
  });
}

const address = (path) => `/api/keeper/picture/${path}`;

function shownRow({ person, smiley, name, approved }) {
  const text = t(approved ? "keeper.hide" : "keeper.approve");
  const toggle = button({
    textContent: text,
    className: approved ? "" : "main",
    ariaLabel: `${text}: ${person}, ${smileyLabel(smiley)}`,
    onclick: () => attempt(async () => {
      await request("POST", "/api/keeper/approve", { name, approved: !approved });
      await load();
    }),
  });
  const image = element("img", { src: `/api/keeper/shown/${name}`, alt: smileyLabel(smiley), width: 128, height: 128 });
  return element("li", {}, image, element("span", { className: "small", textContent: `${person} ${smileyLabel(smiley)}` }), toggle);
}

function personRow({ person, agreed, version, language, given, shows }) {
  const counts = Object.values(given);
  const pictures = counts.reduce((sum, one) => sum + one.pictures, 0);
  const bursts = counts.reduce((sum, one) => sum + one.bursts, 0);
  const open = button({ className: "quiet", textContent: person, onclick: () => attempt(() => showPerson(person)) });
  const remove = button({
    className: "danger",
    textContent: t("keeper.delete"),
    ariaLabel: `${t("keeper.delete")}: ${person}`,
    onclick: () => attempt(async () => {
      if (!(await confirmed(t("keeper.sure", { person })))) return;
      await request("DELETE", `/api/keeper/people/${person}`);
      $("person").hidden = true;
      await load();
      toast(t("mine.removed"));
    }),
  });
  const cells = [
    open, countText({ pictures, bursts }), Object.keys(given).map((slug) => state.smileys[slug]?.emoji ?? slug).join(" "),
    `${agreed} · ${version} ${language}`, shows ? "✓" : "", remove,
  ];
  return element("tr", {}, ...cells.map((cell) => element("td", {}, cell)));
}

async function showPerson(person) {
  const { pictures } = await request("GET", `/api/keeper/people/${person}`);
  $("person").hidden = false;
  $("person-name").textContent = person;
  const clips = [...new Set(pictures.map(({ clip }) => clip))];
  const remover = (label, query) => button({
    className: "quiet",
    textContent: "×",
    ariaLabel: label,
    title: label,
    onclick: () => attempt(async () => {
      await request("DELETE", `/api/keeper/people/${person}?${new URLSearchParams(query)}`);
      await load();
      await showPerson(person);
      toast(t("mine.removed"));
    }),
  });
  $("bursts").replaceChildren(
    ...clips.map((clip) => {
      const own = pictures.filter((one) => one.clip === clip);
      const whole = element("span", { textContent: `${smileyLabel(own[0].smiley)} ` });
      const list = own.map(({ path }, number) =>
        element(
          "li",
          {},
          element("img", { src: address(path), alt: "", loading: "lazy", width: 72, height: 72 }),
          remover(`${t("keeper.picture")}: ${clip}, ${number + 1}`, { path }),
        ),
      );
      const head = element("p", {}, whole, remover(`${t("keeper.burst")}: ${clip}`, { clip }));
      return element("div", {}, head, element("ul", { className: "thumbs" }, ...list));
    }),
  );
}

async function load() {
  const { people, shown, keep_days: days } = await request("GET", "/api/keeper");
  $("all").hidden = false;
  $("shown").replaceChildren(...shown.map(shownRow));
  const heads = ["person", "given", "smileys", "consent", "shows", "delete"].map((name) =>
    element("th", { scope: "col", textContent: t(`keeper.${name}`) }),
  );
  $("people").replaceChildren(element("tr", {}, ...heads), ...people.map(personRow));
  $("people-region").ariaLabel = t("keeper.people");
  const kept = days ? t("keeper.days", { days }) : t("keeper.for_ever");
  $("sum").textContent = `${t("keeper.count", { people: people.length })} ${kept}`;
}

$("import").addEventListener("change", () =>
  attempt(async () => {
    const [file] = $("import").files;
    $("import").value = "";
    if (!file) return;
    const { added, here, refused } = await request("POST", "/api/keeper/import", new Blob([file], { type: "application/zip" }));
    await load();
    toast(t("keeper.imported", { added, here, refused }));
  }),
);

$("language").addEventListener("click", () =>
  attempt(async () => {
    await switchLanguage();
    await load();
  }),
);

await attempt(async () => {
  await loadLanguage(preferredLanguage());
  const { smileys } = await request("GET", "/api/smileys");
  state.smileys = Object.fromEntries(smileys.map((smiley) => [smiley.slug, smiley]));
  const key = location.hash.slice(1);
  if (key) {
    history.replaceState(null, "", "/keeper.html"); // it stays in a cookie, not in the history
    await request("POST", "/api/keeper/enter", { key });
  }
  await load();
});
