"""Measure what the vote of 45 windows is worth, and which vote is worth its cost.

On whole frames of known truth (`make data` renders them): accuracy against an error of
the box, for one window and for the vote; on the detector's own boxes, several sets of windows
and ways of averaging, and whether the share tells how far to trust the name. On videos
of known truth (dataset/make_video.py): accuracy frame by frame, and with shares smoothed
over time.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from common.arguments import count
from experiments.core.expected import expecting


def parse_args(argv=None):
    """The command line."""
    parser = cli.parser(expecting(__doc__, "eval_vote"))
    add = parser.add_argument
    frames = cli.ROOT / "data" / "smileys" / "frames.csv"
    add("--frames", type=Path, default=frames, help="CSV: path,person,smiley,x,y,w,h")
    add("--limit", type=count, help="use so many of the frames, evenly spread")
    help_text = "with its truth beside it, NAME.json"
    add("--video", type=Path, nargs="*", default=[], metavar="MP4", help=help_text)
    add("--weights", type=Path, default=cli.ROOT / "weights", help="folder (default weights)")
    add("--smiles", type=Path, help="smiley net (default: smiles.npz there)")
    add("--min-face", type=float, default=36, help="in pixels (default 36)")
    add("--seed", type=int, default=0, help="of the directions of the box's errors")
    add("--out", type=Path, default=cli.ROOT / "results" / "eval_vote")
    return parser.parse_args(argv)


def main(argv=None):
    """Measure, and write tables, figures and the report."""
    args = parse_args(argv)
    from common.crops import Mipmap
    from common.output import make_folder
    from common.tables import BOX, read_images, read_table, text
    from experiments.core.results import command_line
    from experiments.vote.measures import (
        measure_boxes,
        measure_errors,
        measure_times,
        measure_video,
        read_truth,
    )
    from experiments.vote.report import write_report
    from experiments.vote.variants import SmileyNet
    from pipeline.cascade import Detector

    rows = read_table(args.frames, {"path": text, "person": text, "smiley": text, **BOX})
    if args.limit:
        rows = rows[:: max(1, len(rows) // args.limit)][: args.limit]
    truths = [read_truth(video) for video in args.video]
    net = SmileyNet(args.smiles or args.weights / "smiles.npz")
    unknown = sorted({row["smiley"] for row in rows} - set(net.classes))
    if unknown:
        raise cli.UserError(
            f"the network does not know {', '.join(unknown)}: name another --smiles"
        )
    detector = Detector.load(args.weights)
    make_folder(args.out, parents=True)
    pictures = [Mipmap(image) for image in read_images(args.frames, rows)]
    found = {
        "errors": measure_errors(net, rows, pictures, args.seed),
        "boxes": measure_boxes(net, detector, rows, pictures, args.min_face),
        "times": measure_times(net, rows[0], pictures[0]),
        "videos": [
            measure_video(net, detector, video, truth) for video, truth in zip(args.video, truths)
        ],
    }
    command = command_line("python experiments/eval_vote.py", argv)
    write_report(found, net, rows, args.out, command)
    print((args.out / "REPORT.md").read_text(encoding="utf-8"))
    return 0


if __name__ == "__main__":
    cli.run(main)
