// Looks of the networks: one in flight, the next is of the newest picture. Nothing queues up.

import { ask, pause } from "./api.js";
import * as camera from "./camera.js";
import { canLook, look as lookHere } from "./inference_client.js";
import { state } from "./state.js";

const LONGER = 480;
const WHOLE = 20; // every so many looks the whole picture is searched, else near the last face

let flight = Promise.resolve(); // the look under way, of this view or of the one just left

export class Looks {
  // onlook({look, blob, fps, latency}) after each look; onproblem(problem) may be followed by more.
  // With `keeps`, each look comes with the picture, as a JPEG.
  constructor(video, onlook, onproblem, keeps = false) {
    Object.assign(this, { video, onlook, onproblem, keeps, turn: null });
  }

  async run() {
    const mine = (this.turn = {}); // one run ends the other
    let near = null;
    let number = 0;
    let times = [];
    while (this.turn === mine) {
      if (document.hidden || !this.video.videoWidth) {
        await pause(100);
        continue;
      }
      const begun = performance.now();
      const around = near && number++ % WHOLE ? near : null;
      try {
        await flight;
        // A taught net is on the page's computer; any other one is here, too.
        const here = !state.me.taught && (await canLook());
        const picture = here ? camera.pixels(this.video, LONGER) : null;
        const blob = here && !this.keeps ? null : await camera.grab(this.video, LONGER, 0.85);
        const query = around ? `?near=${around.join(",")}` : "";
        const asked = here ? lookHere(picture, around) : ask("POST", `/api/look${query}`, blob);
        flight = asked.catch(() => {});
        const look = await asked;
        look.here = here;
        if (this.turn !== mine) return;
        near = look.box;
        const now = performance.now();
        times = [...times.filter((time) => now - time < 3000), now];
        const span = (now - times[0]) / 1000;
        const fps = span > 0 ? (times.length - 1) / span : 0;
        this.onlook({ look, blob, fps, latency: now - begun });
      } catch (problem) {
        if (this.turn !== mine) return;
        this.onproblem(problem);
        await pause(1000 * (problem.wait || 1) * (0.7 + 0.6 * Math.random()));
      }
    }
  }

  stop() {
    this.turn = null;
  }
}

// Draw the box over the mirrored video.
export function drawFace(frame, video, box) {
  frame.hidden = !box;
  if (!box) return;
  const area = camera.shownArea(video);
  const [x, y, w, h] = box;
  frame.style.left = `${area.x + (1 - x - w) * area.width}px`;
  frame.style.top = `${area.y + y * area.height}px`;
  frame.style.width = `${w * area.width}px`;
  frame.style.height = `${h * area.height}px`;
}
