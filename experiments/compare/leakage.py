"""How far copying the nearest training picture gets: what a split gives away for nothing."""

import cv2
import numpy as np

from experiments.smileys.data import labelled_squares, labels_of

SIDE = 24  # pixels: enough to see a smile, four times quicker than 48
BLOCK = 512  # pictures compared at once


def pixels_of(data):
    """The labelled squares as rows of float32 pixels: (N, SIDE * SIDE * 3)."""
    squares = labelled_squares(data.rows, data.pictures)
    small = [cv2.resize(s, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for s in squares]
    return np.stack(small).reshape(len(small), -1).astype(np.float32) / 255


def nearest_neighbour_accuracy(pixels, labels, divisions):
    """Accuracy of giving each held-out picture the label of its nearest training picture.

    Parameters
    ----------
    pixels : ndarray of float32 (N, D)
        Compared by Euclidean distance.
    labels : ndarray (N,)
    divisions : list of (train, val)
        Arrays of int: which pictures may be copied from, and which are named.

    Returns
    -------
    list of float
    """
    squares = (pixels**2).sum(axis=1)
    hits = [0] * len(divisions)
    may = [np.isin(np.arange(len(pixels)), train) for train, _ in divisions]
    held = [np.isin(np.arange(len(pixels)), val) for _, val in divisions]
    for start in range(0, len(pixels), BLOCK):
        block = slice(start, start + BLOCK)
        distances = squares - 2 * pixels[block] @ pixels.T  # up to what a row has in common
        for k in range(len(divisions)):
            rows = held[k][block]
            if rows.any():
                nearest = np.where(may[k], distances[rows], np.inf).argmin(axis=1)
                hits[k] += int((labels[nearest] == labels[block][rows]).sum())
    return [hit / len(val) for hit, (_, val) in zip(hits, divisions)]


def leakage_of(data, arms):
    """That accuracy for each split of a comparison: dict of split to a list, one a fold.

    The pictures that choose the epoch may be copied too: they are training data.
    """
    divisions = {}
    for arm in arms:
        if arm.share == 1:
            parts = arm.parts(data.rows)
            train = np.concatenate([parts.fit, parts.choose])
            divisions[arm.split, arm.deal, arm.fold] = train, parts.val
    labels = labels_of(data.rows, data.classes)
    found = nearest_neighbour_accuracy(pixels_of(data), labels, list(divisions.values()))
    leakage = {}
    for (split, _, _), accuracy in zip(divisions, found):
        leakage.setdefault(split, []).append(accuracy)
    return leakage
