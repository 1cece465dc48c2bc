"""How far copying the nearest training picture gets: what a split gives away for nothing."""

import cv2
import numpy as np

from experiments.smileys.data import labelled_squares

SIDE = 24  # pixels: enough to see a smile, four times quicker than 48
BLOCK = 512  # pictures compared at once


def pixels_of(data):
    """The labelled squares as rows of float32 pixels: (N, SIDE * SIDE * 3)."""
    squares = labelled_squares(data.rows, data.pictures)
    small = [cv2.resize(s, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for s in squares]
    return np.stack(small).reshape(len(small), -1).astype(np.float32) / 255


def nearest(pixels, train, val):
    """Training picture nearest to each held-out one: ndarray of int (len(val),).

    Parameters
    ----------
    pixels : ndarray of float32 (N, D)
        Compared by Euclidean distance.
    train, val : ndarray of int
        Which pictures may be copied from, and which are named.
    """
    known = pixels[train]
    squares = (known**2).sum(axis=1)
    found = [
        (squares - 2 * pixels[val[k : k + BLOCK]] @ known.T).argmin(axis=1)
        for k in range(0, len(val), BLOCK)
    ]
    return train[np.concatenate(found)]


def divisions_of(data, arms):
    """The divisions of a comparison: dict of (split, deal, fold) to (train, val).

    The pictures that choose the epoch are training data too.
    """
    divisions = {}
    for arm in arms:
        if arm.share == 1 and (arm.split, arm.deal, arm.fold) not in divisions:
            parts = arm.parts(data.rows)
            train = np.sort(np.concatenate([parts.fit, parts.choose]))
            divisions[arm.split, arm.deal, arm.fold] = train, parts.val
    return divisions
