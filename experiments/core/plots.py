"""The figures of the experiments."""

import cv2
import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from common.output import atomic_write
from experiments.core.confusion import row_shares

# Okabe & Ito's colours, which those see apart to whom red and green are one.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#000000")
plt.rcParams["axes.prop_cycle"] = plt.cycler(color=COLOURS)


def plot_curves(history, path, chance):
    """Draw training and validation over the epochs, the article's figure.

    Parameters
    ----------
    history : list of dict
        One an epoch, with epoch and {train,val}_loss, {train,val}_accuracy; where nothing
        is test data, choose_ in the place of val_.
    path : pathlib.Path
        PNG, written beside and renamed.
    chance : float
        Accuracy of guessing, drawn as a line.
    """
    epochs = [metrics["epoch"] for metrics in history]
    held_out = "val" if "val_loss" in history[0] else "choose"
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.5), constrained_layout=True)
    for axes, what in ((left, "loss"), (right, "accuracy")):
        for part, style in (("train", "C0-"), (held_out, "C1-")):
            axes.plot(epochs, [metrics[f"{part}_{what}"] for metrics in history], style, label=part)
        axes.set(xlabel="epoch", ylabel=what)
        axes.grid(alpha=0.3)
    right.axhline(chance, color="gray", linestyle=":", label="chance")
    right.set_ylim(0, 1.02)
    right.legend()
    save(figure, path)


def save(figure, path):
    """Write a figure as PNG, beside and renamed, and close it."""
    with atomic_write(path) as temporary:
        figure.savefig(temporary, dpi=120)
    plt.close(figure)


def confusion_picture(confusion, classes, cell=22):
    """A confusion matrix as a small picture, drawn in milliseconds.

    Parameters
    ----------
    confusion : array-like of int (C, C)
        True by row, predicted by column; the shade is the share of the row.
    classes : list of str

    Returns
    -------
    ndarray of uint8 (H, W, 3), BGR
    """
    grey = np.uint8(255 - 255 * row_shares(confusion))
    grid = cv2.resize(grey, None, fx=cell, fy=cell, interpolation=cv2.INTER_NEAREST)
    margin = 100
    height, width = grid.shape
    image = np.full((height, width + margin, 3), 255, np.uint8)
    image[:, margin:] = grid[..., None]
    for row, name in enumerate(classes):
        place = (2, row * cell + cell - 7)
        cv2.putText(image, name[:14], place, cv2.FONT_HERSHEY_SIMPLEX, 0.38, (0, 0, 0), 1)
        corner = (margin + row * cell, row * cell)
        cv2.rectangle(image, corner, (corner[0] + cell - 1, corner[1] + cell - 1), (90, 160, 90), 1)
    return image


def sheet_picture(images):
    """Pictures (N, H, W, 3) side by side, as square a sheet as it goes."""
    columns = int(np.ceil(np.sqrt(len(images))))
    rows = -(-len(images) // columns)
    blank = np.zeros((rows * columns - len(images), *images.shape[1:]), images.dtype)
    cells = np.concatenate([images, blank]).reshape(rows, columns, *images.shape[1:])
    return np.concatenate([np.concatenate(list(row), axis=1) for row in cells], axis=0)


def filters_picture(filters, size=4):
    """Filters (N, 3, H, W) as colours, each from its own darkest to its own brightest value."""
    filters = np.asarray(filters)
    low = filters.min(axis=(1, 2, 3), keepdims=True)
    high = filters.max(axis=(1, 2, 3), keepdims=True)
    images = np.uint8(255 * (filters - low) / np.maximum(high - low, 1e-9)).transpose(0, 2, 3, 1)
    images = np.pad(images, ((0, 0), (0, 1), (0, 1), (0, 0)))
    sheet = sheet_picture(images)
    return cv2.resize(sheet, None, fx=size, fy=size, interpolation=cv2.INTER_NEAREST)
