"""Leave each source out: the trainings of `eval_sources.py`, their table, figure and report."""

import numpy as np

from common.output import write_csv, write_file
from experiments.core.page import section
from experiments.core.plots import plt, save
from experiments.core.results import table_head
from experiments.core.statistics import holm
from experiments.real.arms import RealArm
from experiments.real.compared import Judged, accuracy_lines, opening_of
from experiments.real.recipe import SHARES

ALL = "all"
ONLY = "rendered only"


def plan(seeds, **budget):
    """Trainings by (what, seed), those of a seed together, so that a part of them is of use."""
    kinds = {ALL: tuple(SHARES), ONLY: ("rendered",)}
    kinds.update(
        {f"without {name}": tuple(other for other in SHARES if other != name) for name in SHARES}
    )
    return {
        (kind, seed): RealArm(f"{kind.replace(' ', '-')}-seed{seed}", sources, seed=seed, **budget)
        for seed in range(seeds)
        for kind, sources in kinds.items()
    }


def write_results(data, arms, results, changed, out, command):
    """Write table.csv, sources.png and REPORT.md into ``out``."""
    judged = Judged(data.sets, arms, results)
    kinds = judged.kinds
    changes = {group: [judged.change(kind, ALL, group) for kind in kinds if kind != ALL]
               for group in judged.groups}  # fmt: skip
    corrected = {group: holm([one.p for one in found]) for group, found in changes.items()}
    write_table(out / "table.csv", judged, changes, corrected)
    plot(judged, changes, out / "sources.png")
    write_file(out / "REPORT.md", report(judged, changes, corrected, changed, out, command))


def write_table(path, judged, changes, corrected):
    """A row a training and group of sets: accuracy, and what it changes; of each set, accuracy."""
    rows = []
    others = [kind for kind in judged.kinds if kind != ALL]
    for group in judged.groups:
        for kind in judged.kinds:
            found = judged.accuracy(kind, group)
            row = [kind, group, len(judged.seeds), found.mean, found.low, found.high]
            if kind == ALL:
                rows.append((*row, None, None, None, None, None))
                continue
            place = others.index(kind)
            change = changes[group][place]
            bounds = (change.interval.mean, change.interval.low, change.interval.high)
            rows.append((*row, *bounds, change.p, corrected[group][place]))
    for one in judged.groups["real"]:
        for kind in judged.kinds:
            found = judged.mean(kind, one)
            rows.append((kind, one.name, len(judged.seeds), found, *[None] * 7))
    columns = ("trained on", "sets", "seeds", "accuracy", "low", "high", "change", "change low",
               "change high", "p", "p corrected")  # fmt: skip
    write_csv(path, columns, rows, digits=4)


def report(judged, changes, corrected, changed, out, command):
    """REPORT.md."""
    others = [kind for kind in judged.kinds if kind != ALL]
    lines = [
        *opening_of("What is each source worth?", judged, changed, out, command),
        *section("Accuracy", accuracy_lines(judged, "trained on")),
        *section("What is lost without", []),
        *table_head("| trained on | real | p, corrected | puppets | p, corrected |"),
    ]
    for place, kind in enumerate(others):
        cells = (f"{changes[g][place].interval} | {corrected[g][place]:.2g}" for g in judged.groups)
        lines.append(f"| {kind} | {' | '.join(cells)} |")
    lines += [
        "",
        "Change from training on all, on the same pictures. 95 % intervals are plain: they draw "
        "the people of each set with replacement and add what seeds vary. p is corrected for the "
        f"{len(others)} comparisons of a column by Holm's method, which alone says what differs.",
        "",
        "![What each source changes](sources.png)",
    ]
    return "\n".join(lines) + "\n"


def plot(judged, changes, path):
    """Changes with their intervals, real people beside puppets."""
    kinds = [kind for kind in judged.kinds if kind != ALL]
    figure, axes = plt.subplots(figsize=(7, 4), constrained_layout=True)
    places = np.arange(len(kinds))
    for (group, found), mark, shift in zip(changes.items(), ("o", "s"), (-0.15, 0.15)):
        means = np.array([one.interval.mean for one in found])
        reach = np.array([one.interval.high for one in found]) - means
        axes.errorbar(
            100 * means, places + shift, xerr=100 * reach,
            fmt=mark, markersize=4, capsize=2, label=group,
        )  # fmt: skip
    axes.axvline(0, color="gray", linestyle=":")
    axes.set_yticks(places, kinds)
    axes.invert_yaxis()
    axes.set_xlabel("change against training on all sources, points, 95 %")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    save(figure, path)
