"""Judge how set_threshold.py chooses on people and scenes that it has not seen.

Cross-validation over groups that share neither people nor runs of scenes (make_hard_faces.py
--groups): chosen on some, judged on those left out, in all ways to leave one or two out. Level 0
is the least threshold that keeps the promise on the pictures it is chosen on. Writes a table.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from experiments.core.expected import expecting

LEFT_OUT = (1, 2)


def parse_args(argv=None):
    """The command line."""
    parser = cli.parser(expecting(__doc__, "eval_threshold"))
    add = parser.add_argument
    help_text = "faces.csv of make_hard_faces.py --groups, with columns person and scene"
    add("--images", type=Path, nargs="+", required=True, metavar="CSV", help=help_text)
    help_text = "pictures without faces: path, perhaps split"
    add("--scenes", type=Path, nargs="+", required=True, metavar="CSV", help=help_text)
    add("--split", default="val", help="of --scenes (default val)")
    add("--weights", type=Path, default=cli.ROOT / "weights", metavar="DIR")
    add("--groups", type=int, default=5, help="as pictures were made with (default 5)")
    add("--levels", type=float, nargs="+", default=[0.0, 0.5, 0.8, 0.9, 0.95], help="to compare")
    add("--rate", type=float, default=0.1, help="promise on pictures of people (default 0.1)")
    add("--empty-rate", type=float, default=0.05, help="promise on empty ones (default 0.05)")
    add("--min-face", type=float, default=24, help="smallest face in pixels (default 24)")
    add("--iou", type=float, default=0.4, help="overlap that counts (default 0.4)")
    add("--out", type=Path, required=True, metavar="CSV", help="table to write")
    args = parser.parse_args(argv)
    if args.groups <= max(LEFT_OUT):
        raise cli.UserError(f"--groups must be more than {max(LEFT_OUT)}")
    return args


def judged(shown, results, threshold):
    """Recall, false squares a picture of people, and an empty picture, at a threshold."""
    from experiments.detector.promise import are_empty, chosen

    empty, said = are_empty(shown), []
    for which in (~empty, empty):
        _, part = chosen(shown, results, which.nonzero()[0])
        passed = part.scores >= threshold
        said.append((passed & ~part.hits).sum() / max(which.sum(), 1))
    passed = (results.scores >= threshold) & results.hits
    return passed.sum() / max(results.faces.sum(), 1), *said


def rows_of(shown, results, groups, args):
    """Rows of the table: one a level and number of groups left out."""
    from itertools import combinations

    import numpy as np

    from experiments.detector.promise import chosen, promised

    rows = []
    for level in args.levels:
        for left_out in (0, *LEFT_OUT):
            found = []
            for away in combinations(range(args.groups), left_out):
                held = np.isin(groups, away)
                some = np.flatnonzero(~held)
                threshold = promised(
                    *chosen(shown, results, some), args.rate, args.empty_rate, level
                )
                judges = np.flatnonzero(held) if left_out else some
                found.append((threshold, *judged(*chosen(shown, results, judges), threshold)))
            threshold, recall, false, empty = np.array(found).T
            rows.append(
                {
                    "level": level,
                    "left out": left_out,
                    "splits": len(found),
                    "threshold": threshold.mean(),
                    "recall": recall.mean(),
                    "false": false.mean(),
                    "false worst": false.max(),
                    "false kept": (false <= args.rate).mean(),
                    "empty": empty.mean(),
                    "empty worst": empty.max(),
                    "empty kept": (empty <= args.empty_rate).mean(),
                }
            )
    return rows


def main(argv=None):
    """Search once, choose and judge, write the table."""
    args = parse_args(argv)
    from experiments.core.results import write_rows
    from experiments.detector.promise import groups_of, read_shown
    from experiments.detector.runs import run_ours

    shown = read_shown(args.images, args.scenes, args.split)
    groups = groups_of(shown, args.groups)
    pictures = [one.picture for one in shown]
    run = run_ours(pictures, args.weights, args.min_face)
    results = run.results(pictures, run.assigned(pictures, args.iou), range(len(pictures)))
    rows = rows_of(shown, results, groups, args)
    write_rows(args.out, rows)
    print(args.out.read_text(encoding="utf-8"))


if __name__ == "__main__":
    cli.run(main)
