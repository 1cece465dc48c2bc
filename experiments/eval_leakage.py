"""Measure leakage: what each split of each data set gives away without a network.

For every set and split: how much of the held-out pictures the nearest training picture and
HOG with a ridge classifier name right, and how much of labels that were drawn at random for
each clip, which nothing but a frame of the same clip can tell.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from common.arguments import whole
from experiments.core.expected import expecting
from experiments.smileys.splits import SPLITS, split_names


def parse_args(argv=None):
    """The command line."""
    parser = cli.parser(expecting(__doc__, "eval_leakage"))
    add = parser.add_argument
    add("--data", required=True, nargs="+", help="folders with manifest.csv, or CSV files")
    add("--splits", type=split_names, default=SPLITS, help="default person,clip,image")
    add(
        "--folds",
        type=whole(3),
        default=5,
        help="parts, each of which is the test once (default 5)",
    )
    add("--seed", type=int, default=0, help="of the random labels")
    add("--out", required=True, type=Path, help="folder for leakage.csv, leakage.png, REPORT.md")
    return parser.parse_args(argv)


def main(argv=None):
    """Measure all sets, then write the table, the figure and the page."""
    args = parse_args(argv)
    from common.output import make_folder
    from experiments.compare.leakage_report import measure_set, names_of, write_report
    from experiments.compare.split_arms import check_data
    from experiments.core.results import command_line
    from experiments.smileys.data import SmileyData

    sets = dict(zip(names_of(args.data), map(SmileyData.read, args.data)))
    if len(sets) < len(args.data):
        raise cli.UserError("two data sets are called alike: give one's folder another name")
    for name, data in sets.items():
        try:
            check_data(data, args.splits)
        except cli.UserError as error:
            raise cli.UserError(f"{name}: {error}") from None
    make_folder(args.out, parents=True)
    rows = []
    for name, data in sets.items():
        rows += measure_set(name, data, args.splits, args.folds, args.seed)
    command = command_line("python experiments/eval_leakage.py", argv)
    write_report(rows, args.splits, args.out, command)
    print((args.out / "REPORT.md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    cli.run(main)
