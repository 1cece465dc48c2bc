"""Measure our nets and other packages on any labelled set of real faces.

    make eval-real DATA=faces.csv
    python experiments/eval_real.py --data faces.csv --smiles weights/strangers.npz --out runs/faces

DATA is a folder with manifest.csv, or a CSV file with the columns path and smiley (or label), and
where there are any person and the face's square x,y,w,h. Every net is asked twice: for the labelled
square, and for what our detector finds, with the vote of 45 windows. Writes table.csv, REPORT.md,
confusion.png and reliability.png, which hold no face.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from experiments.core.expected import expecting

NETS = ("smiles", "strangers", "real")


def parse_args(argv):
    """Read the command line."""
    parser = cli.parser(expecting(__doc__, "eval_real"))
    add = parser.add_argument
    add("--data", type=Path, required=True, metavar="CSV", help="labelled set: CSV file or folder")
    weights = cli.ROOT / "weights"
    shipped = [path for path in (weights / f"{name}.npz" for name in NETS) if path.exists()]
    names = ", ".join(path.name for path in shipped)
    add("--smiles", type=Path, nargs="+", default=shipped, metavar="FILE",
        help=f"smiley nets (default: {names})")  # fmt: skip
    add("--weights", type=Path, default=weights, metavar="DIR", help="folder of the detector")
    add("--peers", type=Path, metavar="PYTHON",
        help="Python of an environment with fer and facex (default: without them)")  # fmt: skip
    add("--people", choices=("all", "first", "second"), default="all",
        help="half of the people, in the order of their names (default all)")  # fmt: skip
    add("--boxes", choices=("ours", "haar"), default="ours",
        help="who drew the labelled squares: Haar's are tighter (default ours)")  # fmt: skip
    add("--adapt", action="store_true",
        help="also with batch statistics of each person's pictures, no labels")  # fmt: skip
    add("--seed", type=int, default=0, help="of folds, halves and resampling")
    add("--out", type=Path, required=True, metavar="DIR", help="folder for the results")
    return parser.parse_args(argv)


def main(argv=None):
    """Run the script; ``argv`` as for argparse."""
    args = parse_args(argv)
    from common.output import make_folder

    make_folder(args.out, parents=True)
    from experiments.core.results import command_line
    from experiments.real import report
    from experiments.real.answers import all_answers
    from experiments.real.labelled import read_labelled
    from experiments.real.measures import evaluate

    data = read_labelled(args.data, args.people, args.boxes)
    answers, _ = all_answers(data, args.smiles, args.weights, args.peers, args.adapt, args.seed)
    outcomes = [evaluate(data, answer) for answer in answers]
    found = report.measured(data, answers, outcomes, args.seed)
    report.write_table(args.out / "table.csv", data, found)
    report.draw_confusion(args.out / "confusion.png", data, answers, outcomes)
    report.draw_reliability(args.out / "reliability.png", answers, outcomes)
    name = args.data.name + {"all": "", **dict.fromkeys(("first", "second"),
                             f", {args.people} half of the people")}[args.people]  # fmt: skip
    command = command_line("python experiments/eval_real.py", argv)
    print(report.write_report(args.out / "REPORT.md", data, answers, outcomes, found, command,
                              name, args.seed))  # fmt: skip


if __name__ == "__main__":
    cli.run(main)
