// The mimic game: a smiley is dealt, and the network must see it for half a second.

import { sleep } from "./api.js";
import { $, blobImage, element, instruction, showSmiley, smileyIcon, smileyLabel, toast } from "./dom.js";
import { errorMessage, t } from "./i18n.js";
import { RecognitionLoop } from "./recognition_loop.js";
import { refresh, standalone, state } from "./state.js";
import { showTeachInvitation } from "./teach_invitation.js";
import { sendBurst } from "./upload.js";

const ROUND_SECONDS = 60;
const MIN_SHARE = 0.5; // of the votes that the dealt smiley must have
const HOLD_MS = 500; // milliseconds it must have them
const MAX_MISTAKES = 12; // pictures kept of what the network took for something else
const MISTAKE_GAP_MS = 1500; // milliseconds between two of them: neighbours show the same

const stage = $("game-stage");
const count = stage.querySelector(".count");
let round = null;
let best = 0;

const loop = new RecognitionLoop(stage, $("game-problem"), showResult, true);

function nextSmiley() {
  const rest = round.order.filter((slug) => slug !== round.asked);
  if (!round.deck.length) round.deck = rest.sort(() => Math.random() - 0.5);
  round.asked = round.deck.pop();
  round.since = null;
  const { emoticon } = state.smileys[round.asked];
  showSmiley($("game-emoji"), round.asked);
  showSmiley($("game-badge"), round.asked);
  $("game-emoticon").textContent = emoticon;
  $("game-how").textContent = instruction(round.asked);
  $("game-held").style.width = "0";
}

function showResult({ result, blob }) {
  if (!round?.going) return;
  // The network's own names decide what can be dealt.
  if (result.box && !round.order.length) {
    round.order = Object.keys(result.shares).filter((slug) => state.smileys[slug]);
    if (round.order.length) nextSmiley();
    else $("game-how").textContent = t("game.none");
    return;
  }
  if (!result.box || !round.asked) {
    round.since = null;
    return;
  }
  const share = result.shares[round.asked] ?? 0;
  const now = performance.now();
  const doubt = result.confident === false ? ` (${t("mirror.unsure")})` : "";
  $("game-seen").textContent = `${smileyLabel(result.smiley)} ${Math.round(100 * result.share)} %${doubt}`;
  if (share >= MIN_SHARE) {
    round.since ??= now;
    $("game-held").style.width = `${Math.min(100, (100 * (now - round.since)) / HOLD_MS)}%`;
    if (now - round.since >= HOLD_MS) {
      round.got.push(round.asked);
      $("game-points").textContent = round.got.length;
      $("game-got").replaceChildren(`${t("game.got")} `, ...round.got.map(smileyIcon));
      count.textContent = "+1";
      setTimeout(() => (count.textContent = ""), 500);
      nextSmiley();
    }
    return;
  }
  round.since = null;
  $("game-held").style.width = "0";
  if (result.smiley !== round.asked && state.smileys[result.smiley] && result.share >= MIN_SHARE && now - round.lastWrong > MISTAKE_GAP_MS) {
    round.lastWrong = now;
    round.wrong.push({ blob, asked: round.asked, seen: result.smiley, label: "" });
    if (round.wrong.length > MAX_MISTAKES) round.wrong.shift();
  }
}

async function play() {
  const thisRound = { going: true, order: [], deck: [], asked: null, since: null, got: [], wrong: [], lastWrong: -Infinity };
  round = thisRound;
  $("wrong").hidden = true;
  $("play").hidden = $("game-lead").hidden = true; // on a telephone there is little room
  $("pass").hidden = false;
  $("pass").focus({ preventScroll: true });
  $("game-got").textContent = "";
  $("game-points").textContent = "0";
  const end = performance.now() + 1000 * ROUND_SECONDS;
  while (thisRound === round && performance.now() < end) {
    $("game-left").textContent = Math.ceil((end - performance.now()) / 1000);
    await sleep(200);
  }
  if (thisRound !== round) return;
  thisRound.going = false;
  finish();
}

function finish() {
  const points = round.got.length;
  best = Math.max(best, points);
  $("game-left").textContent = "0";
  showSmiley($("game-emoji"), null, points ? "🎉" : "🙃");
  $("game-emoticon").textContent = "";
  showSmiley($("game-badge"), null);
  $("game-how").textContent = `${t("count.points", { count: points })}. ${t("game.best", { points: best })}`;
  $("play").textContent = t("game.again");
  $("play").hidden = $("game-lead").hidden = false;
  $("pass").hidden = true;
  $("play").focus({ preventScroll: true });
  offerWrong();
}

function offerWrong() {
  $("wrong").hidden = standalone || !round.wrong.length;
  $("wrong-send").hidden = !state.me.person;
  $("wrong-consent").hidden = Boolean(state.me.person);
  $("wrong-pictures").replaceChildren(
    ...round.wrong.map((picture) => {
      const told = t("game.asked", { asked: smileyLabel(picture.asked), seen: smileyLabel(picture.seen) });
      const choice = element("select", { ariaLabel: told });
      choice.append(element("option", { value: "", textContent: t("game.leave_out") }));
      for (const slug of Object.keys(state.smileys)) {
        choice.append(element("option", { value: slug, textContent: smileyLabel(slug) }));
      }
      choice.value = picture.label;
      choice.onchange = () => {
        picture.label = choice.value;
        countWrong();
      };
      return element("li", {}, blobImage(picture.blob), element("span", { className: "small", textContent: told }), choice);
    }),
  );
  countWrong();
}

function countWrong() {
  const labelled = round.wrong.filter((picture) => picture.label).length;
  $("wrong-send").textContent = t("game.send", { count: labelled });
  $("wrong-send").disabled = !labelled;
}

// Every label is a burst of its own; its pictures keep their order.
async function sendWrong() {
  $("wrong-send").disabled = true;
  $("wrong-problem").textContent = "";
  const labels = [...new Set(round.wrong.map((picture) => picture.label).filter(Boolean))];
  let sent = 0;
  try {
    for (const label of labels) {
      const pictures = round.wrong.filter((picture) => picture.label === label).slice(0, state.frames);
      const numbered = pictures.map((picture, number) => ({ blob: picture.blob, frame: number }));
      const { kept } = await sendBurst(label, numbered);
      sent += kept;
      round.wrong = round.wrong.filter((picture) => !pictures.includes(picture));
    }
    toast(t("shoot.sent", { count: sent }));
    await refresh();
  } catch (problem) {
    $("wrong-problem").textContent = errorMessage(problem);
  }
  offerWrong();
  if ($("wrong-send").disabled) $("play").focus({ preventScroll: true });
}

$("play").addEventListener("click", play);
$("pass").addEventListener("click", () => round?.order.length && nextSmiley());
$("wrong-send").addEventListener("click", sendWrong);

export const game = {
  async enter() {
    showTeachInvitation();
    $("play").textContent = t(round ? "game.again" : "game.start");
    if (round && !round.going) offerWrong();
    $("play").disabled = true;
    const opened = await loop.start(() => {
      game.leave();
      $("play").disabled = true;
    });
    if (opened) $("play").disabled = false;
  },
  leave() {
    loop.stop();
    if (round?.going) {
      round = null; // a game that was left is no game
      for (const id of ["emoticon", "badge", "how", "seen", "got"]) $(`game-${id}`).textContent = "";
      showSmiley($("game-badge"), null);
      showSmiley($("game-emoji"), null, "?");
      $("game-points").textContent = "0";
      $("game-left").textContent = ROUND_SECONDS;
      $("game-held").style.width = "0";
    }
    $("play").hidden = $("game-lead").hidden = false;
    $("pass").hidden = true;
  },
};
