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

ROOT = cli.ROOT / "results" / "eval_split"
DEFAULT = ("rendered", "expressions")
PEOPLE = {"rendered": "rendered people", "expressions": "real people"}
SHORT = {
    "(a)": "(a) without augmentation,\nnew people: it fails",
    "(b)": "(b) with augmentation,\nnew people: it still fails",
    "(c)": "(c) with augmentation,\nknown people: it works",
}
# Told apart by shape as well, and by those to whom red and green are one.
MARKS = {"held": ("#0072B2", "o"), "did not hold": ("#D55E00", "X"), "undecided": ("#555555", "D")}


def parse_args(argv=None):
    """The command line."""
    parser = cli.parser(expecting(__doc__, "claims_figure"))
    parser.add_argument(
        "--results",
        nargs="+",
        type=Path,
        help=f"folders that eval_split.py has written (default: {' and '.join(DEFAULT)} of "
        "results/eval_split, as far as they are there)",
    )
    parser.add_argument("--out", type=Path, default=ROOT / "claims.png")
    args = parser.parse_args(argv)
    there = [ROOT / name for name in DEFAULT if (ROOT / name / "claims.csv").exists()]
    args.results = args.results or there or [ROOT / DEFAULT[0]]
    return args


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

    panels = {folder.resolve().name: read_claims(folder) for folder in args.results}
    check_output(args.out)
    draw(panels, args.out)
    print(args.out)
    return 0


def draw(panels, path):
    """A panel a comparison: the claim shaded, our interval, the answer."""
    from experiments.core.plots import plt, save

    figure, grid = plt.subplots(
        1, len(panels), figsize=(2.2 + 4.2 * len(panels), 3.2), sharey=True, squeeze=False,
        constrained_layout=True,
    )  # fmt: skip
    for axes, (name, rows) in zip(grid[0], panels.items()):
        for place, row in enumerate(rows):
            draw_claim(axes, place, row)
        axes.set_yticks(range(len(rows)), [SHORT[row["claim"][:3]] for row in rows])
        lows = [float(row["low"]) for row in rows if row["skill"]]
        axes.set(xlim=(max(-1, min([0, *lows]) - 0.02), 1.02), ylim=(len(rows) - 0.5, -0.5))
        axes.set_title(title_of(name, rows), fontweight="bold")
        axes.tick_params(axis="y", length=0)
        axes.spines[["top", "right", "left"]].set_visible(False)
    figure.supxlabel(
        "shaded: the article's claim; mark and line: ours, on held-out pictures, with its 95 % "
        "interval\nskill: 0 always the most frequent class, 1 all right",
        fontsize=9,
    )
    save(figure, path)


def draw_claim(axes, place, row):
    """One claim of a panel."""
    from experiments.compare.claims import FAILS, WORKS

    low, high = (WORKS, 1) if row["claim"].startswith("(c)") else (-1, FAILS)
    axes.barh(place, high - low, left=low, height=0.8, color="#DDDDDD")
    colour, mark = MARKS.get(row["answer"], ("#555555", ""))
    said = row["answer"]
    if row["skill"]:
        mean, *bounds = (float(row[k]) for k in ("skill", "low", "high"))
        axes.plot(bounds, [place, place], color=colour, linewidth=2.5)
        axes.plot(mean, place, mark, color=colour, markersize=9, markeredgecolor="white")
        axes.text(1.04, place + 0.22, f"{mean:.2f} ({bounds[0]:.2f} to {bounds[1]:.2f})",
                  va="center", fontsize=8, color=colour)  # fmt: skip
        place -= 0.12
    axes.text(1.04, place, said, va="center", color=colour, fontweight="bold")


def title_of(name, rows):
    """Who was named: '20 rendered people', or by a folder's name."""
    counts = [row["people"] for row in rows if row["people"]]
    if name in PEOPLE:
        return " ".join([*counts[:1], PEOPLE[name]])
    return f"{name}, {counts[0]} people" if counts else name


if __name__ == "__main__":
    cli.run(main)
