"""Whether a training went on until its training accuracy had stopped rising."""

import numpy as np

RISE = 0.005  # half a point: less over the last fifth is flat


def rise(accuracies):
    """How much training accuracy rose over the last fifth of a training.

    Parameters
    ----------
    accuracies : array_like (epochs,)
        On training pictures as labelled, epoch by epoch.

    Returns
    -------
    float
        The mean of the last tenth minus that of the tenth before it, which single epochs do
        not move; nan for fewer than ten epochs, of which a tenth is none.
    """
    tenth = len(accuracies) // 10
    if not tenth:
        return float("nan")
    return float(np.mean(accuracies[-tenth:]) - np.mean(accuracies[-2 * tenth : -tenth]))


def is_flat(accuracies):
    """Whether it rose by less than `RISE`."""
    return rise(accuracies) < RISE
