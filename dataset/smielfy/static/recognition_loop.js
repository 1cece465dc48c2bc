// Recognises the camera's pictures: one in flight, the next is the newest. Nothing queues up.

import { Problem, request, sleep } from "./api.js";
import * as camera from "./camera.js";
import { errorMessage, t } from "./i18n.js";
import { canInfer, infer } from "./inference_client.js";
import { state } from "./state.js";
import { showTeachInvitation } from "./teach_invitation.js";

const MAX_SIDE = 480;
const SCAN_EVERY = 20; // so many results the whole picture is searched, else near the last face

let inFlight = Promise.resolve(); // the request under way, of this view or of the one just left

export class RecognitionLoop {
  // The video of a stage, the box and the hint over it; what goes wrong is said in `problem`.
  // onresult({result, blob, fps, latency}) after each picture; with `keeps`, the picture as a JPEG.
  constructor(stage, problem, onresult, keeps = false) {
    const [video, frame, hint] = ["video", ".face", ".hint"].map((name) => stage.querySelector(name));
    Object.assign(this, { video, frame, hint, problem, onresult, keeps, current: null });
  }

  // Open the camera and run; false if there is none, or the view was left meanwhile.
  async start(onend = () => {}) {
    this.problem.textContent = "";
    this.hint.textContent = t("shoot.starting");
    try {
      if (!(await camera.start(this.video))) return false;
    } catch (problem) {
      this.complain(problem);
      return false;
    }
    camera.onend(() => {
      this.stop();
      this.complain(new Problem("camera_ended"));
      onend();
    });
    this.run();
    return true;
  }

  complain(problem) {
    this.hint.textContent = "";
    this.problem.textContent = errorMessage(problem);
  }

  async run() {
    const run = (this.current = {}); // one run ends the other
    let near = null;
    let number = 0;
    let times = [];
    while (this.current === run) {
      if (document.hidden || !this.video.videoWidth) {
        await sleep(100);
        continue;
      }
      const begun = performance.now();
      const around = near && number++ % SCAN_EVERY ? near : null;
      try {
        await inFlight;
        // A taught net is on the page's computer; any other one is here, too.
        const here = !state.me.taught && (await canInfer());
        const picture = here ? camera.pixels(this.video, MAX_SIDE) : null;
        const blob = here && !this.keeps ? null : await camera.grab(this.video, MAX_SIDE, 0.85);
        const query = around ? `?near=${around.join(",")}` : "";
        const asked = here ? infer(picture, around) : request("POST", `/api/recognize${query}`, blob);
        inFlight = asked.catch(() => {});
        const result = await asked;
        result.here = here;
        if (this.current !== run) return;
        near = result.box;
        const now = performance.now();
        times = [...times.filter((time) => now - time < 3000), now];
        const span = (now - times[0]) / 1000;
        const fps = span > 0 ? (times.length - 1) / span : 0;
        this.show(result);
        this.onresult({ result, blob, fps, latency: now - begun });
      } catch (problem) {
        if (this.current !== run) return;
        this.problem.textContent = errorMessage(problem);
        await sleep(1000 * (problem.wait || 1) * (0.7 + 0.6 * Math.random()));
      }
    }
  }

  // Draw the box over the mirrored video, or say that there is nobody.
  show({ box, taught }) {
    const { frame, hint, problem, video } = this;
    problem.textContent = "";
    hint.textContent = box ? "" : t("mirror.nobody");
    frame.hidden = !box;
    if (!box) return;
    showTeachInvitation(taught);
    const area = camera.shownArea(video);
    const [x, y, w, h] = box;
    frame.style.left = `${area.x + (1 - x - w) * area.width}px`;
    frame.style.top = `${area.y + y * area.height}px`;
    frame.style.width = `${w * area.width}px`;
    frame.style.height = `${h * area.height}px`;
  }

  stop() {
    this.current = null;
    this.frame.hidden = true;
  }
}
