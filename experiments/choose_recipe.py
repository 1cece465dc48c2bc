"""Choose learning rate, batch, schedule and budget once, on people who are in no comparison.

The people are rendered by another seed than those of the comparisons (`make choose-recipe`).
One setting after the other is varied, the others staying as they are: the learning rate, then the
batch (as many pictures in all), then the schedule; the best by held-out people is taken, after
trainings of a middling budget. Then the smallest budget is taken at which training accuracy is flat
and which, doubled, would raise it by less than half a point. All arms of a comparison take
what is chosen (`--recipe`).

It can be stopped (Ctrl-C) or killed at any time; the same command goes on.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from common.arguments import count, whole
from experiments.core.expected import expecting
from experiments.core.options import comparison_parser, runner_options


def parse_args(argv=None):
    """The command line."""
    parser = comparison_parser(expecting(__doc__, "choose_recipe"), "recipe.json, tried.csv, arms/")
    add = parser.add_argument
    add("--folds", type=whole(3), default=3, help="trainings of each setting (default 3)")
    add("--batches", type=count, default=1500, help="smallest budget tried, of 32 (default 1500)")
    add("--doublings", type=count, default=3, help="of the budget, at most (default 3)")
    return parser.parse_args(argv)


def main(argv=None):
    """Train what is missing, then write what was tried and what is chosen."""
    args = parse_args(argv)
    from common.interrupt import Stopped
    from experiments.compare.arms import WORK
    from experiments.compare.recipe import search
    from experiments.compare.split_arms import check_data
    from experiments.core.arms import run_arms
    from experiments.smileys.data import SmileyData

    data = SmileyData.read(args.data)
    check_data(data, ["person"], choice=False)
    try:
        chosen, enough = search(
            data,
            lambda arms: run_arms(arms, WORK, data, **runner_options(args))[0],
            args.out,
            folds=args.folds,
            batches=args.batches,
            doublings=args.doublings,
        )
    except Stopped:
        print(f"stopped and saved in {args.out}: the same command goes on", file=sys.stderr)
        return 130
    if not enough:
        print(
            "warning: at the largest budget tried, training accuracy may still rise: allow more "
            "--doublings",
            file=sys.stderr,
        )
    print(f"{args.out / 'recipe.json'}: {chosen}")
    return 0


if __name__ == "__main__":
    cli.run(main)
