"""Measure the face detector on whole pictures beside Haar, MTCNN and libfacedetection.

Writes recall over false positives per image (FDDB's discrete protocol) as curve and tables,
by set, size, pose and kind, and how well the boxes lie. The other detectors' boxes are kept
in OUT/peers and not computed again for the same pictures.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

import numpy as np

from experiments.core.expected import expecting


def parse_args(argv=None):
    """The command line."""
    parser = cli.parser(expecting(__doc__, "eval_detector"))
    add = parser.add_argument
    frames = [cli.ROOT / "data" / "smileys" / "frames.csv"]
    help_text = (
        "one row a face: path,x,y,w,h or path,x1,y1,x2,y2 or FDDB's path,major,minor,angle,cx,cy;"
        " perhaps ignore, kind, pose"
        " (default: the rendered frames)"
    )
    add("--images", type=Path, nargs="+", default=frames, metavar="CSV", help=help_text)
    help_text = "pictures without faces: path, perhaps split (val is taken)"
    add("--scenes", type=Path, metavar="CSV", help=help_text)
    help_text = (
        "people's frames, perhaps with split (val is taken): for the boxes' errors; others may "
        "stand there unboxed, so nothing in them is a false positive"
    )
    add("--faces", type=Path, metavar="CSV", help=help_text)
    add("--weights", type=Path, default=cli.ROOT / "weights", metavar="DIR", help="ours")
    add("--min-face", type=float, default=24, help="smallest face in pixels (default 24)")
    add("--iou", type=float, default=0.4, help="overlap that counts (default 0.4)")
    help_text = "of an environment of requirements-bench.txt (default: .venv-bench, if it is there)"
    add("--peers", type=Path, metavar="PYTHON", help=help_text)
    add("--limit", type=int, help="of each set so many pictures, drawn at random")
    add("--seed", type=int, default=0, help="of the resampling, and of what --limit draws")
    add("--out", type=Path, default=cli.ROOT / "runs" / "eval_detector")
    args = parser.parse_args(argv)
    if args.limit is not None and args.limit < 1:
        raise cli.UserError("--limit must be at least 1")
    if not 0 < args.iou < 1:
        raise cli.UserError("--iou must lie between 0 and 1")
    if not args.min_face >= 12:
        raise cli.UserError("--min-face must be at least 12")
    bench = cli.ROOT / ".venv-bench" / "bin" / "python"
    if args.peers is None and bench.exists():
        args.peers = bench
    return args


def read_pictures(args):
    """Pictures of all sets, each set of a name of its own."""
    from experiments.detector.truth import read_empty, read_set, set_name

    pictures, names = [], set()
    for path in args.images:
        name = set_name(path)
        while name in names:
            name += "'"
        names.add(name)
        pictures += some(read_set(path, name), args)
    if args.scenes:
        pictures += some(read_empty(args.scenes, "without faces", "val"), args)
    if args.faces:
        people = read_set(args.faces, "people's frames", complete=False, split="val")
        pictures += some(people, args)
    if not any(picture.boxes for picture in pictures if picture.complete):
        raise cli.UserError("no face in --images that counts: name pictures with faces")
    return pictures


def some(pictures, args):
    """As many of a set's pictures as ``args.limit`` says, in order."""
    if args.limit is None or args.limit >= len(pictures):
        return pictures
    chosen = np.random.default_rng(args.seed).choice(len(pictures), args.limit, replace=False)
    return [pictures[k] for k in sorted(chosen)]


def main(argv=None):
    """Run all detectors, and write tables, curve and the report."""
    args = parse_args(argv)
    from common.output import make_folder
    from experiments.core.results import command_line
    from experiments.detector.report import write_report
    from experiments.detector.runs import run_all

    pictures = read_pictures(args)
    make_folder(args.out, parents=True)
    cache = args.out / "peers"
    make_folder(cache)
    if not args.peers:
        print("MTCNN and libfacedetection are left out: 'make bench' makes their environment")
    runs = run_all(pictures, args, cache)
    command = command_line("python experiments/eval_detector.py", argv)
    write_report(runs, pictures, args, command)
    print((args.out / "REPORT.md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    cli.run(main)
