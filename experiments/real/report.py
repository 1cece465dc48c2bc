"""Tables, figures and the report of `eval_real.py`."""

import math

import numpy as np

from common.output import write_csv, write_file
from experiments.core.plots import plt, save
from experiments.real.answers import BOX, DETECTOR, HOG
from experiments.real.measures import (
    ALL,
    RIGHT,
    SET,
    confusion,
    not_sure,
    recalls,
    reliability_of,
)

COLUMNS = ("who", "way", "among", "label", "pictures", "people", "recall", "low", "high")
MEAN = "mean"


def measured(data, answers, outcomes, seed):
    """Recalls with intervals: dict of (who, way, among) to list of `Interval`, as `recalls`."""
    found = {}
    for answer, outcome in zip(answers, outcomes):
        for among in (SET, ALL):
            if among == ALL and answer.who == HOG:
                continue  # it knows no others
            key = answer.who, answer.way, among
            found[key] = recalls(outcome, among, len(data.groups), seed)
    return found


def write_table(path, data, found):
    """Write ``table.csv``: a row a classifier, way, choice and label, and the mean over labels."""
    labels = [*data.groups, MEAN]
    counts = [int((data.labels == label).sum()) for label in data.groups] + [len(data.labels)]
    write_csv(path, COLUMNS, [
        (*key, label, count, value.count, f"{value.mean:.4f}", f"{value.low:.4f}",
         f"{value.high:.4f}")
        for key, values in found.items()
        for label, count, value in zip(labels, counts, values)
    ])  # fmt: skip


def draw_confusion(path, data, answers, outcomes):
    """Draw what each classifier answers to each label, through the detector."""
    shown = [(a, o) for a, o in zip(answers, outcomes) if a.way == DETECTOR]
    labels = list(data.groups)
    columns = min(2, len(shown))
    rows = -(-len(shown) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(6.5 * columns, (1.6 + 0.3 * len(labels)) * rows),
        constrained_layout=True, squeeze=False,
    )  # fmt: skip
    for axis in axes.flat[len(shown) :]:
        axis.remove()
    for axis, (answer, outcome) in zip(axes.flat, shown):
        shares = confusion(data, answer, outcome)
        axis.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        for row, column in zip(*np.nonzero(shares >= 0.095)):
            colour = "white" if shares[row, column] > 0.6 else "black"
            text = f"{100 * shares[row, column]:.0f}"
            axis.text(column, row, text, ha="center", va="center", color=colour, fontsize=7)
        names = [*answer.names, "no face"]
        axis.set_xticks(range(len(names)), names, rotation=60, ha="right", fontsize=7)
        axis.set_yticks(range(len(labels)), labels, fontsize=8)
        axis.set_title(answer.who, fontsize=9)
    figure.supylabel("label", fontsize=9)
    figure.supxlabel("answer, % of the label's pictures", fontsize=9)
    save(figure, path)


def draw_reliability(path, answers, outcomes):
    """Draw how often an answer is right against its share, a line a classifier and way."""
    figure, axes = plt.subplots(1, 2, figsize=(9, 4), constrained_layout=True, sharey=True)
    for axis, way in zip(axes, (BOX, DETECTOR)):
        axis.plot([0, 1], [0, 1], color="grey", linestyle=":")
        for answer, outcome in zip(answers, outcomes):
            if answer.way == way and answer.who != HOG:
                table, error = reliability_of(outcome)
                if len(table):
                    axis.plot(*table[:, :2].T, "o-", markersize=3,
                              label=f"{answer.who} ({error:.2f})")  # fmt: skip
        axis.set(xlabel="share of the answer", title=f"by {way}", xlim=(0, 1), ylim=(0, 1))
        axis.grid(alpha=0.3)
        axis.legend(fontsize=7, title="mean distance in brackets", title_fontsize=7)
    axes[0].set_ylabel("part right, among all smileys")
    save(figure, path)


def write_report(path, data, answers, outcomes, found, command, name, seed):
    """Write ``REPORT.md``; returns its text."""
    people = len(set(data.people))
    lines = [
        f"# Real faces: {name}",
        "",
        f"`{command}`",
        "",
        f"{len(data.labels)} pictures of {people} people, "
        f"{len(data.groups)} labels: "
        + ", ".join(f"{label} {(data.labels == label).sum()}" for label in data.groups)
        + f"; chance {data.chance:.2f}. {data.left_out} pictures are left out, since their "
        "label is no smiley. Means over the labels; in brackets 95 % intervals over people "
        f"drawn with replacement. *Among {SET}*: the likeliest of the labels above, each with "
        "all smileys that it may mean (`experiments/real/vocabulary.csv`); *among all*: of "
        "everything the classifier knows. A picture in which our detector finds no face is "
        "wrong. Through the detector our nets let 45 windows vote, the others see the one box.",
        "",
        f"| who | labelled box, {SET} | labelled box, all | detector, {SET} | detector, all | "
        "no face |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    lost = {answer.who: outcome.lost for answer, outcome in zip(answers, outcomes)
            if answer.way == DETECTOR}  # fmt: skip
    for who in dict.fromkeys(answer.who for answer in answers):
        cells = [
            str(found[who, way, among][-1]) if (who, way, among) in found else ""
            for way in (BOX, DETECTOR)
            for among in (SET, ALL)
        ]
        lines.append(f"| {who} | {' | '.join(cells)} | {lost[who]} |")
    lines += per_label(data, found)
    lines += how_sure(answers, outcomes, seed)
    lines += [
        "",
        "![What is taken for what](confusion.png)",
        "",
        "![Reliability](reliability.png)",
    ]
    text = "\n".join(lines) + "\n"
    write_file(path, text)
    return text


def per_label(data, found):
    """Lines of the tables of recalls by label, through the detector."""
    lines = []
    for among in (SET, ALL):
        lines += [
            "",
            f"## By label, through the detector, among {among}",
            "",
            "| who | " + " | ".join(data.groups) + " |",
            "| --- " * (len(data.groups) + 1) + "|",
        ]
        for (who, way, choice), values in found.items():
            if (way, choice) == (DETECTOR, among):
                cells = " | ".join(f"{value.mean:.2f}" for value in values[:-1])
                lines.append(f"| {who} | {cells} |")
    return lines


def how_sure(answers, outcomes, seed):
    """Lines of the table of what should be shown and where "not sure" should be said."""
    lines = [
        "",
        "## How sure it is",
        "",
        f"*Not sure below*: the least share with which {100 * RIGHT:.0f} % of the answers among "
        "all smileys are right on half of the people; the rest of the row is measured on the "
        "other half. *Distance*: how far share and part right are apart, on average.",
        "",
        "| who | way | distance | not sure below | shown | right of those |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for answer, outcome in zip(answers, outcomes):
        if answer.who == HOG:
            continue
        _, error = reliability_of(outcome)
        told = not_sure(outcome, seed)
        if math.isnan(told["threshold"]):
            rest = "always | 0 % | "
        elif not told["count"]:
            rest = f"{told['threshold']:.2f} | 0 % | "
        else:
            rest = (
                f"{told['threshold']:.2f} | {100 * told['shown']:.0f} % | "
                f"{100 * told['right']:.0f} % of {told['count']}"
            )
        lines.append(f"| {answer.who} | {answer.way} | {error:.2f} | {rest} |")
    return lines
