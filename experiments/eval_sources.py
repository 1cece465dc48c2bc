"""What is each source of the net for real people worth? Leave one out, and see what is lost.

    python experiments/eval_sources.py --data DATA --puppets DIR DIR --out results/eval_sources

Short trainings from the net of rendered people, all with as many batches: on all sources, without
each of them, and on rendered people only. What they name are people on whom no source trains.

It can be stopped (Ctrl-C) or killed at any time; the same command goes on.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from experiments.core.expected import expecting
from experiments.real.options import add_source_options, arms_parser, budget_of, compare


def parse_args(argv=None):
    """The command line."""
    parser = arms_parser(expecting(__doc__, "eval_sources"), "table.csv, sources.png, REPORT.md")
    add_source_options(parser)
    return parser.parse_args(argv)


def main(argv=None):
    """Train what is missing, then write the table, the figure and the report."""
    args = parse_args(argv)
    from experiments.core.results import command_line
    from experiments.real.ablation import plan, write_results

    arms = plan(args.seeds, **budget_of(args))
    compare(arms, args, write_results, command_line("python experiments/eval_sources.py", argv))
    return 0


if __name__ == "__main__":
    cli.run(main)
