// The two doors: the access code, and the consent.

import { ask } from "./api.js";
import { state, $, faceOf, refresh, again, say } from "./state.js";
import { complaint, language } from "./i18n.js";

function form(id, send) {
  const node = $(id);
  const problem = node.querySelector(".problem");
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.textContent = "";
    try {
      await send();
      await refresh();
      again();
    } catch (error) {
      problem.textContent = complaint(error);
    }
  });
}

form("code-form", () => ask("POST", "/api/enter", { code: $("code").value }));
form("consent-form", async () => {
  await ask("POST", "/api/consent", { agree: $("agree").checked, language });
  location.hash = "collect";
});

export const code = { enter: () => $("code").focus() };
export const consent = {
  enter() {
    $("agree").checked = false;
    $("who").textContent = say("consent.who_text", { keeper: state.keeper || say("consent.keeper") });
    $("until").textContent = state.keepDays ? say("consent.until", { days: state.keepDays }) : "";
    $("parade").replaceChildren(...Object.keys(state.smileys).map(faceOf));
  },
};
