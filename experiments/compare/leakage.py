"""How far copying the nearest training picture gets: what a split gives away for nothing."""

import cv2
import numpy as np

from experiments.smileys.data import labelled_squares

SIDE = 24  # pixels: enough to see a smile, four times quicker than 48


def pixels_of(data):
    """The labelled squares as rows of float32 pixels: (N, SIDE * SIDE * 3)."""
    squares = labelled_squares(data.rows, data.pictures)
    small = [cv2.resize(s, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for s in squares]
    return np.stack(small).reshape(len(small), -1).astype(np.float32) / 255


def divisions_of(data, arms):
    """The divisions of a comparison: dict of (split, repeat, fold) to (train, test).

    The pictures that choose the epoch are training data too.
    """
    divisions = {}
    for arm in arms:
        if arm.share == 1 and (arm.split, arm.repeat, arm.fold) not in divisions:
            parts = arm.parts(data.rows)
            train = np.sort(np.concatenate([parts.train, parts.validation]))
            divisions[arm.split, arm.repeat, arm.fold] = train, parts.test
    return divisions
