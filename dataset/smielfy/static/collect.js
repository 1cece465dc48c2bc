// Collecting: the table of smileys, the burst, the choice, the sending.

import { ask, insist, pause, Problem } from "./api.js";
import * as camera from "./camera.js";
import { state, $, refresh, amount, faceOf, make, say, how, named, showFace, toast } from "./state.js";
import { showFirst } from "./teach_invitation.js";
import { complaint } from "./i18n.js";

const SECONDS = 3; // that a burst takes
const LONGER = 960; // pixels of a picture that is sent

const missing = () => Object.keys(state.smileys).filter((slug) => !state.me.given[slug]);

// Deal a smiley: one that is missing, or else one with the fewest shots; never the same twice.
function deal(not) {
  const shots = (slug) => state.me.given[slug]?.bursts ?? 0;
  const rest = Object.keys(state.smileys).filter((slug) => slug !== not);
  const least = Math.min(...rest.map(shots));
  const choice = rest.filter((slug) => shots(slug) === least);
  return choice[Math.floor(Math.random() * choice.length)];
}

export const collect = {
  async enter() {
    await refresh();
    showFirst(state.me.taught);
    const all = Object.keys(state.smileys).length;
    const left = missing();
    const done = all - left.length;
    $("progress").firstElementChild.style.width = `${(100 * done) / all}%`;
    $("progress-text").textContent = `${say("collect.progress", { done, all })}. `;
    if (done && !left.length) $("progress-text").append(say("collect.all"));
    if (done && left.length) $("progress-text").append(`${say("collect.missing")} `, ...left.map(faceOf));
    $("smileys").replaceChildren(
      ...Object.values(state.smileys).map(({ slug, emoticon }) => {
        const given = state.me.given[slug];
        const link = make("a", { href: `#shoot/${slug}`, className: given ? "done" : "" });
        link.append(
          faceOf(slug),
          make("code", { textContent: emoticon }),
          make("small", { textContent: given ? amount(given) : say("collect.none") }),
        );
        link.title = how(slug);
        return make("li", {}, link);
      }),
    );
  },
};

$("deal").addEventListener("click", () => (location.hash = `shoot/${deal()}`));

const stage = $("shoot-stage");
const video = stage.querySelector("video");
const hint = stage.querySelector(".hint");
const count = stage.querySelector(".count");
let slug = null;
let taken = []; // {blob, keep, frame}
let turn = 0; // counts visits, so that a burst of a view that was left ends

function phase(name) {
  $("shoot-buttons").hidden = name !== "live";
  $("review").hidden = name !== "review";
  $("result").hidden = name !== "result";
  stage.hidden = name === "review" || name === "result";
  if (name !== "review") $("pictures").replaceChildren();
  $("take").disabled = !camera.running();
  $("shoot-problem").textContent = "";
}

// The oval in the stage's own pixels: as high as a face at arm's length.
function drawOval() {
  const { clientWidth: w, clientHeight: h } = stage;
  if (!w) return;
  const ry = 0.4 * h;
  const rx = Math.min(0.75 * ry, 0.44 * w);
  const [cx, cy] = [w / 2, 0.47 * h];
  const oval = stage.querySelector(".oval");
  oval.setAttribute("viewBox", `0 0 ${w} ${h}`);
  const ring = `M${cx - rx} ${cy}a${rx} ${ry} 0 1 0 ${2 * rx} 0a${rx} ${ry} 0 1 0 ${-2 * rx} 0z`;
  const svg = (tag, attributes) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    return node;
  };
  oval.replaceChildren(
    svg("path", { d: `M0 0H${w}V${h}H0z${ring}`, "fill-rule": "evenodd" }),
    svg("ellipse", { cx, cy, rx, ry }),
  );
}
new ResizeObserver(drawOval).observe(stage);

async function live() {
  phase("live");
  drawOval();
  hint.textContent = say("shoot.starting");
  count.textContent = "";
  try {
    if (!(await camera.start(video))) return;
    hint.textContent = say("shoot.fit");
    offerCameras();
    camera.onend(() => {
      if (stage.hidden) return;
      endBurst();
      phase("live");
      hint.textContent = count.textContent = "";
      $("shoot-problem").textContent = complaint(new Problem("camera_ended"));
    });
    $("take").disabled = false;
    $("take").focus({ preventScroll: true });
  } catch (problem) {
    hint.textContent = "";
    $("shoot-problem").textContent = complaint(problem);
  }
}

async function offerCameras() {
  const cameras = await camera.all();
  $("camera-choice").hidden = cameras.length < 2;
  const now = video.srcObject?.getVideoTracks()[0]?.getSettings().deviceId;
  $("camera").replaceChildren(
    ...cameras.map(({ id, label }) => make("option", { value: id, textContent: label, selected: id === now })),
  );
}

$("camera").addEventListener("change", () => {
  camera.choose($("camera").value);
  endBurst();
  live();
});

function endBurst() {
  turn++;
  stage.classList.remove("shooting", "flash");
  stage.querySelector(".burst i").style.width = "0";
}

async function burst() {
  const mine = ++turn;
  $("take").disabled = true;
  hint.textContent = say("shoot.hold");
  for (const number of [3, 2, 1]) {
    count.textContent = number;
    await pause(800);
    if (mine !== turn) return;
  }
  count.textContent = "";
  stage.classList.add("shooting");
  const begun = performance.now();
  const pictures = [];
  for (let frame = 0; frame < state.frames; frame++) {
    // The first at once, the last after three seconds.
    await pause((1000 * SECONDS * frame) / (state.frames - 1) - (performance.now() - begun));
    if (mine !== turn) return;
    pictures.push({ blob: await camera.grab(video, LONGER), keep: true, frame });
    stage.querySelector(".burst i").style.width = `${(100 * (frame + 1)) / state.frames}%`;
    stage.classList.remove("flash");
    void stage.offsetWidth; // begins the animation anew
    stage.classList.add("flash");
  }
  endBurst();
  review(pictures);
}

function review(pictures) {
  taken = pictures;
  phase("review");
  $("pictures").replaceChildren(
    ...taken.map((picture, index) => {
      const image = make("img", { src: URL.createObjectURL(picture.blob), alt: "" });
      image.addEventListener("load", () => URL.revokeObjectURL(image.src));
      const button = make("button", { type: "button" }, image);
      const tell = () => {
        button.ariaPressed = String(picture.keep);
        const state = say(picture.keep ? "shoot.kept" : "shoot.dropped");
        button.ariaLabel = `${say("shoot.picture", { number: index + 1 })}, ${state}`;
        countKept();
      };
      button.addEventListener("click", () => {
        picture.keep = !picture.keep;
        tell();
      });
      tell();
      return make("li", {}, button);
    }),
  );
  $("send").focus({ preventScroll: true });
  $("review").scrollIntoView({ block: "nearest" });
}

function countKept() {
  const kept = taken.filter((picture) => picture.keep).length;
  $("send").textContent = say("shoot.send", { count: kept });
  $("send").disabled = !kept;
}

// Send pictures as one burst of a smiley; tells how many were kept, and why others were not.
export async function sendBurst(smiley, pictures, ondone = () => {}) {
  // After a cut connection the same burst goes on: it is kept with its pictures.
  pictures.burst ??= (await insist("POST", "/api/bursts", { smiley })).burst;
  const refused = {};
  let kept = 0;
  for (const [index, picture] of pictures.entries()) {
    ondone(index);
    if (picture.done) {
      kept++;
      continue;
    }
    try {
      await insist("POST", `/api/bursts/${pictures.burst}/${picture.frame}`, picture.blob);
      picture.done = true;
      kept++;
    } catch (problem) {
      if (![409, 413, 415, 422].includes(problem.status)) throw problem;
      refused[problem.code] = (refused[problem.code] ?? 0) + 1;
    }
  }
  return { kept, refused };
}

async function send() {
  const mine = turn;
  const pictures = Object.assign(taken.filter((picture) => picture.keep), { burst: taken.burst });
  const button = $("send");
  const choices = $("pictures").querySelectorAll("button");
  for (const each of [button, $("retake"), ...choices]) each.disabled = true;
  try {
    const { kept, refused } = await sendBurst(slug, pictures, (done) => {
      button.textContent = say("shoot.sending", { done, all: pictures.length });
    });
    const lost = Object.values(refused).reduce((a, b) => a + b, 0);
    const told = say("shoot.sent", { count: kept }) + (lost ? ` ${say("shoot.refused", { count: lost })}` : "");
    await refresh().catch(() => {}); // they are kept; the counts come with the next view
    if (mine !== turn) return toast(told); // she went elsewhere meanwhile
    taken = [];
    phase("result");
    $("result-text").textContent = told;
    $("result-problems").replaceChildren(
      ...Object.entries(refused).map(([code, times]) =>
        make("li", { textContent: `${complaint(new Problem(code))}${times > 1 ? ` (${times})` : ""}` }),
      ),
    );
    $("next").hidden = !kept && lost > 0;
    (kept ? $("next") : $("more")).focus();
  } catch (problem) {
    if (mine !== turn) return toast(complaint(problem));
    taken.burst = pictures.burst;
    $("shoot-problem").textContent = `${complaint(problem)} ${say("shoot.unsent")}`;
    for (const each of choices) each.disabled = false;
    countKept();
  } finally {
    $("retake").disabled = false;
  }
}

// Photos from a file: as many as a burst has, shrunk like the camera's.
async function fromFiles(files) {
  const pictures = [];
  let problem = "";
  for (const file of [...files].slice(0, state.frames)) {
    try {
      const bitmap = await createImageBitmap(file);
      pictures.push({ blob: await camera.grab(bitmap, LONGER), keep: true, frame: pictures.length });
      bitmap.close();
    } catch {
      problem = say("error.unreadable");
    }
  }
  if (pictures.length) {
    endBurst(); // one under way would replace the choice
    review(pictures);
  }
  $("shoot-problem").textContent = problem;
}

$("take").addEventListener("click", burst);
$("send").addEventListener("click", send);
$("retake").addEventListener("click", live);
$("more").addEventListener("click", live);
$("skip").addEventListener("click", () => (location.hash = `shoot/${deal(slug)}`));
$("next").addEventListener("click", () => (location.hash = missing().length ? `shoot/${deal(slug)}` : "collect"));
$("files").addEventListener("change", (event) => {
  fromFiles(event.target.files).finally(() => (event.target.value = ""));
});

export const shoot = {
  async enter(wanted) {
    slug = wanted;
    turn++;
    const smiley = state.smileys[slug];
    showFace($("shoot-emoji"), slug);
    $("shoot-emoticon").textContent = smiley.emoticon;
    $("shoot-how").textContent = how(slug);
    const pictures = (addresses) =>
      addresses.map((src) => make("img", { src, alt: named(slug), loading: "lazy", width: 128, height: 128 }));
    $("rendered").replaceChildren(...pictures(smiley.examples));
    $("people-block").hidden = true;
    ask("GET", `/api/examples/${slug}`)
      .then(({ examples }) => {
        if (slug !== wanted) return;
        $("people").replaceChildren(...pictures(examples));
        $("people-block").hidden = !examples.length;
      })
      .catch(() => {}); // there are the rendered ones
    await live();
  },
  leave() {
    endBurst();
    taken = [];
  },
};
