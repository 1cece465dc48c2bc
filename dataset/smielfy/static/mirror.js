// The mirror: what the networks see, as it happens.

import { $, element, instruction, showSmiley, smileyIcon } from "./dom.js";
import { formatDecimal, t } from "./i18n.js";
import { RecognitionLoop } from "./recognition_loop.js";
import { state } from "./state.js";
import { showTeachInvitation } from "./teach_invitation.js";

let rows = {};

const loop = new RecognitionLoop($("mirror-stage"), $("mirror-problem"), showResult);

// What is shown instead of an answer where its share does not mean being right.
function explainDoubt({ box, confident, taught }) {
  if (!box || confident) return "";
  if (confident === null) return t("mirror.guess_text");
  const limit = state.net.threshold;
  return limit > 1 || taught ? t("mirror.never_text") : t("mirror.unsure_text", { percent: Math.round(100 * limit) });
}

function showResult({ result, fps, latency }) {
  const unsure = Boolean(result.box) && result.confident === false;
  showSmiley($("mirror-emoji"), result.box ? result.smiley : null, result.box ? undefined : "·");
  $("mirror-emoji").classList.toggle("perhaps", Boolean(result.box) && !result.confident);
  $("mirror-share").textContent = result.box ? `${Math.round(100 * result.share)} %` : "–";
  $("mirror-unsure").hidden = !unsure;
  $("mirror-why").textContent = explainDoubt(result);
  $("mirror-taught").hidden = !result.taught;
  const net = t(result.taught ? "mirror.own" : "mirror.net", { net: state.net.name });
  $("mirror-net").textContent = `${net}. ${t(result.here ? "mirror.here" : "mirror.there")}`;
  for (const [slug, { row, bar, number }] of Object.entries(rows)) {
    const share = result.shares[slug] ?? 0;
    bar.style.width = `${100 * share}%`;
    number.textContent = `${Math.round(100 * share)} %`;
    row.className = slug === result.smiley && !unsure ? "best" : "";
  }
  $("mirror-speed").textContent = t("mirror.speed", { fps: formatDecimal(fps), latency: Math.round(latency) });
}

export const mirror = {
  async enter() {
    rows = {};
    // The net's own names: it may have others than the page's smileys.
    for (const slug of state.net.classes) {
      const known = state.smileys[slug];
      const bar = element("i");
      const number = element("b", { textContent: "0 %" });
      const row = element("li", { title: known ? instruction(slug) : slug }, smileyIcon(slug), element("div", {}, bar), number);
      rows[slug] = { row, bar, number };
    }
    $("bars").replaceChildren(...Object.values(rows).map(({ row }) => row));
    $("mirror-why").textContent = "";
    $("bars").classList.toggle("named", !state.net.classes.every((slug) => state.smileys[slug]));
    $("mirror-net").textContent = t("mirror.net", { net: state.net.name });
    showTeachInvitation();
    await loop.start();
  },
  leave: () => loop.stop(),
};
