"""Table, figure and page of `eval_leakage.py`."""

from pathlib import Path

import numpy as np

from common.output import write_csv, write_file
from experiments.compare.controls import METHODS, controls_of
from experiments.compare.split_arms import folds_for
from experiments.core.page import name_of_set, opening
from experiments.core.plots import plt, save
from experiments.core.results import table_head
from experiments.core.statistics import Interval, over_people
from experiments.smileys.splits import parts_of

COLUMNS = (
    "set", "data", "pictures", "people", "classes", "split", "method", "accuracy", "low", "high",
)  # fmt: skip
COLUMNS_SHOWN = 3  # panels side by side


def names_of(sources):
    """What the data sets are called, with the folder in front where two would be called alike."""
    names = [name_of_set(source).removesuffix(".csv") for source in sources]
    paths = [Path(source).resolve() for source in sources]
    folders = [(path.parent if path.name == "manifest.csv" else path).parent for path in paths]
    return [
        f"{folder.name}/{name}" if names.count(name) > 1 else name
        for folder, name in zip(folders, names)
    ]


def measure_set(name, data, splits, folds, seed):
    """Rows of the table for one data set, which `split_arms.check_data` has passed.

    Parameters
    ----------
    name : str
    data : experiments.smileys.data.SmileyData
    splits : sequence of {'person', 'clip', 'image'}
    folds : int
        At most; a set of fewer groups has as many folds.
    seed : int
        Of the random labels.

    Returns
    -------
    list of dict
        With the keys of `COLUMNS`.
    """
    divisions, ratios = {}, {}
    for split in splits:
        count = folds_for(data, split, folds)
        ratios[split] = 1 / (count - 1)
        for fold in range(count):
            parts = parts_of(data.rows, split, count, fold, 0)
            train = np.sort(np.concatenate([parts.train, parts.validation]))
            divisions[split, 0, fold] = train, parts.test
    found = controls_of(data, divisions, seed)
    people = len({row["person"] for row in data.rows})
    about = name, data.hash(), len(data.rows), people, len(data.classes)
    rows = []
    for split in splits:
        for method in METHODS:
            own = {}
            for index, right in found[method][split].items():
                own.setdefault(data.rows[index]["person"], []).append(right)
            values = [np.mean(rights) for rights in own.values()]
            accuracy = over_people(values, ratios[split], len(data.rows))
            bounds = (accuracy.mean, accuracy.low, accuracy.high)
            rows.append(dict(zip(COLUMNS, (*about, split, method, *bounds))))
    return rows


def write_report(rows, splits, out, command):
    """Write leakage.csv, leakage.png and REPORT.md into ``out``."""
    write_csv(out / "leakage.csv", COLUMNS, rows, digits=4)
    sets = list(dict.fromkeys(row["set"] for row in rows))
    plot(rows, sets, splits, out / "leakage.png")
    about = (
        "Share of the held-out pictures named right without a network, mean over people with its "
        "95 % interval (people resampled); every picture is held out once by each split."
    )
    lines = [
        *opening("Leakage from training to test, by split", command, about),
        "",
        "![Sets, splits and methods](leakage.png)",
        "",
    ]
    for name in sets:
        lines += set_lines([row for row in rows if row["set"] == name], splits)
    lines += [f"- {name}: {what}" for name, what in METHODS.items()]
    write_file(out / "REPORT.md", "\n".join(lines) + "\n")


def set_lines(own, splits):
    """Table of one set, by its rows."""
    first = own[0]
    yield (
        f"**{first['set']}** ({first['data']}): {first['pictures']} pictures of {first['people']} "
        f"people, {first['classes']} classes, chance {1 / first['classes']:.3f}"
    )
    yield ""
    yield from table_head(f"| method | {' | '.join(f'by {split}' for split in splits)} |")
    for method in METHODS:
        cells = [
            str(Interval(row["accuracy"], row["low"], row["high"], row["people"]))
            for row in own
            if row["method"] == method
        ]
        yield f"| {method} | {' | '.join(cells)} |"
    yield ""


def plot(table, sets, splits, path):
    """A panel a set: accuracy by split, a colour a method, pale where labels are random."""
    columns = min(len(sets), COLUMNS_SHOWN)
    lines = -(-len(sets) // columns)
    figure, grid = plt.subplots(
        lines, columns, figsize=(3.5 * columns + 1, 2.6 * lines + 0.6), sharey=True, squeeze=False,
        constrained_layout=True,
    )  # fmt: skip
    for axes in grid.flat[len(sets) :]:
        axes.set_visible(False)
    for axes, name in zip(grid.flat, sets):
        panel = [row for row in table if row["set"] == name]
        for number, method in enumerate(METHODS):
            own = [row for row in panel if row["method"] == method]
            values = np.array([[row[k] for k in ("accuracy", "low", "high")] for row in own])
            places = np.arange(len(own)) + 0.2 * (number - (len(METHODS) - 1) / 2)
            reach = np.nan_to_num(np.abs(values[:, 1:] - values[:, :1])).T
            pale = 0.4 if method.startswith("random") else 1
            axes.bar(places, values[:, 0], 0.18, yerr=reach, label=method, capsize=2,
                     color=f"C{number % 2}", alpha=pale)  # fmt: skip
        axes.axhline(1 / panel[0]["classes"], color="gray", linestyle=":", label="chance")
        axes.set_xticks(np.arange(len(splits)), [f"by {split}" for split in splits])
        axes.set(title=name, ylim=(0, 1.02))
    for axes in grid[:, 0]:
        axes.set_ylabel("accuracy, held out")
    figure.legend(*grid[0, 0].get_legend_handles_labels(), fontsize=8, ncols=5,
                  loc="outside lower center")  # fmt: skip
    save(figure, path)
