"""The confusion matrix: what is taken for what."""

import numpy as np


def confusion_matrix(true, predicted, shape):
    """Count how often each label got each answer.

    Parameters
    ----------
    true, predicted : ndarray of int (N,)
        Labels and answers; -1 is the last of them.
    shape : (int, int)
        How many labels and answers there are.

    Returns
    -------
    ndarray of int (labels, answers)
    """
    counts = np.zeros(shape, int)
    np.add.at(counts, (true, predicted), 1)
    return counts


def row_shares(counts):
    """Each row by its sum: share of a label's pictures; zeros for a label without pictures."""
    counts = np.asarray(counts)
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
