// One device, several people; one person, several devices.

import { ask } from "./api.js";
import { $, state } from "./state.js";
import { complaint } from "./i18n.js";

$("next-person").addEventListener("click", async () => {
  $("link-problem").textContent = $("link-address").textContent = "";
  $("link-code").removeAttribute("src");
  $("link").returnValue = "";
  $("link").showModal();
  try {
    const { path, svg } = await ask("GET", "/api/link");
    $("link-code").src = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
    $("link-address").textContent = $("link-address").href = location.origin + path;
  } catch (problem) {
    $("link-problem").textContent = complaint(problem);
  }
});

$("link").addEventListener("close", async () => {
  URL.revokeObjectURL($("link-code").src);
  if ($("link").returnValue !== "next") return;
  try {
    await ask("POST", "/api/next");
    location.hash = "consent";
    location.reload(); // nothing of hers stays in this window
  } catch (problem) {
    $("said").textContent = complaint(problem);
  }
});

export function showNext() {
  $("next-person").hidden = !state.me.person;
}
