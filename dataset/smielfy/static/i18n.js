// The page's texts. Markup names them by data-i18n; scripts ask for them by t().

import { request } from "./api.js";

const LANGUAGES = ["en", "ru"];
let texts = {};
let english = {};
export let language = "en";

export async function loadLanguage(wanted) {
  language = LANGUAGES.includes(wanted) ? wanted : "en";
  const read = (name) => request("GET", new URL(`locales/${name}.json`, document.baseURI).href);
  [texts, english] = await Promise.all([read(language), read("en")]);
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll("[data-i18n]")) {
    node.textContent = t(node.dataset.i18n);
  }
}

export function preferredLanguage() {
  const kept = localStorage.getItem("language");
  if (kept) return kept;
  return (navigator.language || "en").slice(0, 2) === "ru" ? "ru" : "en";
}

export async function switchLanguage() {
  const other = language === "en" ? "ru" : "en";
  localStorage.setItem("language", other);
  await loadLanguage(other);
}

export function lookUp(key) {
  const dig = (from) => key.split(".").reduce((at, part) => at?.[part], from);
  return dig(texts) ?? dig(english);
}

// Where a text has forms by number, `values.count` chooses: 1 burst, 2 bursts.
export function t(key, values = {}) {
  let text = lookUp(key) ?? key;
  if (typeof text === "object") {
    const form = new Intl.PluralRules(language).select(values.count);
    text = text[form] ?? text.other;
  }
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

export function errorMessage(error) {
  return lookUp(`error.${error?.code}`) ?? t("error.unknown");
}

// With one place behind the point, or the comma.
export function formatDecimal(value) {
  return value.toLocaleString(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
}
