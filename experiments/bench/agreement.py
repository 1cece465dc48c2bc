"""Measure what run_video's shortcuts change: `--scan-every N` and `--vote shared`.

Each frame of the given videos is searched and voted on in the faithful way and by each
shortcut. Writes agreement.csv and AGREEMENT.md: on how many frames the smiley is the same,
how well the boxes overlap, and the processor time without decoding, drawing and encoding.
"""

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

import numpy as np

from common.output import write_file
from experiments.core.expected import expecting
from experiments.core.results import table_head, write_rows

# Name, frames from one whole search to the next, whether the vote is shared.
SETTINGS = [
    ("faithful", 1, False),
    ("vote shared", 1, True),
    *((f"scan every {n}", n, False) for n in (2, 3, 5, 10)),
    ("scan every 5, vote shared", 5, True),
]


def follow(frames, tracker, voter):
    """Search and vote on each frame as run_video does.

    Returns
    -------
    (list of (box, smiley), float)
        Both None where there is no face; processor seconds a frame (a busy machine changes
        them little), the first left out.
    """
    from pipeline.video_recognizer import VideoRecognizer

    recognizer, found, seconds = VideoRecognizer(tracker, voter), [], []
    for frame in frames:
        start = time.process_time()
        box, vote = recognizer.step(frame)
        found.append((box, vote and vote.smiley))
        seconds.append(time.process_time() - start)
    return found, float(np.mean(seconds[1:] or seconds))


def compare(found, faithful, truth):
    """How one way's results agree with the faithful one's, and with the truth (or None).

    Returns
    -------
    dict
        ``faces`` is the part of the frames on which both or neither see a face; the other
        parts are of the frames on which both do.
    """
    from pipeline.suppression import overlaps

    both = [(a, b) for a, b in zip(found, faithful) if a[0] is not None and b[0] is not None]
    faces = np.mean([(a[0] is None) == (b[0] is None) for a, b in zip(found, faithful)])
    ious = [float(overlaps(a[0], [b[0]])[0]) for a, b in both]
    row = {
        "frames": len(found),
        "faces": faces,
        "same_smiley": np.mean([a[1] == b[1] for a, b in both]),
        "iou_median": np.median(ious),
        "iou_above_half": np.mean(np.array(ious) > 0.5),
        "accuracy": "",
    }
    if truth:
        held = [(a[1], t["smiley"]) for a, t in zip(found, truth) if t["phase"] == "held"]
        row["accuracy"] = np.mean([a == t for a, t in held])
    return row


def report(rows, out):
    """Write agreement.csv and AGREEMENT.md."""
    write_rows(out / "agreement.csv", rows)
    lines = [
        "# What the shortcuts change",
        "",
        "Written by `experiments/bench/agreement.py`. Same smiley, and the overlap of the boxes",
        "(intersection over union): beside searching each frame and the full vote. Accuracy: on",
        "the frames on which the smiley is held, where the truth is known. Time: of the",
        "processor, all cores added up, for search and vote alone.",
    ]
    for video in dict.fromkeys(row["video"] for row in rows):
        lines += [
            "",
            f"## {video}",
            "",
            *table_head(
                "| way | same smiley | median overlap | overlap > 0.5 | accuracy | ms a frame |"
            ),
        ]
        for row in (row for row in rows if row["video"] == video):
            accuracy = f"{row['accuracy']:.1%}" if row["accuracy"] != "" else ""
            lines.append(
                f"| {row['way']} | {row['same_smiley']:.1%} | {row['iou_median']:.2f} | "
                f"{row['iou_above_half']:.1%} | {accuracy} | {row['cpu_ms']:.1f} |"
            )
    write_file(out / "AGREEMENT.md", "\n".join(lines) + "\n")


def main(argv=None):
    """Measure and report."""
    parser = cli.parser(expecting(__doc__, "bench/agreement"))
    parser.add_argument(
        "videos", nargs="*", type=Path, default=[cli.ROOT / "dataset" / "demo" / "known.mp4"],
        help="with the truth beside it, NAME.json, where it is known (default: the demo's)",
    )  # fmt: skip
    parser.add_argument("--weights", type=Path, default=cli.ROOT / "weights")
    parser.add_argument("--limit", type=int, help="frames of each video")
    parser.add_argument("--out", type=Path, default=cli.ROOT / "results" / "bench")
    args = parser.parse_args(argv)
    from itertools import islice

    from tqdm import tqdm

    from common.video import open_source
    from pipeline.cascade import Detector
    from pipeline.tracking import Tracker
    from pipeline.vote import Voter

    args.out.mkdir(parents=True, exist_ok=True)
    detector = Detector.load(args.weights)
    voters = {
        shared: Voter.load(args.weights / "smiles.npz", shared=shared) for shared in (False, True)
    }
    rows = []
    for video in args.videos:
        beside = video.with_suffix(".json")
        truth = json.loads(beside.read_text())["frames"] if beside.exists() else None
        for name, every, shared in tqdm(SETTINGS, desc=video.name):
            with open_source(str(video)) as source:
                frames = islice(source, args.limit)
                found, seconds = follow(frames, Tracker(detector, every), voters[shared])
            if name == "faithful":
                faithful = found
            agreement = compare(found, faithful, truth)
            rows.append({"video": video.name, "way": name, **agreement, "cpu_ms": 1e3 * seconds})
    report(rows, args.out)
    print((args.out / "AGREEMENT.md").read_text())


if __name__ == "__main__":
    cli.run(main)
