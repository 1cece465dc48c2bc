// The two doors: the access code, and the consent.

import { request } from "./api.js";
import { $, smileyIcon } from "./dom.js";
import { errorMessage, language, t } from "./i18n.js";
import { refresh, state, stateChanged } from "./state.js";

function form(id, send) {
  const node = $(id);
  const problem = node.querySelector(".problem");
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.textContent = "";
    try {
      await send();
      await refresh();
      stateChanged();
    } catch (error) {
      problem.textContent = errorMessage(error);
    }
  });
}

form("code-form", () => request("POST", "/api/enter", { code: $("code").value }));
form("consent-form", async () => {
  await request("POST", "/api/consent", { agree: $("agree").checked, language });
  location.hash = "collect";
});

export const code = { enter: () => $("code").focus() };
export const consent = {
  enter() {
    $("agree").checked = false;
    $("who").textContent = t("consent.who_text", { keeper: state.keeper || t("consent.keeper") });
    $("until").textContent = state.keepDays ? t("consent.until", { days: state.keepDays }) : "";
    $("parade").replaceChildren(...Object.keys(state.smileys).map(smileyIcon));
  },
};
