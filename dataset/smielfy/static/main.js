// Starts the page and shows the view that the address names.

import { request, Problem } from "./api.js";
import * as camera from "./camera.js";
import { shoot } from "./capture.js";
import { collect } from "./collect.js";
import { consent, code } from "./consent.js";
import { $ } from "./dom.js";
import { game } from "./game.js";
import { errorMessage, loadLanguage, preferredLanguage, switchLanguage, t } from "./i18n.js";
import { mirror } from "./mirror.js";
import { myData } from "./my_data.js";
import { signInByLink } from "./sign_in_links.js";
import { refresh, standalone, state } from "./state.js";
import { showSwitchPerson } from "./switch_person.js";

const VIEWS = { code, consent, collect, shoot, mirror, game, mine: myData };
const FREE = ["mirror", "game", "consent", "mine"]; // without consent
let current = null;
let loaded = false; // whether the table of smileys is here

async function showView() {
  let [name, ...rest] = location.hash.slice(1).split("/");
  if (!VIEWS[name] || name === "code") name = "collect";
  if (name === "shoot" && !state.smileys[rest[0]]) name = "collect";
  if (standalone && !["mirror", "game"].includes(name)) name = "mirror";
  if (!state.me.entered) name = "code";
  else if (!state.me.person && !FREE.includes(name)) name = "consent";
  else if (state.me.person && name === "consent") name = "collect";
  showSwitchPerson();
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
  document.title = `${t("title")} – ${t(`${name === "shoot" ? "nav.collect" : name === "consent" || name === "code" ? `${name}.title` : `nav.${name}`}`)}`;
  try {
    await current.enter(...rest);
  } catch (problem) {
    showUnreachable(problem);
  }
}

// The page's computer is away, or in trouble: say so, and try again.
function showUnreachable(problem) {
  if (!(problem instanceof Problem)) throw problem;
  current?.leave?.();
  current = null;
  camera.stop();
  for (const section of document.querySelectorAll("[data-view]")) section.hidden = section.dataset.view !== "away";
  $("away-problem").textContent = errorMessage(problem);
  $("away-again").focus();
}

async function start() {
  if (standalone) {
    for (const node of document.querySelectorAll('nav a[href="#collect"], nav a[href="#mine"], [data-teach-invitation]')) node.remove();
    navigator.serviceWorker?.register("service_worker.js");
  }
  $("language").addEventListener("click", async () => {
    await switchLanguage();
    if (current) await showView();
  });
  $("away-again").addEventListener("click", () => load());
  addEventListener("hashchange", () => loaded && showView());
  addEventListener("statechange", showView); // the state has changed: choose the view anew
  await load();
}

async function load() {
  try {
    await loadLanguage(preferredLanguage());
    await signInByLink();
    await refresh();
    await loadSmileys();
  } catch (problem) {
    return showUnreachable(problem);
  }
  loaded = true;
  await showView();
}

async function loadSmileys() {
  const found = await request("GET", standalone ? "standalone.json" : "/api/smileys");
  const { smileys, frames, keeper, keep_days: keepDays, browser, net } = found;
  state.smileys = Object.fromEntries(smileys.map((smiley) => [smiley.slug, smiley]));
  Object.assign(state, { frames, keeper, keepDays, browser, net });
}

start();
