// Who comes by a code in the address has entered; who comes by a private link goes on.

import { request } from "./api.js";
import { toast } from "./dom.js";
import { errorMessage, t } from "./i18n.js";
import { standalone } from "./state.js";

export async function signInByLink() {
  if (standalone) return;
  const [name, ...rest] = location.hash.slice(1).split("/");
  const text = decodeURIComponent(rest.join("/"));
  if (!["code", "come"].includes(name) || !text) return;
  history.replaceState(null, "", "#collect"); // neither stays in the history
  try {
    if (name === "code") await request("POST", "/api/enter", { code: text });
    else {
      await request("POST", "/api/sign-in", { key: text });
      history.replaceState(null, "", "#mine");
      toast(t("link.came"));
    }
  } catch (problem) {
    toast(errorMessage(problem));
  }
}
