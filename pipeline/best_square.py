"""The best square: which of the detector's faces the smiley is named on."""

import numpy as np

from pipeline.suppression import overlaps

# The big net's score of one face in sight changes by up to a tenth from one frame to the
# next (0.096 at most over 119 steps of a man who grimaces in a car).
CLOSE = 0.1
# Squares that overlap less are, to the detector's suppression too, different faces.
CONTINUES = 0.3


def best_square(boxes, scores, last_box=None):
    """Choose one face of a frame.

    It is the one of highest score. Among those whose scores are close to it (by no more
    than `CLOSE`), one that continues the last frame's square (intersection over union of
    at least `CONTINUES`) goes first; of several such, the one that overlaps it most.

    Parameters
    ----------
    boxes : array-like (N, 4)
    scores : array-like (N,)
    last_box : sequence (x, y, w, h), optional

    Returns
    -------
    int or None
        Index of the square; None if there is none.
    """
    scores = np.asarray(scores, float)
    if not len(scores):
        return None
    best = int(scores.argmax())
    if last_box is None:
        return best
    overlap = overlaps(last_box, boxes)
    follows = (scores >= scores[best] - CLOSE) & (overlap >= CONTINUES)
    return int(np.where(follows, overlap, -1).argmax()) if follows.any() else best


def whole_square(shape):
    """The square of a face that fills a picture of shape (H, W, …) from top to bottom: 4 floats.

    It is as high as the picture and in its middle, and where the picture is narrower reaches
    beyond it.
    """
    height, width = shape[:2]
    return (width - height) / 2, 0.0, float(height), float(height)
