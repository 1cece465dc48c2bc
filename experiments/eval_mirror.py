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
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from common.arguments import number
from experiments.core.expected import expecting
from pipeline.options import add_smiles_option, smiles_path

LONGER = 480  # pixels, as the page looks
BEGIN = """async () => {
    window.worker = new Worker("./inference_worker.js", { type: "module" });
    const said = await new Promise((done) => (worker.onmessage = ({ data }) => done(data)));
    if (!said.ready) throw new Error(said.error);
}"""
LOOK = """async ([name, width, height, near]) => {
    const bytes = await (await fetch(name, { cache: "no-store" })).arrayBuffer();
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


@contextlib.contextmanager
def browser_page(folder):
    """The mirror made into ``folder``, served, and opened in a headless Chromium."""
    from playwright.sync_api import sync_playwright

    from dataset.smielfy import mirror_folder

    mirror_folder.make_folder(folder)
    http.server.SimpleHTTPRequestHandler.log_message = lambda *_: None
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    flags = ["--no-sandbox", "--disable-gpu"]
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=flags)
        page = browser.new_context(service_workers="block").new_page()
        page.goto(f"http://127.0.0.1:{server.server_address[1]}/")
        page.evaluate(BEGIN)
        yield page
        browser.close()
    server.shutdown()


def look(page, folder, frame, near):
    """What the browser sees in a frame, near a box or in all of it; ``cpu``: what that took."""
    import cv2

    pixels = folder / "frame.bin"
    pixels.write_bytes(cv2.cvtColor(frame, cv2.COLOR_BGR2RGBA).tobytes())
    begun = processor_time()
    found = page.evaluate(LOOK, [pixels.name, frame.shape[1], frame.shape[0], near])
    return {**found, "cpu": processor_time() - begun}


def compared(seen):
    """Browser and Theano in numbers.

    ``seen`` are, of each frame, Theano's `pipeline.vote.Vote` or None, and the browser's answers
    of the whole picture and near the face or None.
    """
    import numpy as np

    same, apart, lead = [], [], []
    for ours, whole, near in seen:
        same.append((ours and ours.smiley) == whole["smiley"])
        if near is None:
            continue
        shares = np.array([*whole["shares"].values()])
        apart.append(float(np.abs(ours.shares - shares).max()))
        if not same[-1]:
            lead.append(round(float(ours.shares.max() - ours.shares[shares.argmax()]), 4))
    found = {
        "frames": len(same), "same": sum(same), "lead_where_not": lead,
        "shares_apart_mean": float(np.mean(apart)), "shares_apart_most": float(np.max(apart)),
    }  # fmt: skip
    _, wholes, nears = zip(*seen)
    for name, answers in (("whole", wholes), ("near", [one for one in nears if one])):
        found[f"ms_{name}"] = float(np.median([one["ms"] for one in answers]))
        found[f"cpu_ms_{name}"] = round(1e3 * float(np.mean([one["cpu"] for one in answers])), 1)
    return found


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
    if find_spec("playwright") is None:
        raise cli.UserError("Playwright is not here: see --help")
    from tqdm import tqdm

    from common.output import check_output, line, write_file
    from pipeline.best_square import best_square
    from pipeline.cascade import Detector
    from pipeline.options import smallest_face
    from pipeline.vote import Voter

    check_output(arguments.out)
    detector = Detector.load(arguments.weights)
    voter = Voter.load(smiles_path(arguments))
    seen = []
    with tempfile.TemporaryDirectory() as folder, browser_page(Path(folder) / "mirror") as page:
        for frame in tqdm(frames(arguments.video, arguments.every), unit="frame"):
            boxes, scores = detector.detect(frame, smallest_face(frame))
            chosen = best_square(boxes, scores)
            ours = None if chosen is None else voter.vote(frame, boxes[chosen])
            whole = look(page, Path(folder) / "mirror", frame, None)
            near = None
            if ours and whole["box"]:
                near = look(page, Path(folder) / "mirror", frame, whole["box"])
            seen.append((ours, whole, near))
    found = {
        **compared(seen),
        "load": os.getloadavg()[0], "cores": os.cpu_count(), "net": voter.net,
        "every": arguments.every,
    }  # fmt: skip
    write_file(arguments.out, line(found) + "\n")
    print(line(found))


if __name__ == "__main__":
    cli.run(main)
