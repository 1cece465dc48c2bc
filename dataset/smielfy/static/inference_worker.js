// A worker that recognises: the nets in ONNX Runtime Web. No picture leaves the browser.

import { Inference } from "./inference.js";

const NETS = ["scan", "small_calibration", "big", "big_calibration", "smiles"];

async function open() {
  const ort = await import("./ort/ort.wasm.min.mjs");
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = new URL("./ort/", import.meta.url).href;
  const read = async (name) => {
    const reply = await fetch(new URL(`./nets/${name}`, import.meta.url));
    if (!reply.ok) throw new Error(name);
    return reply;
  };
  const meta = await (await read("meta.json")).json();
  const sessions = {};
  for (const name of NETS) {
    const bytes = new Uint8Array(await (await read(`${name}.onnx`)).arrayBuffer());
    sessions[name] = await ort.InferenceSession.create(bytes, { executionProviders: ["wasm"] });
  }
  const run = async (name, numbers, dims) => {
    const { output } = await sessions[name].run({ input: new ort.Tensor("float32", numbers, dims) });
    return output.data;
  };
  return new Inference(run, meta);
}

const opened = open();
opened.then(
  ({ meta }) => postMessage({ ready: true, meta }),
  (error) => postMessage({ ready: false, error: String(error) }),
);

addEventListener("message", async ({ data: { id, pixels, near } }) => {
  try {
    const start = performance.now();
    const result = await (await opened).recognize(pixels, near);
    postMessage({ id, result: { ...result, ms: Math.round(performance.now() - start) } });
  } catch (error) {
    postMessage({ id, error: String(error) });
  }
});
