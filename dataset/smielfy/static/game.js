// The mimic game: a smiley is dealt, and the network must see it for half a second.

import { Problem, pause } from "./api.js";
import * as camera from "./camera.js";
import { sendBurst } from "./collect.js";
import { Looks, drawFace } from "./recognition_loop.js";
import { standalone, state, $, refresh, faceOf, make, say, how, named, showFace, toast } from "./state.js";
import { showFirst } from "./teach_invitation.js";
import { complaint } from "./i18n.js";

const SECONDS = 60;
const SHARE = 0.5; // of the votes that the dealt smiley must have
const HOLD = 500; // milliseconds it must have them
const WRONG = 12; // pictures kept of what the network took for something else
const APART = 1500; // milliseconds between two of them: neighbours show the same

const stage = $("game-stage");
const video = stage.querySelector("video");
const frame = stage.querySelector(".face");
const hint = stage.querySelector(".hint");
const count = stage.querySelector(".count");
let round = null;
let best = 0;

const looks = new Looks(video, judge, (problem) => ($("game-problem").textContent = complaint(problem)), true);

function dealNext() {
  const rest = round.order.filter((slug) => slug !== round.asked);
  if (!round.deck.length) round.deck = rest.sort(() => Math.random() - 0.5);
  round.asked = round.deck.pop();
  round.since = null;
  const { emoticon } = state.smileys[round.asked];
  showFace($("game-emoji"), round.asked);
  showFace($("game-badge"), round.asked);
  $("game-emoticon").textContent = emoticon;
  $("game-how").textContent = how(round.asked);
  $("game-held").style.width = "0";
}

function judge({ look, blob }) {
  $("game-problem").textContent = "";
  drawFace(frame, video, look.box);
  hint.textContent = look.box ? "" : say("mirror.nobody");
  if (look.box) showFirst(look.taught);
  if (!round?.going) return;
  // The network's own names decide what can be dealt.
  if (look.box && !round.order.length) {
    round.order = Object.keys(look.shares).filter((slug) => state.smileys[slug]);
    if (round.order.length) dealNext();
    else $("game-how").textContent = say("game.none");
    return;
  }
  if (!look.box || !round.asked) {
    round.since = null;
    return;
  }
  const share = look.shares[round.asked] ?? 0;
  const now = performance.now();
  const doubt = look.sure === false ? ` (${say("mirror.unsure")})` : "";
  $("game-seen").textContent = `${named(look.smiley)} ${Math.round(100 * look.share)} %${doubt}`;
  if (share >= SHARE) {
    round.since ??= now;
    $("game-held").style.width = `${Math.min(100, (100 * (now - round.since)) / HOLD)}%`;
    if (now - round.since >= HOLD) {
      round.got.push(round.asked);
      $("game-points").textContent = round.got.length;
      $("game-got").replaceChildren(`${say("game.got")} `, ...round.got.map(faceOf));
      count.textContent = "+1";
      setTimeout(() => (count.textContent = ""), 500);
      dealNext();
    }
    return;
  }
  round.since = null;
  $("game-held").style.width = "0";
  if (look.smiley !== round.asked && state.smileys[look.smiley] && look.share >= SHARE && now - round.lastWrong > APART) {
    round.lastWrong = now;
    round.wrong.push({ blob, asked: round.asked, seen: look.smiley, label: "" });
    if (round.wrong.length > WRONG) round.wrong.shift();
  }
}

async function play() {
  const mine = { going: true, order: [], deck: [], asked: null, since: null, got: [], wrong: [], lastWrong: -Infinity };
  round = mine;
  $("wrong").hidden = true;
  $("play").hidden = $("game-lead").hidden = true; // on a telephone there is little room
  $("pass").hidden = false;
  $("pass").focus({ preventScroll: true });
  $("game-got").textContent = "";
  $("game-points").textContent = "0";
  const end = performance.now() + 1000 * SECONDS;
  while (mine === round && performance.now() < end) {
    $("game-left").textContent = Math.ceil((end - performance.now()) / 1000);
    await pause(200);
  }
  if (mine !== round) return;
  mine.going = false;
  finish();
}

function finish() {
  const points = round.got.length;
  best = Math.max(best, points);
  $("game-left").textContent = "0";
  showFace($("game-emoji"), null, points ? "🎉" : "🙃");
  $("game-emoticon").textContent = "";
  showFace($("game-badge"), null);
  $("game-how").textContent = `${say("count.points", { count: points })}. ${say("game.best", { points: best })}`;
  $("play").textContent = say("game.again");
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
      const image = make("img", { src: URL.createObjectURL(picture.blob), alt: "" });
      image.addEventListener("load", () => URL.revokeObjectURL(image.src));
      const told = say("game.asked", { asked: named(picture.asked), seen: named(picture.seen) });
      const choice = make("select", { ariaLabel: told });
      choice.append(make("option", { value: "", textContent: say("game.leave_out") }));
      for (const slug of Object.keys(state.smileys)) {
        choice.append(make("option", { value: slug, textContent: named(slug) }));
      }
      choice.value = picture.label;
      choice.addEventListener("change", () => {
        picture.label = choice.value;
        countWrong();
      });
      return make("li", {}, image, make("span", { className: "small", textContent: told }), choice);
    }),
  );
  countWrong();
}

function countWrong() {
  const labelled = round.wrong.filter((picture) => picture.label).length;
  $("wrong-send").textContent = say("game.send", { count: labelled });
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
    toast(say("shoot.sent", { count: sent }));
    await refresh();
  } catch (problem) {
    $("wrong-problem").textContent = complaint(problem);
  }
  offerWrong();
  if ($("wrong-send").disabled) $("play").focus({ preventScroll: true });
}

$("play").addEventListener("click", play);
$("pass").addEventListener("click", () => round?.order.length && dealNext());
$("wrong-send").addEventListener("click", sendWrong);

export const game = {
  async enter() {
    $("game-problem").textContent = "";
    showFirst();
    $("play").textContent = say(round ? "game.again" : "game.start");
    if (round && !round.going) offerWrong();
    hint.textContent = say("shoot.starting");
    $("play").disabled = true;
    try {
      if (!(await camera.start(video))) return;
      camera.onend(() => {
        game.leave();
        hint.textContent = "";
        $("play").disabled = true;
        $("game-problem").textContent = complaint(new Problem("camera_ended"));
      });
      looks.run();
      $("play").disabled = false;
    } catch (problem) {
      hint.textContent = "";
      $("game-problem").textContent = complaint(problem);
    }
  },
  leave() {
    looks.stop();
    frame.hidden = true;
    if (round?.going) {
      round = null; // a game that was left is no game
      for (const id of ["emoticon", "badge", "how", "seen", "got"]) $(`game-${id}`).textContent = "";
      showFace($("game-badge"), null);
      showFace($("game-emoji"), null, "?");
      $("game-points").textContent = "0";
      $("game-left").textContent = SECONDS;
      $("game-held").style.width = "0";
    }
    $("play").hidden = $("game-lead").hidden = false;
    $("pass").hidden = true;
  },
};
