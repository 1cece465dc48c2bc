// The mirror: what the networks see, as it happens.

import * as camera from "./camera.js";
import { Looks, drawFace } from "./looks.js";
import { state, $, make, say, how } from "./state.js";
import { complaint, decimal } from "./words.js";

const stage = $("mirror-stage");
const video = stage.querySelector("video");
const frame = stage.querySelector(".face");
const hint = stage.querySelector(".hint");
let rows = {};

const looks = new Looks(video, showLook, (problem) => {
  $("mirror-problem").textContent = complaint(problem);
});

function showLook({ look, fps, latency }) {
  $("mirror-problem").textContent = "";
  drawFace(frame, video, look.box);
  hint.textContent = look.box ? "" : say("mirror.nobody");
  $("mirror-emoji").textContent = look.box ? (state.smileys[look.smiley]?.emoji ?? look.smiley) : "·";
  $("mirror-share").textContent = look.box ? `${Math.round(100 * look.share)} %` : "–";
  $("mirror-taught").hidden = !look.taught;
  for (const [slug, { row, bar, number }] of Object.entries(rows)) {
    const share = look.shares[slug] ?? 0;
    bar.style.width = `${100 * share}%`;
    number.textContent = `${Math.round(100 * share)} %`;
    row.className = slug === look.smiley ? "best" : "";
  }
  $("mirror-speed").textContent = say("mirror.speed", { fps: decimal(fps), latency: Math.round(latency) });
}

export const mirror = {
  async enter() {
    rows = {};
    for (const { slug, emoji } of Object.values(state.smileys)) {
      const bar = make("i");
      const number = make("b", { textContent: "0 %" });
      const row = make("li", { title: how(slug) }, make("span", { textContent: emoji }), make("div", {}, bar), number);
      rows[slug] = { row, bar, number };
    }
    $("bars").replaceChildren(...Object.values(rows).map(({ row }) => row));
    $("mirror-problem").textContent = "";
    hint.textContent = say("shoot.starting");
    try {
      if (await camera.start(video)) looks.run();
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
