"""The figures of `eval_split.py`; ``c`` is a `comparison.Comparison`."""

import numpy as np

from experiments.compare.comparison import name_of
from experiments.core.confusion import row_shares
from experiments.core.plots import plt, save


def plot_arms(c, path):
    """Training and validation accuracy by epoch: mean over the seeds, and from worst to best."""
    settings = c.settings()
    figure, grid = plt.subplots(
        2,
        len(settings),
        figsize=(1 + 2.4 * len(settings), 5),
        sharex=True,
        sharey="row",
        squeeze=False,
        constrained_layout=True,
    )
    for column, setting in zip(grid.T, settings):
        arms = c.group(*setting)
        for axes, what in zip(column, ("accuracy", "loss")):
            for part, colour in (("train", "C0"), ("val", "C1")):
                curves = np.array([c.results[a.name]["history"][f"{part}_{what}"] for a in arms])
                epochs = np.arange(1, curves.shape[1] + 1)
                label = "training" if part == "train" else "held out"
                axes.plot(epochs, curves.mean(axis=0), colour, label=label)
                axes.fill_between(epochs, curves.min(axis=0), curves.max(axis=0), alpha=0.2)
            axes.grid(alpha=0.3)
        column[0].set_title(name_of(setting))
        column[0].axhline(c.chance, color="gray", linestyle=":", label="chance")
        column[0].set_ylim(0, 1.02)
        column[1].set_xlabel("epoch")
    grid[1, 0].set_ylim(0, min(6, grid[1, 0].get_ylim()[1]))
    grid[0, 0].set_ylabel("accuracy")
    grid[1, 0].set_ylabel("loss")
    grid[0, 0].legend()
    save(figure, path)


def plot_confusions(c, path):
    """Confusion matrices, all seeds together; the shade is the share of the row."""
    splits, kinds = c.splits(), sorted({augment for _, augment in c.settings()})
    side = 1.2 + 0.17 * len(c.data.classes)
    figure, grid = plt.subplots(
        len(kinds), len(splits), figsize=(side * len(splits) + 1, side * len(kinds) + 1),
        sharex=True, sharey=True, squeeze=False, constrained_layout=True,
    )  # fmt: skip
    places = np.arange(len(c.data.classes))
    for axes, setting in zip(grid.flat, [(split, kind) for kind in kinds for split in splits]):
        if setting not in c.settings():
            axes.set_axis_off()
            continue
        axes.imshow(row_shares(c.confusion(setting)), "Blues", vmax=1)
        axes.set_title(name_of(setting), fontsize=9)
        axes.set_xticks(places, c.data.classes, rotation=90, fontsize=7)
        axes.set_yticks(places, c.data.classes, fontsize=7)
    figure.supxlabel("named", fontsize=9)
    figure.supylabel("true", fontsize=9)
    save(figure, path)


def plot_people(c, path):
    """Accuracy of each person, in the order of the first setting."""
    settings = c.settings()
    order = c.people(settings[0])
    order = sorted(order, key=lambda person: (order[person], person))
    figure, axes = plt.subplots(figsize=(9, 3.5), constrained_layout=True)
    few = len(order) <= 40
    size = 5 if few else 3
    for number, setting in enumerate(settings):
        accuracies = c.people(setting)
        values = [accuracies.get(person, np.nan) for person in order]
        marker = "o" if setting[1] else "x"
        axes.plot(values, marker, color=f"C{number // 2}", label=name_of(setting), markersize=size)
    axes.axhline(c.chance, color="gray", linestyle=":")
    axes.set(xlabel="person", ylabel="accuracy, held out", ylim=(0, 1.02))
    if few:
        axes.set_xticks(np.arange(len(order)), order, rotation=90, fontsize=6)
    # Inside, no place is sure to be free of points.
    figure.legend(fontsize=7, loc="outside upper center", ncols=3)
    axes.grid(alpha=0.3)
    save(figure, path)


def plot_growth(c, path):
    """Accuracy against the amount of training data, seed by seed and in the mean."""
    grown = {split: c.growth(split) for split in ("image", "person")}
    grown = {split: values for split, values in grown.items() if values}
    if not grown:
        path.unlink(missing_ok=True)
        return
    figure, grid = plt.subplots(
        1, len(grown), figsize=(4.5 * len(grown), 3.5), squeeze=False, constrained_layout=True
    )
    for axes, (split, (sizes, train, val)) in zip(grid[0], grown.items()):
        for values, colour, label in ((train, "C0", "training"), (val, "C1", "held out")):
            axes.plot(sizes.mean(axis=0), values.mean(axis=0), f"{colour}-", label=label)
            axes.plot(sizes.ravel(), values.ravel(), f"{colour}.", alpha=0.5)
        axes.set_xscale("log", base=2)
        ticks = np.unique(sizes.mean(axis=0).round())
        axes.set_xticks(ticks, [f"{tick:.0f}" for tick in ticks])
        axes.set_title(f"split by {split}, augmented")
        axes.set(xlabel="training people" if split == "person" else "training pictures")
        axes.set(ylabel="accuracy", ylim=(0, 1.02))
        axes.axhline(c.chance, color="gray", linestyle=":")
        axes.grid(alpha=0.3)
    grid[0, 0].legend()
    save(figure, path)
