// What all views share.

import { request } from "./api.js";

export const state = { me: {}, smileys: {}, frames: 10, keeper: "", keepDays: 0, browser: false, net: { name: "", classes: [], threshold: null } };

// Whether this is the static folder, mirror and game without a service.
export const standalone = "standalone" in document.documentElement.dataset;

export async function refresh() {
  if (standalone) {
    state.me = { person: null, entered: true, given: {}, taught: false };
    return;
  }
  state.me = await request("GET", "/api/me");
}

export const stateChanged = () => dispatchEvent(new Event("statechange"));
