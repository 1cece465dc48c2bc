// One device, several people; one person, several devices.

import { request } from "./api.js";
import { $ } from "./dom.js";
import { errorMessage } from "./i18n.js";
import { state } from "./state.js";

$("next-person").addEventListener("click", async () => {
  $("link-problem").textContent = $("link-address").textContent = "";
  $("link-code").removeAttribute("src");
  $("link").returnValue = "";
  $("link").showModal();
  try {
    const { path, svg } = await request("GET", "/api/link");
    $("link-code").src = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
    $("link-address").textContent = $("link-address").href = location.origin + path;
  } catch (problem) {
    $("link-problem").textContent = errorMessage(problem);
  }
});

$("link").addEventListener("close", async () => {
  URL.revokeObjectURL($("link-code").src);
  if ($("link").returnValue !== "next") return;
  try {
    await request("POST", "/api/sign-out");
    location.hash = "consent";
    location.reload(); // nothing of hers stays in this window
  } catch (problem) {
    $("said").textContent = errorMessage(problem);
  }
});

export function showSwitchPerson() {
  $("next-person").hidden = !state.me.person;
}
