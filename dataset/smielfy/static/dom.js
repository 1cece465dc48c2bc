// Elements of the page, and how smileys are shown and called in them.

import { lookUp, t } from "./i18n.js";
import { state } from "./state.js";

export const $ = (id) => document.getElementById(id);

// How a smiley is made, in words.
export const instruction = (slug) => lookUp(`how.${slug}`) ?? state.smileys[slug].how;

export function element(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

export const button = (properties, ...children) => element("button", { type: "button", ...properties }, ...children);

// A picture that is only in the page's memory, until it is shown.
export function blobImage(blob) {
  const src = URL.createObjectURL(blob);
  return element("img", { src, alt: "", onload: () => URL.revokeObjectURL(src) });
}

// Show a smiley in a node: our drawing where there is one, over the letter.
export function showSmiley(node, slug, text = state.smileys[slug]?.emoji ?? slug ?? "") {
  node.textContent = text;
  if (state.smileys[slug]) node.dataset.face = slug;
  else delete node.dataset.face;
  node.style.backgroundImage = state.smileys[slug] ? `url(smileys/${slug}.svg)` : "";
  return node;
}

export const smileyIcon = (slug) => showSmiley(element("span"), slug);

// What was given of a smiley: "9 pictures, 1 burst".
export const countText = ({ pictures, bursts }) =>
  `${t("count.pictures", { count: pictures })}, ${t("count.bursts", { count: bursts })}`;

// How an emoji is called, for those who hear the page.
export const smileyLabel = (slug) => {
  const smiley = state.smileys[slug];
  return smiley ? `${smiley.emoji} ${smiley.emoticon}` : slug; // a net of other classes
};

export function toast(text) {
  $("said").textContent = text;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => ($("said").textContent = ""), 4000);
}
