"""Which transforms of the augmentation matter, and how strong it should be.

Each transform left out, each alone, and all at strengths from 0 to 2, by person and
by image. Differences are paired: the same seed, the same pictures held out, after the last
epoch. The default strength is recommended by pictures of training people that are kept from
learning; what is held out only reports.

It can be stopped (Ctrl-C) or killed at any time; the same command goes on.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from common.arguments import count
from experiments.core.expected import expecting
from experiments.core.options import (
    add_recipe_options,
    comparison_parser,
    recipe_of,
    runner_options,
)
from experiments.smileys.splits import split_names

KINDS = ("strength", "without", "only")


def parse_args(argv=None):
    """The command line."""
    parser = comparison_parser(
        expecting(__doc__, "eval_augment"), "ablation.csv, figures, REPORT.md, arms/"
    )
    add = parser.add_argument
    add("--splits", type=split_names, default=("person", "image"), help="default person,image")
    add("--kinds", type=kinds, default=KINDS, help="default strength,without,only")
    add("--seeds", type=count, default=3, help="trainings of each arm (default 3)")
    add(
        "--epochs", type=count, default=12, help="passes through the training pictures (default 12)"
    )
    add_recipe_options(parser)
    return parser.parse_args(argv)


def kinds(text):
    """`strength,only` as a tuple."""
    names = text.split(",")
    if not set(names) <= set(KINDS):
        raise argparse.ArgumentTypeError(f"choose from {', '.join(KINDS)}")
    return tuple(names)


def main(argv=None):
    """Train what is missing, then write tables, figures and the report."""
    args = parse_args(argv)
    recipe = recipe_of(args)
    from experiments.compare.arms import WORK
    from experiments.compare.augment_arms import plan
    from experiments.compare.augment_report import write_results
    from experiments.compare.split_arms import check_data, warnings_of
    from experiments.core.arms import run_arms
    from experiments.core.results import command_line
    from experiments.smileys.data import SmileyData

    data = SmileyData.read(args.data)
    check_data(data, args.splits)
    arms = plan(
        data, recipe, splits=args.splits, seeds=args.seeds, epochs=args.epochs, kinds=args.kinds
    )
    for warning in warnings_of(data, [arm for arm in arms.values() if arm.augmentation is None]):
        print(f"warning: {warning}", file=sys.stderr)
    results, changed = run_arms(list(arms.values()), WORK, data, **runner_options(args))
    command = command_line("python experiments/eval_augment.py", argv)
    write_results(data, arms, results, changed, args.data, args.out, command)
    print((args.out / "REPORT.md").read_text(encoding="utf-8"))
    return 0


if __name__ == "__main__":
    cli.run(main)
