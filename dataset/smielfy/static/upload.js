// Sends pictures to the service.

import { requestWithRetry } from "./api.js";

// Send pictures as one burst of a smiley; tells how many were kept, and why others were not.
export async function sendBurst(smiley, pictures, ondone = () => {}) {
  // After a cut connection the same burst goes on: it is kept with its pictures.
  pictures.burst ??= (await requestWithRetry("POST", "/api/bursts", { smiley })).burst;
  const refused = {};
  let kept = 0;
  for (const [index, picture] of pictures.entries()) {
    ondone(index);
    if (picture.done) {
      kept++;
      continue;
    }
    try {
      await requestWithRetry("POST", `/api/bursts/${pictures.burst}/${picture.frame}`, picture.blob);
      picture.done = true;
      kept++;
    } catch (problem) {
      if (![409, 413, 415, 422].includes(problem.status)) throw problem;
      refused[problem.code] = (refused[problem.code] ?? 0) + 1;
    }
  }
  return { kept, refused };
}
