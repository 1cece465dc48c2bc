"""Compare two detectors on the same pictures: the paired difference of recall, with its interval.

Both search the pictures of make_hard_faces.py, and pictures without faces; at each rate of false
squares a picture each has the threshold that gives it. People and scenes are drawn with
replacement, the same for both. Writes a table, one row a rate.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from experiments.core.expected import expecting


def parse_args(argv=None):
    """The command line."""
    parser = cli.parser(expecting(__doc__, "compare_detectors"))
    add = parser.add_argument
    help_text = "faces.csv of make_hard_faces.py, with columns person and scene"
    add("--images", type=Path, required=True, metavar="CSV", help=help_text)
    add("--scenes", type=Path, metavar="CSV", help="pictures without faces: path, perhaps split")
    add("--split", default="val", help="of --scenes (default val)")
    default = cli.ROOT / "weights"
    add("--before", type=Path, default=default, metavar="DIR", help="nets (default weights)")
    add("--after", type=Path, required=True, metavar="DIR", help="other nets")
    add("--rates", type=float, nargs="+", default=[0.03, 0.1], help="(default 0.03 0.1)")
    add("--min-face", type=float, default=24, help="smallest face in pixels (default 24)")
    add("--iou", type=float, default=0.4, help="overlap that counts (default 0.4)")
    add("--seed", type=int, default=0, help="of the resampling")
    add("--out", type=Path, required=True, metavar="CSV", help="table to write")
    return parser.parse_args(argv)


def read(args):
    """Pictures with what the bootstrap draws by: list of `sealed.Sealed`."""
    from experiments.detector.promise import read_shown

    shown = read_shown([args.images], [args.scenes] if args.scenes else [], args.split)
    if not all(one.people and one.picture.scene for one in shown if one.picture.boxes):
        raise cli.UserError(f"{args.images} must name person and scene of each face")
    return shown


def main(argv=None):
    """Search with both, write the table."""
    args = parse_args(argv)
    import numpy as np

    from experiments.core.results import write_rows
    from experiments.detector.runs import run_ours
    from experiments.detector.sealed import resampled

    shown = read(args)
    pictures = [one.picture for one in shown]
    runs = [run_ours(pictures, folder, args.min_face) for folder in (args.before, args.after)]
    assigned = [run.assigned(pictures, args.iou) for run in runs]
    scores = [[scores for _, scores in run.found] for run in runs]
    rows = []
    for rate in args.rates:
        row = {"rate": rate, "pictures": len(pictures)}
        for name, run, answers in zip(("before", "after"), runs, assigned):
            results = run.results(pictures, answers, range(len(pictures)))
            row["faces"] = int(results.faces.sum())
            row[name], row[f"threshold {name}"] = results.recall_at(rate)
        drawn = [
            resampled(shown, answers, values, rate, args.seed)
            for answers, values in zip(assigned, scores)
        ]
        low, high = np.percentile(drawn[1] - drawn[0], (2.5, 97.5))
        rows.append({**row, "difference": row["after"] - row["before"], "low": low, "high": high})
    write_rows(args.out, rows)
    print(args.out.read_text(encoding="utf-8"))


if __name__ == "__main__":
    cli.run(main)
