"""Load test of Smielfy: thirty visitors at once, how long they wait, and what fails.

    make collect ARGS='--out runs/room'
    python experiments/eval_server_load.py --address http://localhost:8017/

All load the page, nets and runtime of the mirror, and ask on; five of them send two bursts of ten
pictures each. The mirrors look in the browsers: once loaded they ask for nothing. The pictures are
the rendered examples with noise. They stay in the service's folder: give it one of its own.
"""

import os
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from common.arguments import number
from experiments.core.expected import expecting

PAGE = ("/", "/style.css", "/main.js", "/collect.js", "/mirror.js", "/game.js", "/my_data.js",
        "/inference.js", "/inference_worker.js", "/locales/en.json", "/api/me",
        "/api/smileys")  # fmt: skip
MIRROR = (*(f"/nets/{name}" for name in ("meta.json", "scan.onnx", "small_calibration.onnx",
                                        "big.onnx", "big_calibration.onnx", "smiles.onnx")),
          "/ort/ort.wasm.min.mjs", "/ort/ort-wasm-simd-threaded.mjs",
          "/ort/ort-wasm-simd-threaded.wasm")  # fmt: skip
EXAMPLES = cli.ROOT / "dataset" / "smielfy" / "static" / "examples"
KINDS = ("page", "mirror", "picture")
PAUSE = 0.3  # seconds between two requests of a visitor: as a burst is taken
ASKS = 20  # of who only looks


def parse_args(argv):
    """Read the command line."""
    parser = cli.parser(expecting(__doc__, "eval_server_load"))
    add = parser.add_argument
    add("--address", default="http://localhost:8017/", help="of a service without access code")
    add("--visitors", type=number(1, 1000, int), default=30)
    add("--senders", type=number(0, 1000, int), default=5)
    add("--seed", type=int, default=0)
    out = cli.ROOT / "results" / "smielfy" / "load.json"
    add("--out", type=Path, default=out, help="file (default results/smielfy/load.json)")
    return parser.parse_args(argv)


class Visit(threading.Thread):
    """One visitor."""

    def __init__(self, address, sends, seed):
        super().__init__()
        self.address, self.sends, self.seed = address, sends, seed
        self.waits, self.failed, self.kept = {kind: [] for kind in KINDS}, [], 0

    def ask(self, client, method, path, kind="page", **options):
        """One request, timed; None if it failed."""
        start = time.perf_counter()
        try:
            reply = client.request(method, path, **options)
        except Exception as error:  # whatever went wrong, it failed
            self.failed.append(f"{path} {error!r}")
            return None
        self.waits[kind].append(time.perf_counter() - start)
        if reply.is_error:
            self.failed.append(f"{path} {reply.status_code}")
            return None
        return reply

    def run(self):
        """Visit."""
        import httpx
        import numpy as np

        rng = np.random.default_rng(self.seed)
        headers = {"X-Smielfy": "1"}
        with httpx.Client(base_url=self.address, headers=headers, timeout=60) as client:
            for path in PAGE:
                reply = self.ask(client, "GET", path)
            for path in MIRROR if reply and reply.json()["browser"] else ():
                self.ask(client, "GET", path, "mirror")
            if self.sends:
                self.ask(client, "POST", "/api/consent", json={"agree": True})
                for smiley in ("smile", "wink"):
                    self.burst(client, smiley, rng)
            for _ in range(0 if self.sends else ASKS):
                self.ask(client, "GET", "/api/me")
                self.ask(client, "GET", "/api/examples/smile")
                time.sleep(PAUSE)

    def burst(self, client, smiley, rng):
        """Send ten pictures."""
        reply = self.ask(client, "POST", "/api/bursts", json={"smiley": smiley})
        for frame in range(10 if reply else 0):
            path = f"/api/bursts/{reply.json()['burst']}/{frame}"
            self.kept += bool(
                self.ask(client, "POST", path, "picture", content=picture(smiley, rng))
            )
            time.sleep(PAUSE)


def picture(smiley, rng):
    """A rendered face before a wide camera with noise, 960x720: a JPEG."""
    import cv2
    import numpy as np

    face = cv2.imread(str(EXAMPLES / f"{smiley}-{rng.integers(1, 4)}.jpg"))
    face = cv2.copyMakeBorder(cv2.resize(face, (720, 720)), 0, 0, 120, 120, cv2.BORDER_REPLICATE)
    noisy = face.astype(int) + rng.integers(-6, 7, face.shape)
    return cv2.imencode(".jpg", noisy.clip(0, 255).astype(np.uint8))[1].tobytes()


def main(argv=None):
    """Run the script; ``argv`` as for argparse."""
    arguments = parse_args(argv)
    import numpy as np

    from common.output import check_output, line, write_file

    check_output(arguments.out)
    load = os.getloadavg()[0]  # before
    visits = [
        Visit(arguments.address, index < arguments.senders, [arguments.seed, index])
        for index in range(arguments.visitors)
    ]
    for visit in visits:
        visit.start()
    for visit in visits:
        visit.join()
    waits = {kind: np.concatenate([v.waits[kind] for v in visits]) for kind in KINDS}
    waits["all"] = np.concatenate([*waits.values()])
    found = {
        "visitors": arguments.visitors, "senders": arguments.senders,
        "failed": sum(len(visit.failed) for visit in visits),
        "kept": sum(visit.kept for visit in visits), "load": load, "cores": os.cpu_count(),
    }  # fmt: skip
    for kind, values in waits.items():
        if len(values):
            found[kind] = {
                "requests": len(values), "median": round(float(np.median(values)), 3),
                "p95": round(float(np.quantile(values, 0.95)), 3),
                "most": round(float(values.max()), 3),
            }  # fmt: skip
    write_file(arguments.out, line(found) + "\n")
    print(line(found))
    for text in [text for visit in visits for text in visit.failed][:5]:
        print(text, file=sys.stderr)


if __name__ == "__main__":
    cli.run(main)
