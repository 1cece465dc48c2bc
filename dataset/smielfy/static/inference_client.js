// Recognition by this browser itself, where it can: WebAssembly with SIMD, and the nets are here.

import { state } from "./state.js";

const SIMD = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
];
let worker = null;
let ready = null;
let number = 0;
const asked = new Map();

// Whether recognition needs no server: a promise. The nets are fetched when it is first asked.
export function canInfer() {
  if (!state.browser || !globalThis.WebAssembly?.validate(new Uint8Array(SIMD))) return Promise.resolve(false);
  ready ??= new Promise((done) => {
    worker = new Worker(new URL("./inference_worker.js", import.meta.url), { type: "module" });
    worker.addEventListener("error", () => done(false));
    worker.addEventListener("message", ({ data }) => {
      if ("ready" in data) done(data.ready);
      else {
        const { resolve, reject } = asked.get(data.id);
        asked.delete(data.id);
        if (data.result) resolve(data.result);
        else reject(new Error(data.error));
      }
    });
  });
  return ready;
}

// Recognise ImageData; `near` as for the service. Nothing leaves the browser.
export async function infer(pixels, near) {
  const found = await new Promise((resolve, reject) => {
    asked.set(++number, { resolve, reject });
    worker.postMessage({ id: number, pixels, near }, [pixels.data.buffer]);
  });
  const { threshold, name } = state.net;
  return { ...found, confident: threshold === null ? null : found.share >= threshold, net: name, taught: false };
}
