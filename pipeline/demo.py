"""The demo: rendered women make all smileys, and every frame's smiley is named.

Two videos of known truth lie in dataset/demo: one of a woman whose other shots the
shipped network was trained on, and one of a woman it has never seen. Writes both
annotated and slowed, and a picture of all stages; says how many frames were right.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()


VIDEOS = {
    "known": "a woman of the training set, in new shots",
    "stranger": "a woman the network has never seen",
}
SHOWN = "surprise"  # the smiley in the picture of all stages
NET = cli.ROOT / "weights" / "smiles.npz"  # the net of the rendered women
STRIP = (SHOWN, "laugh", "wink", "kiss")  # in the strip of frames, a row a woman


def right_of(truth, lines):
    """Count the frames in which the smiley that is held was named.

    Parameters
    ----------
    truth : list of dict
        One a frame, with ``frame``, ``smiley`` and ``phase``; where the phase is not 'held',
        the face is on its way from one smiley to the next, and the frame does not count.
    lines : list of dict
        What `run_video.py` says of the same frames; a frame without a face is wrong.

    Returns
    -------
    (right, held) : tuple of int
    """
    named = {line["frame"]: line["smiley"] for line in lines}
    held = [frame for frame in truth if frame["phase"] == "held"]
    right = sum(named.get(frame["frame"]) == frame["smiley"] for frame in held)
    return right, len(held)


def held_frames(truth, smiley):
    """Numbers of the frames in which this smiley is held."""
    return [f["frame"] for f in truth if f["smiley"] == smiley and f["phase"] == "held"]


def middle_frame(truth, smiley):
    """Number of the middle one of the frames in which this smiley is held."""
    held = held_frames(truth, smiley)
    return held[len(held) // 2]


def draw_strip(videos, truths, width=400):
    """Annotated frames side by side: a row a video, a column a smiley of `STRIP` that all show.

    Parameters
    ----------
    videos : list of path-like
    truths : list of list of dict
        As for `right_of`.
    width : int
        Of one frame, in pixels.

    Returns
    -------
    ndarray of uint8 (H, W, 3)
    """
    import cv2
    import numpy as np

    from pipeline.stages_figure import read_frame

    shown = [name for name in STRIP if all(held_frames(truth, name) for truth in truths)]
    rows = []
    for video, truth in zip(videos, truths):
        frames = [read_frame(str(video), middle_frame(truth, name)) for name in shown]
        height = round(width * frames[0].shape[0] / frames[0].shape[1])
        size = (width, height)
        rows.append(np.hstack([cv2.resize(f, size, interpolation=cv2.INTER_AREA) for f in frames]))
    return np.vstack(rows)


def to_json(video):
    """The option that makes `run_video.py` write JSON lines beside its video."""
    return "--json", video.with_suffix(".jsonl")


def read_lines(path):
    """The objects of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def run_side_by_side(commands):
    """Run Python scripts at the same time, a core each; only the first one's bar is seen."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"} if os.cpu_count() > 1 else None
    with open(os.devnull, "w") as nowhere:
        processes = [
            subprocess.Popen(
                [sys.executable, *map(str, command)],
                env=environment,
                stdout=nowhere,
                stderr=nowhere if number else None,
            )
            for number, command in enumerate(commands)
        ]
        codes = [process.wait() for process in processes]
    for command, code in zip(commands, codes):
        if code:
            raise cli.UserError(f"{Path(command[0]).name} {command[1]} ended with code {code}")


def main(argv=None):
    """Run the demo; ``argv`` as for argparse."""
    parser = cli.parser(__doc__)
    default = cli.ROOT / "dataset" / "demo"
    parser.add_argument(
        "--videos", type=Path, default=default, help="folder with the two videos and their truth"
    )
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder to write to")
    parser.add_argument("--table", type=Path, metavar="CSV", help="also write the counts there")
    parser.add_argument("--slow", default="4", help="how many times as long (default 4)")
    args = parser.parse_args(argv)
    from common.output import atomic_write, check_output, make_folder, write_csv

    if args.table:
        check_output(args.table)
    truths = {}
    for name in VIDEOS:
        note = args.videos / f"{name}.json"
        if not note.exists():
            raise cli.UserError(f"no file {note}")
        truths[name] = json.loads(note.read_text(encoding="utf-8"))["frames"]
    make_folder(args.out)
    script = cli.ROOT / "pipeline" / "run_video.py"
    videos = {name: args.out / f"demo-{name}.mp4" for name in VIDEOS}
    said = ("--slow", args.slow, "--smiles", NET)
    run_side_by_side(
        [
            [script, args.videos / f"{name}.mp4", "-o", out, *to_json(out), *said]
            for name, out in videos.items()
        ]
    )
    import cv2

    with atomic_write(args.out / "demo.jpg") as temporary:
        cv2.imwrite(str(temporary), draw_strip(list(videos.values()), list(truths.values())))
    frame = middle_frame(truths["known"], SHOWN)
    picture = args.out / "pipeline.png"
    figure = cli.ROOT / "pipeline" / "draw_stages.py"
    source = args.videos / "known.mp4"
    run_side_by_side([[figure, source, "--frame", frame, "-o", picture, "--smiles", NET]])
    counts = [
        (name, *right_of(truths[name], read_lines(videos[name].with_suffix(".jsonl"))))
        for name in VIDEOS
    ]
    if args.table:
        write_csv(args.table, ("video", "right", "held"), counts)
    for (name, right, held), who in zip(counts, VIDEOS.values()):
        share = 100 * right / held
        print(f"{who}: {right} of {held} frames right ({share:.0f} %), see {videos[name]}")


if __name__ == "__main__":
    cli.run(main)
