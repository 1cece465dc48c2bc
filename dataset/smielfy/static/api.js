// Requests to the service. What it refuses is thrown as a Problem with the error's key.

export class Problem extends Error {
  constructor(code, status = 0, wait = 0) {
    super(code);
    Object.assign(this, { code, status, wait });
  }
}

export async function request(method, address, body) {
  const headers = method === "GET" ? {} : { "X-Smielfy": "1" };
  let payload = body;
  if (body instanceof Blob) headers["Content-Type"] = body.type || "image/jpeg";
  else if (body !== undefined) {
    headers["Content-Type"] = "application/json";
    payload = JSON.stringify(body);
  }
  let reply;
  try {
    reply = await fetch(address, { method, headers, body: payload, credentials: "same-origin" });
  } catch {
    throw new Problem("offline");
  }
  const value = await reply.json().catch(() => ({}));
  if (!reply.ok) {
    const wait = Number(reply.headers.get("Retry-After")) || 0;
    throw new Problem(value.error ?? (reply.status >= 500 ? "server" : "unknown"), reply.status, wait);
  }
  return value;
}

// Ask again while the service is busy, a few times.
export async function requestWithRetry(method, address, body, onwait = () => {}) {
  for (let tries = 0; ; tries++) {
    try {
      return await request(method, address, body);
    } catch (problem) {
      if (problem.status !== 429 || !problem.wait || tries > 20) throw problem;
      onwait(problem);
      await sleep(1000 * Math.min(problem.wait, 10) * (0.5 + Math.random()));
    }
  }
}

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
