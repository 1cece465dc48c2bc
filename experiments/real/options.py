"""What the comparisons of trainings for real people share; imports nothing that is slow."""

from pathlib import Path

from common import cli
from common.arguments import count
from experiments.core.options import add_runner_options, add_stale_option, runner_options


def add_source_options(parser):
    """Where the sources are."""
    add = parser.add_argument
    add("--data", type=Path, required=True, help="folder of the published sets")
    add("--rendered", type=Path, default=cli.ROOT / "data" / "few", help="default data/few")
    puppets = [cli.ROOT / "data" / name for name in ("puppets", "puppets-more")]
    add("--puppets", type=Path, nargs="+", default=puppets, metavar="DIR",
        help="default data/puppets data/puppets-more")  # fmt: skip


def arms_parser(doc, files):
    """A parser of a comparison's budget, and where it runs."""
    parser = cli.parser(doc)
    add = parser.add_argument
    add("--out", required=True, type=Path, help=f"folder for {files}, arms/")
    add("--seeds", type=count, default=3, help="trainings of each (default 3)")
    add("--epochs", type=count, default=8, help="of --steps batches each (default 8)")
    add("--steps", type=count, default=300, help="batches an epoch (default 300)")
    add("--batch", type=count, default=32, help="windows a batch (default 32)")
    add_runner_options(parser)
    add_stale_option(parser)
    return parser


def budget_of(args):
    """What every training takes."""
    return {name: getattr(args, name) for name in ("epochs", "steps", "batch")}


def compare(arms, args, write_results, command):
    """Train what is missing of a dict of arms, write the results and print the report.

    ``write_results`` is of `experiments.real.ablation` or `experiments.real.growth`.
    """
    from experiments.core.arms import Work, run_arms
    from experiments.real.arms import MODULES, RealData, train_arm

    folders = (args.data, args.rendered, args.puppets)
    data = RealData.read(folders)
    work = Work(RealData.read, train_arm, MODULES)
    options = {**runner_options(args), "source": folders}
    results, changed = run_arms(list(arms.values()), work, data, **options)
    write_results(data, arms, results, changed, args.out, command)
    print((args.out / "REPORT.md").read_text(encoding="utf-8"))
