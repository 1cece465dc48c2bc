// One smiley before the camera: the burst, the choice, the sending.

import { request, sleep, Problem } from "./api.js";
import * as camera from "./camera.js";
import { pickSmiley, missing } from "./collect.js";
import { $, blobImage, button, element, instruction, showSmiley, smileyLabel, toast } from "./dom.js";
import { errorMessage, t } from "./i18n.js";
import { refresh, state } from "./state.js";
import { sendBurst } from "./upload.js";

const BURST_SECONDS = 3
const MAX_SIDE = 960; // pixels of a picture that is sent

const stage = $("shoot-stage");
const video = stage.querySelector("video");
const hint = stage.querySelector(".hint");
const count = stage.querySelector(".count");
let slug = null;
let taken = []; // {blob, keep, frame}
let visits = 0; // counted, so that a burst of a view that was left ends

function showPhase(name) {
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

async function showCamera() {
  showPhase("live");
  drawOval();
  hint.textContent = t("shoot.starting");
  count.textContent = "";
  try {
    if (!(await camera.start(video))) return;
    hint.textContent = t("shoot.fit");
    offerCameras();
    camera.onend(() => {
      if (stage.hidden) return;
      endBurst();
      showPhase("live");
      hint.textContent = count.textContent = "";
      $("shoot-problem").textContent = errorMessage(new Problem("camera_ended"));
    });
    $("take").disabled = false;
    $("take").focus({ preventScroll: true });
  } catch (problem) {
    hint.textContent = "";
    $("shoot-problem").textContent = errorMessage(problem);
  }
}

async function offerCameras() {
  const cameras = await camera.listCameras();
  $("camera-choice").hidden = cameras.length < 2;
  const now = video.srcObject?.getVideoTracks()[0]?.getSettings().deviceId;
  $("camera").replaceChildren(
    ...cameras.map(({ id, label }) => element("option", { value: id, textContent: label, selected: id === now })),
  );
}

$("camera").addEventListener("change", () => {
  camera.chooseCamera($("camera").value);
  endBurst();
  showCamera();
});

function endBurst() {
  visits++;
  stage.classList.remove("shooting", "flash");
  stage.querySelector(".burst i").style.width = "0";
}

async function takeBurst() {
  const thisVisit = ++visits;
  $("take").disabled = true;
  hint.textContent = t("shoot.hold");
  for (const number of [3, 2, 1]) {
    count.textContent = number;
    await sleep(800);
    if (thisVisit !== visits) return;
  }
  count.textContent = "";
  stage.classList.add("shooting");
  const begun = performance.now();
  const pictures = [];
  for (let frame = 0; frame < state.frames; frame++) {
    // The first at once, the last after three seconds.
    await sleep((1000 * BURST_SECONDS * frame) / (state.frames - 1) - (performance.now() - begun));
    if (thisVisit !== visits) return;
    pictures.push({ blob: await camera.grab(video, MAX_SIDE), keep: true, frame });
    stage.querySelector(".burst i").style.width = `${(100 * (frame + 1)) / state.frames}%`;
    stage.classList.remove("flash");
    void stage.offsetWidth; // begins the animation anew
    stage.classList.add("flash");
  }
  endBurst();
  showReview(pictures);
}

function showReview(pictures) {
  taken = pictures;
  showPhase("review");
  $("pictures").replaceChildren(
    ...taken.map((picture, index) => {
      const choice = button({}, blobImage(picture.blob));
      const showChoice = () => {
        choice.ariaPressed = String(picture.keep);
        const state = t(picture.keep ? "shoot.kept" : "shoot.dropped");
        choice.ariaLabel = `${t("shoot.picture", { number: index + 1 })}, ${state}`;
        countKept();
      };
      choice.onclick = () => {
        picture.keep = !picture.keep;
        showChoice();
      };
      showChoice();
      return element("li", {}, choice);
    }),
  );
  $("send").focus({ preventScroll: true });
  $("review").scrollIntoView({ block: "nearest" });
}

function countKept() {
  const kept = taken.filter((picture) => picture.keep).length;
  $("send").textContent = t("shoot.send", { count: kept });
  $("send").disabled = !kept;
}

async function sendKept() {
  const thisVisit = visits;
  const pictures = Object.assign(taken.filter((picture) => picture.keep), { burst: taken.burst });
  const sending = $("send");
  const choices = $("pictures").querySelectorAll("button");
  for (const each of [sending, $("retake"), ...choices]) each.disabled = true;
  try {
    const { kept, refused } = await sendBurst(slug, pictures, (done) => {
      sending.textContent = t("shoot.sending", { done, all: pictures.length });
    });
    const lost = Object.values(refused).reduce((a, b) => a + b, 0);
    const told = t("shoot.sent", { count: kept }) + (lost ? ` ${t("shoot.refused", { count: lost })}` : "");
    await refresh().catch(() => {}); // they are kept; the counts come with the next view
    if (thisVisit !== visits) return toast(told); // she went elsewhere meanwhile
    taken = [];
    showPhase("result");
    $("result-text").textContent = told;
    $("result-problems").replaceChildren(
      ...Object.entries(refused).map(([code, times]) =>
        element("li", { textContent: `${errorMessage(new Problem(code))}${times > 1 ? ` (${times})` : ""}` }),
      ),
    );
    $("next").hidden = !kept && lost > 0;
    (kept ? $("next") : $("more")).focus();
  } catch (problem) {
    if (thisVisit !== visits) return toast(errorMessage(problem));
    taken.burst = pictures.burst;
    $("shoot-problem").textContent = `${errorMessage(problem)} ${t("shoot.unsent")}`;
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
      pictures.push({ blob: await camera.grab(bitmap, MAX_SIDE), keep: true, frame: pictures.length });
      bitmap.close();
    } catch {
      problem = t("error.unreadable");
    }
  }
  if (pictures.length) {
    endBurst(); // one under way would replace the choice
    showReview(pictures);
  }
  $("shoot-problem").textContent = problem;
}

$("take").addEventListener("click", takeBurst);
$("send").addEventListener("click", sendKept);
$("retake").addEventListener("click", showCamera);
$("more").addEventListener("click", showCamera);
$("skip").addEventListener("click", () => (location.hash = `shoot/${pickSmiley(slug)}`));
$("next").addEventListener("click", () => (location.hash = missing().length ? `shoot/${pickSmiley(slug)}` : "collect"));
$("files").addEventListener("change", (event) => {
  fromFiles(event.target.files).finally(() => (event.target.value = ""));
});

export const shoot = {
  async enter(wanted) {
    slug = wanted;
    visits++;
    const smiley = state.smileys[slug];
    showSmiley($("shoot-emoji"), slug);
    $("shoot-emoticon").textContent = smiley.emoticon;
    $("shoot-how").textContent = instruction(slug);
    const pictures = (addresses) =>
      addresses.map((src) => element("img", { src, alt: smileyLabel(slug), loading: "lazy", width: 128, height: 128 }));
    $("rendered").replaceChildren(...pictures(smiley.examples));
    $("people-block").hidden = true;
    request("GET", `/api/examples/${slug}`)
      .then(({ examples }) => {
        if (slug !== wanted) return;
        $("people").replaceChildren(...pictures(examples));
        $("people-block").hidden = !examples.length;
      })
      .catch(() => {}); // there are the rendered ones
    await showCamera();
  },
  leave() {
    endBurst();
    taken = [];
  },
};
