"""How many people would it have taken? A grid of people and pictures, and a law fitted to it.

Nets learn from more and more people, with few and with many pictures of each smiley, and name
the same unseen people. The error against the number of people is fitted by c + a n^-b, with
intervals that resample the unseen people, and solved for the skills wanted.

Rendered people are made by `make eval-people`. Real people, few as they are, take turns to be
unseen: --rotate. It can be stopped (Ctrl-C) or killed at any time; the same command goes on.
"""

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
    numbers,
    recipe_of,
    runner_options,
)


def parse_args(argv=None):
    """The command line."""
    parser = comparison_parser(
        expecting(__doc__, "eval_people"), "people.csv, law.png, REPORT.md, arms/"
    )
    add = parser.add_argument
    add("--people", type=numbers, default=(5, 10, 20, 40, 80, 160, 320), metavar="N,N",
        help="who train (default 5,10,20,40,80,160,320)")  # fmt: skip
    add("--pictures", type=numbers, default=(1, 10), metavar="N,N",
        help="of each smiley of a person, at most (default 1,10)")  # fmt: skip
    add("--unseen", type=count, default=40, help="people who are named (default 40)")
    add("--rotate", action="store_true", help="each seed has other unseen people")
    add("--seeds", type=count, default=2, help="trainings of each, other people each (default 2)")
    add("--epoch", type=count, default=250, help="batches between two measurements (default 250)")
    add_recipe_options(parser)
    add("--batches", type=count, help="in every training (default 6000 of 32, or the recipe's)")
    return parser.parse_args(argv)


def main(argv=None):
    """Train what is missing, then write the table, the figure and the report."""
    args = parse_args(argv)
    recipe = recipe_of(args)
    from experiments.compare.arms import WORK
    from experiments.compare.people_arms import plan, warnings_of
    from experiments.compare.people_report import write_results
    from experiments.core.arms import run_arms
    from experiments.core.page import kept_note
    from experiments.core.results import command_line
    from experiments.smileys.data import SmileyData

    data = SmileyData.read(args.data)
    arms = plan(
        data,
        recipe,
        people=args.people,
        pictures=args.pictures,
        unseen=args.unseen,
        seeds=args.seeds,
        batches=args.batches or recipe.batches * 32 // recipe.batch,
        epoch=args.epoch,
        rotate=args.rotate,
    )
    warned = warnings_of(data, arms, args.people, args.pictures)
    for warning in warned:
        print(f"warning: {warning}", file=sys.stderr)
    results, changed = run_arms(list(arms.values()), WORK, data, **runner_options(args))
    command = command_line("python experiments/eval_people.py", argv)
    notes = [*kept_note(changed), *warned]
    write_results(data, arms, results, notes, args.data, args.out, command)
    print((args.out / "REPORT.md").read_text(encoding="utf-8"))
    return 0


if __name__ == "__main__":
    cli.run(main)
