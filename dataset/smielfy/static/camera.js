// The camera: on while a view uses it, off when the view is left.

import { Problem } from "./api.js";

const canvas = document.createElement("canvas");
let opening = null; // the promise of a stream, from when it is asked for
let stream = null;
let wanted = null; // the video that it is for

// The camera that was chosen before, if it is still there, or the one that looks at who holds
// the device. A wish alone would give a sharper camera than the one that was chosen.
async function open() {
  const size = { width: { ideal: 1280 }, height: { ideal: 720 } };
  const getStream = (which) => navigator.mediaDevices.getUserMedia({ audio: false, video: { ...which, ...size } });
  const deviceId = localStorage.getItem("camera");
  if (!deviceId) return getStream({ facingMode: "user" });
  try {
    return await getStream({ deviceId: { exact: deviceId } });
  } catch (error) {
    if (error.name !== "OverconstrainedError") throw error;
    localStorage.removeItem("camera");
    return getStream({ facingMode: "user" });
  }
}

// All cameras, {id, label}; browsers name them once one is allowed.
export async function listCameras() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices
    .filter(({ kind }) => kind === "videoinput")
    .map(({ deviceId, label }, number) => ({ id: deviceId, label: label || String(number + 1) }));
}

export function chooseCamera(id) {
  localStorage.setItem("camera", id);
  stop();
}

// Show the camera in a video. False if meanwhile the camera was stopped or another video
// asked for it: who has to allow the camera may take her time, and go elsewhere.
export async function start(video) {
  if (!navigator.mediaDevices?.getUserMedia) throw new Problem(isSecureContext ? "no_camera" : "insecure");
  wanted = video;
  opening ??= open();
  const asked = opening;
  try {
    const opened = await asked;
    if (asked !== opening || wanted !== video) return false;
    stream = opened;
    if (video.srcObject !== stream) video.srcObject = stream;
    await video.play();
  } catch (error) {
    if (asked !== opening || wanted !== video) return false;
    if (!stream) opening = null; // ask anew the next time
    const codes = { NotAllowedError: "camera_denied", NotReadableError: "camera_busy" };
    throw new Problem(codes[error.name] ?? "no_camera");
  }
  return wanted === video;
}

export function stop() {
  opening?.then((late) => late.getTracks().forEach((track) => track.stop())).catch(() => {});
  opening = stream = wanted = null;
  for (const video of document.querySelectorAll("video")) video.srcObject = null;
}

export const running = () => stream !== null;

// Call back when the camera ends by itself: unplugged, or taken by another program.
export function onend(callback) {
  const watched = stream;
  for (const track of watched?.getVideoTracks() ?? []) {
    track.addEventListener("ended", () => {
      if (watched !== stream) return;
      stop();
      callback();
    }, { once: true });
  }
}

// The source's pixels, no more than `maxSide` on the maxSide side: as they are.
export function pixels(source, maxSide) {
  return draw(source, maxSide).getImageData(0, 0, canvas.width, canvas.height);
}

// The same as a JPEG.
export function grab(source, maxSide, quality = 0.92) {
  draw(source, maxSide);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
}

function draw(source, maxSide) {
  const width = source.videoWidth || source.width;
  const height = source.videoHeight || source.height;
  const scale = Math.min(1, maxSide / Math.max(width, height));
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return context;
}

// Where the video's picture lies in its stage (object-fit: cover), in the stage's pixels.
export function shownArea(video) {
  const { clientWidth: w, clientHeight: h } = video;
  const scale = Math.max(w / video.videoWidth, h / video.videoHeight);
  const width = video.videoWidth * scale;
  const height = video.videoHeight * scale;
  return { x: (w - width) / 2, y: (h - height) / 2, width, height };
}
