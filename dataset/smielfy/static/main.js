// Starts the page and shows the view that the address names.

import { ask, Problem } from "./api.js";
import { arrive } from "./sign_in_links.js";
import * as camera from "./camera.js";
import { collect, shoot } from "./collect.js";
import { game } from "./game.js";
import { mine } from "./my_data.js";
import { mirror } from "./mirror.js";
import { consent, code } from "./consent.js";
import { showNext } from "./switch_person.js";
import { standalone, state, $, refresh } from "./state.js";
import * as words from "./i18n.js";

const VIEWS = { code, consent, collect, shoot, mirror, game, mine };
const FREE = ["mirror", "game", "consent", "mine"]; // without consent
let current = null;
let loaded = false; // whether the table of smileys is here

async function show() {
  let [name, ...rest] = location.hash.slice(1).split("/");
  if (!VIEWS[name] || name === "code") name = "collect";
  if (name === "shoot" && !state.smileys[rest[0]]) name = "collect";
  if (standalone && !["mirror", "game"].includes(name)) name = "mirror";
  if (!state.me.entered) name = "code";
  else if (!state.me.person && !FREE.includes(name)) name = "consent";
  else if (state.me.person && name === "consent") name = "collect";
  showNext();
  current?.leave?.();
  if (!["shoot", "mirror", "game"].includes(name)) camera.stop();
  current = VIEWS[name];
  for (const section of document.querySelectorAll("[data-view]")) {
    section.hidden = section.dataset.view !== name;
  }
  for (const link of document.querySelectorAll("nav a")) {
    const here = link.hash === `#${name}` || (link.hash === "#collect" && ["shoot", "consent"].includes(name));
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  scrollTo(0, 0);
  $("view").focus({ preventScroll: true });
  document.title = `${words.say("title")} – ${words.say(`${name === "shoot" ? "nav.collect" : name === "consent" || name === "code" ? `${name}.title` : `nav.${name}`}`)}`;
  try {
    await current.enter(...rest);
  } catch (problem) {
    away(problem);
  }
}

// The page's computer is away, or in trouble: say so, and try again.
function away(problem) {
  if (!(problem instanceof Problem)) throw problem;
  current?.leave?.();
  current = null;
  camera.stop();
  for (const section of document.querySelectorAll("[data-view]")) section.hidden = section.dataset.view !== "away";
  $("away-problem").textContent = words.complaint(problem);
  $("away-again").focus();
}

async function begin() {
  if (standalone) {
    for (const node of document.querySelectorAll('nav a[href="#collect"], nav a[href="#mine"], [data-first]')) node.remove();
    navigator.serviceWorker?.register("service_worker.js");
  }
  $("language").addEventListener("click", async () => {
    await words.swap();
    if (current) await show();
  });
  $("away-again").addEventListener("click", () => load());
  addEventListener("hashchange", () => loaded && show());
  addEventListener("smielfy", show); // the state has changed: choose the view anew
  await load();
}

async function load() {
  try {
    await words.load(words.preferred());
    await arrive();
    await refresh();
    await table();
  } catch (problem) {
    return away(problem);
  }
  loaded = true;
  await show();
}

async function table() {
  const found = await ask("GET", standalone ? "standalone.json" : "/api/smileys");
  const { smileys, frames, keeper, keep_days: keepDays, browser, net } = found;
  state.smileys = Object.fromEntries(smileys.map((smiley) => [smiley.slug, smiley]));
  Object.assign(state, { frames, keeper, keepDays, browser, net });
}

begin();
