// The visitor's own data: pictures given, whether others see them, and the way out.

import { request, sleep } from "./api.js";
import { $, button, countText, element, showSmiley, smileyIcon, smileyLabel, toast } from "./dom.js";
import { errorMessage, t } from "./i18n.js";
import { refresh, state, stateChanged } from "./state.js";

// Do what a control asks for; what goes wrong is said beside it.
async function attempt(control, action) {
  $("mine-problem").textContent = "";
  control.closest(".card")?.append($("mine-problem"));
  try {
    await action();
  } catch (problem) {
    $("mine-problem").textContent = errorMessage(problem);
    control.disabled = false; // to try again
  }
}

// What became of the taught net when a picture that it had learned from was removed.
const removalText = (net) =>
  net === "learning" ? t("mine.removed_again") : t(net ? "mine.removed_net" : "mine.removed");

function removeButton(address, textContent, what) {
  const remove = button({ className: "quiet", textContent, ariaLabel: `${t("mine.remove")}: ${what}` });
  remove.onclick = () =>
    attempt(remove, async () => {
      const { net } = await request("DELETE", address);
      await myData.enter();
      $("view").focus({ preventScroll: true }); // the button is gone
      toast(removalText(net));
    });
  return remove;
}

function smileyRow(slug) {
  const given = state.me.given[slug];
  const remove = removeButton(`/api/pictures/${slug}`, t("mine.remove"), smileyLabel(slug));
  remove.hidden = !given;
  return element(
    "li",
    {},
    showSmiley(element("span", { className: "emoji" }), slug),
    element("span", { className: given ? "" : "empty", textContent: given ? countText(given) : t("collect.none") }),
    remove,
  );
}

$("shown").addEventListener("change", () =>
  attempt($("shown"), async () => {
    try {
      await request("POST", "/api/shown", { shown: $("shown").checked });
    } finally {
      await myData.enter();
    }
  }),
);

$("delete").addEventListener("click", () => {
  const pictures = Object.values(state.me.given).reduce((sum, { pictures }) => sum + pictures, 0);
  $("sure-text").textContent = pictures ? t("mine.sure_text", { count: pictures }) : t("mine.sure_none");
  $("sure").returnValue = "no";
  $("sure").showModal();
});

$("sure").addEventListener("close", () => {
  if ($("sure").returnValue !== "yes") return;
  attempt($("delete"), async () => {
    try {
      await request("DELETE", "/api/me");
    } finally {
      await refresh();
    }
    stateChanged();
    toast(t("mine.deleted"));
  });
});

// Each picture by itself, with a button to remove it.
function thumbnail({ name, smiley }, index, all) {
  const image = element("img", { src: `/api/mine/${name}`, alt: "", loading: "lazy", width: 72, height: 72 });
  const number = all.filter((one) => one.smiley === smiley).findIndex((one) => one.name === name) + 1;
  const what = `${smileyLabel(smiley)}, ${t("shoot.picture", { number })}`;
  return element("li", {}, image, removeButton(`/api/mine/${name}`, "×", what));
}

// What her net, before it learned from all, made of the test pictures.
function showMatrix(answers) {
  $("matrix-block").hidden = !answers.length;
  $("behind").replaceChildren();
  const rows = [...new Set(answers.map(({ smiley }) => smiley))];
  const columns = [...new Set([...rows, ...answers.map(({ seen }) => seen)])];
  const head = (slug, scope) => {
    const node = element("th", { scope, title: smileyLabel(slug) }, smileyIcon(slug));
    node.ariaLabel = smileyLabel(slug);
    return node;
  };
  const cell = (smiley, seen) => {
    const behind = answers.filter((one) => one.smiley === smiley && one.seen === seen);
    const node = element("td", { className: smiley === seen ? "right" : "" });
    if (!behind.length) return node;
    const image = ({ name }) => element("img", { src: `/api/mine/${name}`, alt: smileyLabel(smiley), width: 72, height: 72 });
    node.append(button({
      textContent: behind.length,
      ariaLabel: t("mine.cell", { count: behind.length, made: smileyLabel(smiley), seen: smileyLabel(seen) }),
      onclick: () => $("behind").replaceChildren(...behind.map((one) => element("li", {}, image(one)))),
    }));
    return node;
  };
  const corner = element("td", {});
  $("matrix").replaceChildren(
    element("caption", { textContent: t("mine.matrix_text") }),
    element("tr", {}, corner, ...columns.map((slug) => head(slug, "col"))),
    ...rows.map((slug) => element("tr", {}, head(slug, "row"), ...columns.map((seen) => cell(slug, seen)))),
  );
}

async function showPictures() {
  const { pictures, answers } = await request("GET", "/api/mine");
  $("thumbs").replaceChildren(...pictures.map(thumbnail));
  const here = new Set(pictures.map(({ name }) => name));
  showMatrix(state.me.taught ? answers.filter(({ name }) => here.has(name)) : []);
  $("matrix-region").ariaLabel = t("mine.matrix");
}

const percent = (part) => Math.round(100 * part);
let visit = 0; // counts visits, so that watching ends with the view

function showTeaching(teaching) {
  const { state: status, done, steps, before, after, tested, whole, place } = teaching;
  const learning = status === "learning";
  const under = learning || status === "waiting"; // way
  state.me.taught = status === "taught";
  $("teach-bar").hidden = !learning;
  $("teach").disabled = under;
  $("unteach").hidden = !under && status !== "taught";
  if (learning) {
    $("teach-bar").firstElementChild.style.width = `${percent(done / steps)}%`;
    $("teach-bar").ariaValueNow = percent(done / steps);
  }
  const said = {
    none: "",
    waiting: t("mine.waiting", { place }),
    learning: t("mine.learning"),
    failed: t("mine.failed"),
  };
  const shares = { before: percent(before), after: percent(after), tested };
  $("teach-result").textContent = said[status] ?? (tested
    ? `${t(whole ? "mine.taught" : "mine.taught_frames", shares)} ${t("mine.after")}`
    : t("mine.taught_only"));
}

// Look how it stands until it is over or the view is left.
async function watchTeaching() {
  const thisVisit = visit;
  for (;;) {
    const teaching = await request("GET", "/api/teach");
    if (thisVisit !== visit) return;
    showTeaching(teaching);
    if (!["learning", "waiting"].includes(teaching.state)) return showPictures();
    await sleep(700);
  }
}

for (const [id, method] of [["teach", "POST"], ["unteach", "DELETE"]]) {
  $(id).addEventListener("click", () =>
    attempt($(id), async () => {
      await request(method, "/api/teach");
      visit++;
      await watchTeaching();
    }),
  );
}

export const myData = {
  leave() {
    visit++;
  },
  async enter() {
    await refresh();
    const { person, shown, leaving } = state.me;
    $("mine-person").textContent = person ? t("mine.pseudonym", { person }) : t("mine.none");
    $("mine-problem").textContent = leaving ? t("error.delete_again") : "";
    $("mine-things").hidden = !person;
    if (!person) return;
    $("given").replaceChildren(...Object.keys(state.smileys).map(smileyRow));
    $("shown").checked = shown;
    $("teach").disabled = true; // until it is known how the teaching stands
    visit++;
    await showPictures();
    attempt($("teach"), watchTeaching);
  },
};
