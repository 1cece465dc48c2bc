"""How many real people does it take? The article's last question, beyond rendering.

    python experiments/eval_real_people.py --data DATA --out results/eval_real_people

Short trainings of the net for real people, each on so many people of all sources together, all
with as many batches. What they name are people on whom no source trains; a law is fitted to the
error.

It can be stopped (Ctrl-C) or killed at any time; the same command goes on.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from experiments.core.expected import expecting
from experiments.core.options import numbers
from experiments.real.options import add_source_options, arms_parser, budget_of, compare

PEOPLE = (20, 60, 200, 600, 2000, 8000)


def parse_args(argv=None):
    """The command line."""
    parser = arms_parser(expecting(__doc__, "eval_real_people"), "table.csv, people.png, REPORT.md")
    add_source_options(parser)
    default = ",".join(map(str, PEOPLE))
    parser.add_argument("--people", type=numbers, default=PEOPLE, metavar="N,N",
                        help=f"who train (default {default})")  # fmt: skip
    args = parser.parse_args(argv)
    if len(args.people) < 2:
        parser.error("--people takes at least two numbers")
    return args


def main(argv=None):
    """Train what is missing, then write the table, the figure and the report."""
    args = parse_args(argv)
    from experiments.core.results import command_line
    from experiments.real.growth import plan, write_results

    arms = plan(args.people, args.seeds, **budget_of(args))
    compare(arms, args, write_results, command_line("python experiments/eval_real_people.py", argv))
    return 0


if __name__ == "__main__":
    cli.run(main)
