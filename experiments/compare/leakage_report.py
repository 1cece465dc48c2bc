"""Table, figure and page of `eval_leakage.py`."""

import numpy as np

from common.output import write_csv, write_file
from experiments.compare.controls import METHODS, controls_of
from experiments.compare.split_arms import check_data, folds_for
from experiments.core.plots import plt, save
from experiments.core.results import table_head
from experiments.core.statistics import over_people
from experiments.smileys.splits import parts_of


def measure_set(name, data, splits, folds, seed):
    """Rows of the table for one data set.

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
    list of tuple
        As `eval_leakage.COLUMNS` says; without a split that the set is too small for.
    """
    divisions, ratios = {}, {}
    for split in splits:
        check_data(data, [split])
        count = folds_for(data, split, folds)
        ratios[split] = 1 / (count - 1)
        for fold in range(count):
            parts = parts_of(data.rows, split, count, fold, 0)
            train = np.sort(np.concatenate([parts.fit, parts.choose]))
            divisions[split, 0, fold] = train, parts.val
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
            rows.append((*about, split, method, *(f"{value:.4f}" for value in bounds)))
    return rows


def write_report(rows, columns, splits, out, command):
    """Write leakage.csv, leakage.png and REPORT.md into ``out``."""
    write_csv(out / "leakage.csv", columns, rows)
    table = [dict(zip(columns, row)) for row in rows]
    sets = list(dict.fromkeys(row["set"] for row in table))
    plot(table, sets, splits, out / "leakage.png")
    lines = [
        "# Leakage from training to test, by split",
        "",
        f"`{command}`",
        "",
        "Share of the held-out pictures named right without a network, mean over people with its "
        "95 % interval (people resampled); every picture is held out once by each split.",
        "",
        "![Sets, splits and methods](leakage.png)",
        "",
    ]
    for name in sets:
        own = [row for row in table if row["set"] == name]
        first = own[0]
        lines += [
            f"**{name}** ({first['data']}): {first['pictures']} pictures of {first['people']} "
            f"people, {first['classes']} classes, chance {1 / first['classes']:.3f}",
            "",
            *table_head(f"| method | {' | '.join(f'by {split}' for split in splits)} |"),
        ]
        for method in METHODS:
            cells = [
                f"{row['accuracy'][:-1]} ({row['low'][:-1]} to {row['high'][:-1]})"
                for split in splits
                for row in own
                if (row["split"], row["method"]) == (split, method)
            ]
            lines.append(f"| {method} | {' | '.join(cells)} |")
        lines.append("")
    lines += [f"- {name}: {what}" for name, what in METHODS.items()]
    write_file(out / "REPORT.md", "\n".join(lines) + "\n")


def plot(table, sets, splits, path):
    """A panel a set: accuracy by split, a colour a method."""
    figure, grid = plt.subplots(
        1, len(sets), figsize=(3.5 * len(sets) + 1, 3.2), sharey=True, squeeze=False,
        constrained_layout=True,
    )  # fmt: skip
    for axes, name in zip(grid[0], sets):
        for number, method in enumerate(METHODS):
            own = [row for row in table if (row["set"], row["method"]) == (name, method)]
            values = np.array([[float(row[k]) for k in ("accuracy", "low", "high")] for row in own])
            places = np.arange(len(own)) + 0.2 * (number - (len(METHODS) - 1) / 2)
            reach = np.abs(values[:, 1:] - values[:, :1]).T
            axes.bar(places, values[:, 0], 0.18, yerr=reach, label=method, capsize=2)
        axes.axhline(1 / own[0]["classes"], color="gray", linestyle=":", label="chance")
        axes.set_xticks(np.arange(len(splits)), [f"by {split}" for split in splits])
        axes.set(title=name, ylim=(0, 1.02))
    grid[0, 0].set_ylabel("accuracy, held out")
    figure.legend(*axes.get_legend_handles_labels(), fontsize=8, ncols=5,
                  loc="outside lower center")  # fmt: skip
    save(figure, path)
