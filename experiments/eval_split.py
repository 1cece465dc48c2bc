"""Compare the splits by person, by clip and by image, with and without augmentation.

The article's three findings as numbers with a spread: every arm is trained with
several seeds, each of which holds out another fold, so that with as many seeds as folds every
picture is test data once in each split. All arms take equally many batches, enough for training
accuracy to stop rising, which the report checks. Classifiers without a network are compared. What
counts as working and as failing is fixed beforehand (experiments/compare/claims.py).

It can be stopped (Ctrl-C) or killed at any time; the same command goes on.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from common.arguments import count, whole
from experiments.core.expected import expecting
from experiments.core.options import (
    add_recipe_options,
    comparison_parser,
    recipe_of,
    runner_options,
)
from experiments.smileys.splits import SPLITS, split_names


def parse_args(argv=None):
    """The command line."""
    parser = comparison_parser(
        expecting(__doc__, "eval_split"), "table.csv, curves.png, REPORT.md, arms/"
    )
    parser.add_argument(
        "--splits", type=split_names, default=SPLITS, help="default person,clip,image"
    )
    parser.add_argument("--seeds", type=count, default=5, help="trainings of each arm (default 5)")
    parser.add_argument(
        "--epochs",
        type=count,
        help="passes through the training pictures (default: as many as make the batches of the "
        "recipe, or 6000 of 32 pictures)",
    )
    some = parser.add_mutually_exclusive_group()
    some.add_argument("--no-augment", action="store_true", help="arms without augmentation only")
    some.add_argument("--only-augment", action="store_true", help="arms with augmentation only")
    parser.add_argument(
        "--growth",
        type=shares,
        default=(0.25, 0.5),
        metavar="SHARES",
        help="of the training data, for the arms that ask what more data does "
        "(default 0.25,0.5; 'none' for none)",
    )
    help_text = "parts of which one is the test (default 5)"
    parser.add_argument("--folds", type=whole(3), default=5, help=help_text)
    parser.add_argument(
        "--finished",
        action="store_true",
        help="train nothing: report on the settings of which every seed has finished",
    )
    add_recipe_options(parser)
    return parser.parse_args(argv)


def shares(text):
    """`0.25,0.5` as a tuple; `none` as an empty one."""
    values = () if text == "none" else tuple(sorted({float(part) for part in text.split(",")}))
    if not all(0 < value < 1 for value in values):
        raise argparse.ArgumentTypeError("shares lie between 0 and 1")
    return values


def main(argv=None):
    """Train what is missing, then write the tables, figures and the report."""
    args = parse_args(argv)
    recipe = recipe_of(args)
    from experiments.compare.arms import WORK
    from experiments.compare.controls import controls_of
    from experiments.compare.leakage import divisions_of
    from experiments.compare.split_arms import check_data, plan, warnings_of, whole_settings
    from experiments.compare.split_report import write_results
    from experiments.core.arms import read_results, run_arms
    from experiments.core.page import kept_note
    from experiments.core.results import command_line
    from experiments.smileys.data import SmileyData

    data = SmileyData.read(args.data)
    check_data(data, args.splits)
    arms = plan(
        data,
        recipe,
        splits=args.splits,
        seeds=args.seeds,
        epochs=args.epochs,
        folds=args.folds,
        growth=args.growth,
        plain=not args.only_augment,
        augmented=not args.no_augment,
    )
    if args.finished:
        results, changed = read_results(arms, data.hash(), args.out, args.stale)
        arms = whole_settings(arms, results)
        if not arms:
            raise cli.UserError(f"no setting has finished in {args.out}: leave --finished away")
    warned = warnings_of(data, arms)
    for warning in warned:
        print(f"warning: {warning}", file=sys.stderr)
    if not args.finished:
        results, changed = run_arms(arms, WORK, data, **runner_options(args))
    command = command_line("python experiments/eval_split.py", argv)
    controls = controls_of(data, divisions_of(data, arms))
    notes = [*kept_note(changed), *warned]
    verdicts = write_results(data, arms, results, controls, notes, args.data, args.out, command)
    print("\n".join(map(str, verdicts)))
    print(f"written to {args.out}")
    return 0


if __name__ == "__main__":
    cli.run(main)
