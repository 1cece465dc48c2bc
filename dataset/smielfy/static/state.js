// What all views share.

import { ask } from "./api.js";
import { find, say } from "./i18n.js";

export const state = { me: {}, smileys: {}, frames: 10, keeper: "", keepDays: 0, browser: false, net: { name: "", classes: [], sure: null } };
export const $ = (id) => document.getElementById(id);

// Whether this is the static folder, mirror and game without a service.
export const standalone = "standalone" in document.documentElement.dataset;

export async function refresh() {
  if (standalone) {
    state.me = { person: null, entered: true, given: {}, taught: false };
    return;
  }
  state.me = await ask("GET", "/api/me");
}

export const again = () => dispatchEvent(new Event("smielfy"));
export const how = (slug) => find(`how.${slug}`) ?? state.smileys[slug].how;

export function make(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

// Show a smiley in a node: our drawing where there is one, over the letter.
export function showFace(node, slug, text = state.smileys[slug]?.emoji ?? slug ?? "") {
  node.textContent = text;
  if (state.smileys[slug]) node.dataset.face = slug;
  else delete node.dataset.face;
  return node;
}

export const faceOf = (slug) => showFace(make("span"), slug);

// What was given of a smiley: "9 pictures, 1 burst".
export const amount = ({ pictures, bursts }) =>
  `${say("count.pictures", { count: pictures })}, ${say("count.bursts", { count: bursts })}`;

// How an emoji is called, for those who hear the page.
export const named = (slug) => {
  const smiley = state.smileys[slug];
  return smiley ? `${smiley.emoji} ${smiley.emoticon}` : slug; // a net of other classes
};

export function toast(text) {
  $("said").textContent = text;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => ($("said").textContent = ""), 4000);
}

export { say };
