// The mirror: what the networks see, as it happens.

import { Problem } from "./api.js";
import * as camera from "./camera.js";
import { Looks, drawFace } from "./recognition_loop.js";
import { state, $, faceOf, make, say, how, showFace } from "./state.js";
import { showFirst } from "./teach_invitation.js";
import { complaint, decimal } from "./i18n.js";

const stage = $("mirror-stage");
const video = stage.querySelector("video");
const frame = stage.querySelector(".face");
const hint = stage.querySelector(".hint");
let rows = {};

const looks = new Looks(video, showLook, (problem) => {
  $("mirror-problem").textContent = complaint(problem);
});

// What is shown instead of an answer where its share does not mean being right.
function why({ box, sure, taught }) {
  if (!box || sure) return "";
  if (sure === null) return say("mirror.guess_text");
  const limit = state.net.sure;
  return limit > 1 || taught ? say("mirror.never_text") : say("mirror.unsure_text", { percent: Math.round(100 * limit) });
}

function showLook({ look, fps, latency }) {
  $("mirror-problem").textContent = "";
  drawFace(frame, video, look.box);
  const unsure = Boolean(look.box) && look.sure === false;
  hint.textContent = look.box ? "" : say("mirror.nobody");
  showFace($("mirror-emoji"), look.box ? look.smiley : null, look.box ? undefined : "·");
  $("mirror-emoji").classList.toggle("perhaps", Boolean(look.box) && !look.sure);
  $("mirror-share").textContent = look.box ? `${Math.round(100 * look.share)} %` : "–";
  $("mirror-unsure").hidden = !unsure;
  $("mirror-why").textContent = why(look);
  $("mirror-taught").hidden = !look.taught;
  const net = say(look.taught ? "mirror.own" : "mirror.net", { net: state.net.name });
  $("mirror-net").textContent = `${net}. ${say(look.here ? "mirror.here" : "mirror.there")}`;
  if (look.box) showFirst(look.taught);
  for (const [slug, { row, bar, number }] of Object.entries(rows)) {
    const share = look.shares[slug] ?? 0;
    bar.style.width = `${100 * share}%`;
    number.textContent = `${Math.round(100 * share)} %`;
    row.className = slug === look.smiley && !unsure ? "best" : "";
  }
  $("mirror-speed").textContent = say("mirror.speed", { fps: decimal(fps), latency: Math.round(latency) });
}

function cameraEnded() {
  looks.stop();
  frame.hidden = true;
  hint.textContent = "";
  $("mirror-problem").textContent = complaint(new Problem("camera_ended"));
}

export const mirror = {
  async enter() {
    rows = {};
    // The net's own names: it may have others than the page's smileys.
    for (const slug of state.net.classes) {
      const known = state.smileys[slug];
      const bar = make("i");
      const number = make("b", { textContent: "0 %" });
      const row = make("li", { title: known ? how(slug) : slug }, faceOf(slug), make("div", {}, bar), number);
      rows[slug] = { row, bar, number };
    }
    $("bars").replaceChildren(...Object.values(rows).map(({ row }) => row));
    $("mirror-problem").textContent = $("mirror-why").textContent = "";
    $("bars").classList.toggle("named", !state.net.classes.every((slug) => state.smileys[slug]));
    $("mirror-net").textContent = say("mirror.net", { net: state.net.name });
    showFirst();
    hint.textContent = say("shoot.starting");
    try {
      if (!(await camera.start(video))) return;
      camera.onend(cameraEnded);
      looks.run();
    } catch (problem) {
      hint.textContent = "";
      $("mirror-problem").textContent = complaint(problem);
    }
  },
  leave() {
    looks.stop();
    frame.hidden = true;
  },
};
