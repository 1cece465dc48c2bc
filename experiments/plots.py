"""The figures of the experiments."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from output import written


def plot_curves(history, path, chance):
    """Draw training and validation over the epochs, the article's figure.

    Parameters
    ----------
    history : list of dict
        One an epoch, with epoch, {train,val}_loss and {train,val}_accuracy.
    path : pathlib.Path
        PNG, written beside and renamed.
    chance : float
        Accuracy of guessing, drawn as a line.
    """
    epochs = [metrics["epoch"] for metrics in history]
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.5), constrained_layout=True)
    for axes, what in ((left, "loss"), (right, "accuracy")):
        for part, style in (("train", "C0-"), ("val", "C1-")):
            axes.plot(epochs, [metrics[f"{part}_{what}"] for metrics in history], style, label=part)
        axes.set(xlabel="epoch", ylabel=what)
        axes.grid(alpha=0.3)
    right.axhline(chance, color="gray", linestyle=":", label="chance")
    right.set_ylim(0, 1.02)
    right.legend()
    with written(path) as beside:
        figure.savefig(beside, dpi=120)
    plt.close(figure)
