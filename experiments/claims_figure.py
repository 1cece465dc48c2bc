"""Draw the article's claims and ours: held or not, for rendered and for real people.

Reads claims.csv of `eval_split.py`'s results, a panel each. A claim that a run left out is
drawn as not measured.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from common.cli import UserError
from common.tables import read_csv
from experiments.core.expected import expecting

SHORT = {
    "(a)": "(a) no augmentation, new people: fails",
    "(b)": "(b) augmented, new people: still fails",
    "(c)": "(c) augmented, known people: works",
}
COLOURS = {"held": "C2", "did not hold": "C3", "undecided": "C7"}


def parse_args(argv=None):
    """The command line."""
    parser = cli.parser(expecting(__doc__, "claims_figure"))
    root = cli.ROOT / "results" / "eval_split"
    parser.add_argument(
        "--results",
        nargs="+",
        type=Path,
        default=[root / "rendered", root / "expressions"],
        help="folders that eval_split.py has written (default: rendered and expressions)",
    )
    parser.add_argument("--out", type=Path, default=root / "claims.png")
    return parser.parse_args(argv)


def read_claims(folder):
    """Rows of a comparison's claims.csv whose skill was measured or could have been."""
    path = folder / "claims.csv"
    try:
        rows = [row for row in read_csv(path) if row["claim"][:3] in SHORT]
    except FileNotFoundError:
        raise UserError(f"there is no {path}: run 'make eval-split' first") from None
    except KeyError:
        rows = []
    if not rows:
        raise UserError(f"{path} is not of experiments/eval_split.py")
    return rows


def main(argv=None):
    """Write the figure."""
    args = parse_args(argv)
    from common.output import check_output

    panels = {folder.name: read_claims(folder) for folder in args.results}
    check_output(args.out)
    draw(panels, args.out)
    print(args.out)
    return 0


def draw(panels, path):
    """A panel a comparison: the claim shaded, our interval, the answer."""
    from experiments.compare.claims import FAILS, WORKS
    from experiments.core.plots import plt, save

    figure, grid = plt.subplots(
        1, len(panels), figsize=(3 + 4 * len(panels), 2.6), sharey=True, squeeze=False,
        constrained_layout=True,
    )  # fmt: skip
    for axes, (name, rows) in zip(grid[0], panels.items()):
        for place, row in enumerate(rows):
            low, high = (WORKS, 1) if row["claim"].startswith("(c)") else (0, FAILS)
            axes.barh(place, high - low, left=low, height=0.8, color="C0", alpha=0.15)
            answer = row["answer"]
            if row["skill"]:
                mean, *bounds = (float(row[k]) for k in ("skill", "low", "high"))
                reach = [[mean - bounds[0]], [bounds[1] - mean]]
                axes.errorbar(mean, place, xerr=reach, fmt="o", color=COLOURS[answer], capsize=3)
            axes.text(1.03, place, answer, va="center", color=COLOURS.get(answer, "gray"))
        axes.set_yticks(range(len(rows)), [SHORT[row["claim"][:3]] for row in rows])
        axes.set(xlim=(0, 1), xlabel="skill on held-out pictures; shaded: the claim", title=name)
    grid[0, 0].invert_yaxis()
    save(figure, path)


if __name__ == "__main__":
    cli.run(main)
