// The page's texts. Markup names them by data-word; scripts ask for them by say().

import { ask } from "./api.js";

const LANGUAGES = ["en", "ru"];
let words = {};
let english = {};
export let language = "en";

export async function load(wanted) {
  language = LANGUAGES.includes(wanted) ? wanted : "en";
  const read = (name) => ask("GET", new URL(`locales/${name}.json`, document.baseURI).href);
  [words, english] = await Promise.all([read(language), read("en")]);
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll("[data-word]")) {
    node.textContent = say(node.dataset.word);
  }
}

export function preferred() {
  const kept = localStorage.getItem("language");
  if (kept) return kept;
  return (navigator.language || "en").slice(0, 2) === "ru" ? "ru" : "en";
}

export async function swap() {
  const other = language === "en" ? "ru" : "en";
  localStorage.setItem("language", other);
  await load(other);
}

export function find(key) {
  const dig = (from) => key.split(".").reduce((at, part) => at?.[part], from);
  return dig(words) ?? dig(english);
}

// Where a text has forms by number, `values.count` chooses: 1 burst, 2 bursts.
export function say(key, values = {}) {
  let text = find(key) ?? key;
  if (typeof text === "object") {
    const form = new Intl.PluralRules(language).select(values.count);
    text = text[form] ?? text.other;
  }
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

export function complaint(error) {
  return find(`error.${error?.code}`) ?? say("error.unknown");
}

// With one place behind the point, or the comma.
export function decimal(value) {
  return value.toLocaleString(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
}
