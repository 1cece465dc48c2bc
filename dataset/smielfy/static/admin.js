// The administrator's page: people and their pictures, approval, export and import.

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

const address = (path) => `/api/admin/picture/${path}`;

function shownRow({ person, smiley, name, approved }) {
  const text = t(approved ? "admin.hide" : "admin.approve");
  const toggle = button({
    textContent: text,
    className: approved ? "" : "main",
    ariaLabel: `${text}: ${person}, ${smileyLabel(smiley)}`,
    onclick: () => attempt(async () => {
      await request("POST", "/api/admin/approve", { name, approved: !approved });
      await load();
    }),
  });
  const image = element("img", { src: `/api/admin/shown/${name}`, alt: smileyLabel(smiley), width: 128, height: 128 });
  return element("li", {}, image, element("span", { className: "small", textContent: `${person} ${smileyLabel(smiley)}` }), toggle);
}

function personRow({ person, agreed, version, language, given, shows }) {
  const counts = Object.values(given);
  const pictures = counts.reduce((sum, one) => sum + one.pictures, 0);
  const bursts = counts.reduce((sum, one) => sum + one.bursts, 0);
  const open = button({ className: "quiet", textContent: person, onclick: () => attempt(() => showPerson(person)) });
  const remove = button({
    className: "danger",
    textContent: t("admin.delete"),
    ariaLabel: `${t("admin.delete")}: ${person}`,
    onclick: () => attempt(async () => {
      if (!(await confirmed(t("admin.sure", { person })))) return;
      await request("DELETE", `/api/admin/people/${person}`);
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
  const { pictures } = await request("GET", `/api/admin/people/${person}`);
  $("person").hidden = false;
  $("person-name").textContent = person;
  const clips = [...new Set(pictures.map(({ clip }) => clip))];
  const remover = (label, query) => button({
    className: "quiet",
    textContent: "×",
    ariaLabel: label,
    title: label,
    onclick: () => attempt(async () => {
      await request("DELETE", `/api/admin/people/${person}?${new URLSearchParams(query)}`);
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
          remover(`${t("admin.picture")}: ${clip}, ${number + 1}`, { path }),
        ),
      );
      const head = element("p", {}, whole, remover(`${t("admin.burst")}: ${clip}`, { clip }));
      return element("div", {}, head, element("ul", { className: "thumbs" }, ...list));
    }),
  );
}

async function load() {
  const { people, shown, keep_days: days } = await request("GET", "/api/admin");
  $("all").hidden = false;
  $("shown").replaceChildren(...shown.map(shownRow));
  const heads = ["person", "given", "smileys", "consent", "shows", "delete"].map((name) =>
    element("th", { scope: "col", textContent: t(`admin.${name}`) }),
  );
  $("people").replaceChildren(element("tr", {}, ...heads), ...people.map(personRow));
  $("people-region").ariaLabel = t("admin.people");
  const kept = days ? t("admin.days", { days }) : t("admin.for_ever");
  $("sum").textContent = `${t("admin.count", { people: people.length })} ${kept}`;
}

$("import").addEventListener("change", () =>
  attempt(async () => {
    const [file] = $("import").files;
    $("import").value = "";
    if (!file) return;
    const { added, here, refused } = await request("POST", "/api/admin/import", new Blob([file], { type: "application/zip" }));
    await load();
    toast(t("admin.imported", { added, here, refused }));
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
    history.replaceState(null, "", "/admin.html"); // it stays in a cookie, not in the history
    await request("POST", "/api/admin/enter", { key });
  }
  await load();
});
