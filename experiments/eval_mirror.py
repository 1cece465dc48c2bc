"""Compare the mirror in the browser with Theano, frame by frame of the demo's videos.

    make mirror .cache/browser/installed
    PYTHONPATH=.cache/browser python experiments/eval_mirror.py --every 8

Writes on how many of the frames both name the same smiley (or see no face), how far the shares
are apart, by how much the other smiley won where they differ, and the median time of a look in a
headless Chromium, of a whole search and of one near the last face: on the clock, which the
machine's load lengthens, and as processor time of all of Chromium's processes.
"""

import contextlib
import functools
import http.server
import os
import shutil
import sys
import tempfile
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from experiments.core.expected import expecting
from pipeline.options import add_smiles_option, number, smiles_path

LONGER = 480  # pixels, as the page looks
BEGIN = """async () => {
    window.worker = new Worker("./inference_worker.js", { type: "module" });
    const said = await new Promise((done) => (worker.onmessage = ({ data }) => done(data)));
    if (!said.ready) throw new Error(said.error);
}"""
LOOK = """async ([name, width, height, near]) => {
    const bytes = await (await fetch(name)).arrayBuffer();
    const pixels = new ImageData(new Uint8ClampedArray(bytes), width, height);
    return await new Promise((done) => {
        worker.onmessage = ({ data }) => done(data.result);
        worker.postMessage({ id: 1, pixels, near });
    });
}"""


def parse_args(argv):
    """Read the command line."""
    parser = cli.parser(expecting(__doc__, "eval_mirror"))
    add = parser.add_argument
    demo = cli.ROOT / "dataset" / "demo"
    add("--video", type=Path, nargs="+", default=[demo / "known.mp4", demo / "stranger.mp4"])
    add("--every", type=number(1, 1000, int), default=1, help="of so many frames one (default 1)")
    add("--weights", type=Path, default=cli.ROOT / "weights", metavar="DIR", help="the detector")
    add_smiles_option(parser)
    out = cli.ROOT / "results" / "smielfy" / "mirror.json"
    add("--out", type=Path, default=out, help="file (default results/smielfy/mirror.json)")
    return parser.parse_args(argv)


def frames(paths, every):
    """Some frames of videos in the size in which the page looks."""
    import cv2

    from common.video import open_source

    for path in paths:
        with open_source(str(path)) as source:
            for index, frame in enumerate(source):
                if index % every == 0:
                    scale = LONGER / max(frame.shape[:2])
                    yield cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def served(folder):
    """A server of a folder, and its thread."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def processor_time():
    """Seconds that the browser, all of its processes, has computed."""
    total, parents = 0, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has just ended
            fields = path.read_text().rpartition(")")[2].split()
            parents[int(path.parent.name)] = int(fields[1]), int(fields[11]) + int(fields[12])
    for pid, (parent, ticks) in parents.items():
        while parent not in (0, os.getpid()):
            parent = parents.get(parent, (0, 0))[0]
        if parent and "chrom" in Path(f"/proc/{pid}/comm").read_text():
            total += ticks
    return total / os.sysconf("SC_CLK_TCK")


def main(argv=None):
    """Run the script; ``argv`` as for argparse."""
    arguments = parse_args(argv)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise cli.UserError("Playwright is not here: see --help") from None
    import cv2
    import numpy as np
    from tqdm import tqdm

    from common.output import check_output, line, write_file
    from dataset.smielfy import mirror_folder
    from pipeline.best_square import best_square
    from pipeline.cascade import Detector
    from pipeline.options import smallest_face
    from pipeline.vote import Voter

    check_output(arguments.out)
    detector = Detector.load(arguments.weights)
    voter = Voter.load(smiles_path(arguments))
    http.server.SimpleHTTPRequestHandler.log_message = lambda *_: None
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    same, apart, differ, whole, near, busy = [], [], [], [], [], [0.0, 0.0]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        mirror_folder.make_folder(Path(folder) / "mirror")
        server = served(Path(folder) / "mirror")
        flags = ["--no-sandbox", "--disable-gpu"]
        browser = driver.chromium.launch(executable_path=chromium, args=flags)
        page = browser.new_context(service_workers="block").new_page()
        page.goto(f"http://127.0.0.1:{server.server_address[1]}/")
        page.evaluate(BEGIN)
        for index, frame in enumerate(tqdm(frames(arguments.video, arguments.every), unit="frame")):
            name = f"frame-{index}.bin"
            pixels = cv2.cvtColor(frame, cv2.COLOR_BGR2RGBA).tobytes()
            (Path(folder) / "mirror" / name).write_bytes(pixels)
            size = [name, frame.shape[1], frame.shape[0]]
            begun = processor_time()
            theirs = page.evaluate(LOOK, [*size, None])
            looked = processor_time()
            boxes, scores = detector.detect(frame, smallest_face(frame))
            chosen = best_square(boxes, scores)
            ours = None if chosen is None else voter.vote(frame, boxes[chosen])
            same.append((ours and ours.smiley) == theirs["smiley"])
            whole.append(theirs["ms"])
            busy[0] += looked - begun
            if ours and theirs["box"]:
                shares = np.array([*theirs["shares"].values()])
                apart.append(float(np.abs(ours.shares - shares).max()))
                if not same[-1]:
                    differ.append(round(float(ours.shares.max() - ours.shares[shares.argmax()]), 4))
                begun = processor_time()
                near.append(page.evaluate(LOOK, [*size, theirs["box"]])["ms"])
                busy[1] += processor_time() - begun
            (Path(folder) / "mirror" / name).unlink()
        browser.close()
        server.shutdown()
    found = {
        "frames": len(same), "same": sum(same), "lead_where_not": differ,
        "shares_apart_mean": float(np.mean(apart)), "shares_apart_most": float(np.max(apart)),
        "ms_whole": float(np.median(whole)), "ms_near": float(np.median(near)),
        "cpu_ms_whole": round(1e3 * busy[0] / len(whole), 1),
        "cpu_ms_near": round(1e3 * busy[1] / len(near), 1),
        "load": os.getloadavg()[0], "cores": os.cpu_count(), "net": voter.net,
        "every": arguments.every,
    }  # fmt: skip
    write_file(arguments.out, line(found) + "\n")
    print(line(found))


if __name__ == "__main__":
    cli.run(main)
