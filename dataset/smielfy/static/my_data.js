// What is mine: pictures given, whether others see them, and the way out.

import { ask, pause } from "./api.js";
import { state, $, refresh, again, amount, faceOf, make, say, named, showFace, toast } from "./state.js";
import { complaint } from "./i18n.js";

// Do what a control asks for; what goes wrong is said beside it.
async function attempt(control, action) {
  $("mine-problem").textContent = "";
  control.closest(".card")?.append($("mine-problem"));
  try {
    await action();
  } catch (problem) {
    $("mine-problem").textContent = complaint(problem);
    control.disabled = false; // to try again
  }
}

// What became of the taught net when a picture that it had learned from was removed.
export const removedSaid = (net) =>
  net === "learning" ? say("mine.removed_again") : say(net ? "mine.removed_net" : "mine.removed");

function row(slug) {
  const given = state.me.given[slug];
  const remove = make("button", { className: "quiet", textContent: say("mine.remove"), hidden: !given });
  remove.ariaLabel = `${say("mine.remove")}: ${named(slug)}`;
  remove.addEventListener("click", () =>
    attempt(remove, async () => {
      const { net } = await ask("DELETE", `/api/pictures/${slug}`);
      await mine.enter();
      $("view").focus({ preventScroll: true }); // the button is gone
      toast(removedSaid(net));
    }),
  );
  return make(
    "li",
    {},
    showFace(make("span", { className: "emoji" }), slug),
    make("span", { className: given ? "" : "empty", textContent: given ? amount(given) : say("collect.none") }),
    remove,
  );
}

$("shown").addEventListener("change", () =>
  attempt($("shown"), async () => {
    try {
      await ask("POST", "/api/shown", { shown: $("shown").checked });
    } finally {
      await mine.enter();
    }
  }),
);

$("delete").addEventListener("click", () => {
  const pictures = Object.values(state.me.given).reduce((sum, { pictures }) => sum + pictures, 0);
  $("sure-text").textContent = pictures ? say("mine.sure_text", { count: pictures }) : say("mine.sure_none");
  $("sure").returnValue = "no";
  $("sure").showModal();
});

$("sure").addEventListener("close", () => {
  if ($("sure").returnValue !== "yes") return;
  attempt($("delete"), async () => {
    try {
      await ask("DELETE", "/api/me");
    } finally {
      await refresh();
    }
    again();
    toast(say("mine.deleted"));
  });
});

// Each picture by itself, with a button to remove it.
function thumb({ name, smiley }, index, all) {
  const image = make("img", { src: `/api/mine/${name}`, alt: "", loading: "lazy", width: 72, height: 72 });
  const remove = make("button", { type: "button", className: "quiet", textContent: "×" });
  const number = all.filter((one) => one.smiley === smiley).findIndex((one) => one.name === name) + 1;
  remove.ariaLabel = `${say("mine.remove")}: ${named(smiley)}, ${say("shoot.picture", { number })}`;
  remove.addEventListener("click", () =>
    attempt(remove, async () => {
      const { net } = await ask("DELETE", `/api/mine/${name}`);
      await mine.enter();
      $("view").focus({ preventScroll: true });
      toast(removedSaid(net));
    }),
  );
  return make("li", {}, image, remove);
}

// What her net, before it learned from all, made of the test pictures.
function showMatrix(answers) {
  $("matrix-block").hidden = !answers.length;
  $("behind").replaceChildren();
  const rows = [...new Set(answers.map(({ smiley }) => smiley))];
  const columns = [...new Set([...rows, ...answers.map(({ seen }) => seen)])];
  const head = (slug, scope) => {
    const node = make("th", { scope, title: named(slug) }, faceOf(slug));
    node.ariaLabel = named(slug);
    return node;
  };
  const cell = (smiley, seen) => {
    const behind = answers.filter((one) => one.smiley === smiley && one.seen === seen);
    const node = make("td", { className: smiley === seen ? "right" : "" });
    if (!behind.length) return node;
    const button = make("button", { type: "button", textContent: behind.length });
    button.ariaLabel = say("mine.cell", { count: behind.length, made: named(smiley), seen: named(seen) });
    button.addEventListener("click", () => {
      const images = behind.map(({ name }) => make("li", {}, make("img", { src: `/api/mine/${name}`, alt: named(smiley), width: 72, height: 72 })));
      $("behind").replaceChildren(...images);
    });
    node.append(button);
    return node;
  };
  const corner = make("td", {});
  $("matrix").replaceChildren(
    make("caption", { textContent: say("mine.matrix_text") }),
    make("tr", {}, corner, ...columns.map((slug) => head(slug, "col"))),
    ...rows.map((slug) => make("tr", {}, head(slug, "row"), ...columns.map((seen) => cell(slug, seen)))),
  );
}

async function showOwn() {
  const { pictures, answers } = await ask("GET", "/api/mine");
  $("thumbs").replaceChildren(...pictures.map(thumb));
  const here = new Set(pictures.map(({ name }) => name));
  showMatrix(state.me.taught ? answers.filter(({ name }) => here.has(name)) : []);
  $("matrix-region").ariaLabel = say("mine.matrix");
}

const percent = (part) => Math.round(100 * part);
let visit = 0; // counts visits, so that watching ends with the view

function showTeaching(teaching) {
  const { state: how, done, steps, before, after, tested, whole, place } = teaching;
  const learning = how === "learning";
  const under = learning || how === "waiting"; // way
  state.me.taught = how === "taught";
  $("teach-bar").hidden = !learning;
  $("teach").disabled = under;
  $("unteach").hidden = !under && how !== "taught";
  if (learning) {
    $("teach-bar").firstElementChild.style.width = `${percent(done / steps)}%`;
    $("teach-bar").ariaValueNow = percent(done / steps);
  }
  const said = {
    none: "",
    waiting: say("mine.waiting", { place }),
    learning: say("mine.learning"),
    failed: say("mine.failed"),
  };
  const shares = { before: percent(before), after: percent(after), tested };
  $("teach-result").textContent = said[how] ?? (tested
    ? `${say(whole ? "mine.taught" : "mine.taught_frames", shares)} ${say("mine.after")}`
    : say("mine.taught_only"));
}

// Look how it stands until it is over or the view is left.
async function watchTeaching() {
  const mine = visit;
  for (;;) {
    const teaching = await ask("GET", "/api/teach");
    if (mine !== visit) return;
    showTeaching(teaching);
    if (!["learning", "waiting"].includes(teaching.state)) return showOwn();
    await pause(700);
  }
}

for (const [button, method] of [["teach", "POST"], ["unteach", "DELETE"]]) {
  $(button).addEventListener("click", () =>
    attempt($(button), async () => {
      await ask(method, "/api/teach");
      visit++;
      await watchTeaching();
    }),
  );
}

export const mine = {
  leave() {
    visit++;
  },
  async enter() {
    await refresh();
    const { person, shown, leaving } = state.me;
    $("mine-person").textContent = person ? say("mine.pseudonym", { person }) : say("mine.none");
    $("mine-problem").textContent = leaving ? say("error.delete_again") : "";
    $("mine-things").hidden = !person;
    if (!person) return;
    $("given").replaceChildren(...Object.keys(state.smileys).map(row));
    $("shown").checked = shown;
    $("teach").disabled = true; // until it is known how the teaching stands
    visit++;
    await showOwn();
    attempt($("teach"), watchTeaching);
  },
};
