// Who comes by a code in the address has entered; who comes by a private link goes on.

import { ask } from "./api.js";
import { standalone, toast, say } from "./state.js";
import { complaint } from "./i18n.js";

export async function arrive() {
  if (standalone) return;
  const [name, ...rest] = location.hash.slice(1).split("/");
  const text = decodeURIComponent(rest.join("/"));
  if (!["code", "come"].includes(name) || !text) return;
  history.replaceState(null, "", "#collect"); // neither stays in the history
  try {
    if (name === "code") await ask("POST", "/api/enter", { code: text });
    else {
      await ask("POST", "/api/come", { key: text });
      history.replaceState(null, "", "#mine");
      toast(say("link.came"));
    }
  } catch (problem) {
    toast(complaint(problem));
  }
}
