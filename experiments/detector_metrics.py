"""How good a face detector is: recall over false positives per image."""

import numpy as np

from pipeline.windows import overlaps


def match(truth, boxes, scores, iou=0.5):
    """Match detections to true boxes one to one, best score first (FDDB's discrete protocol).

    Parameters
    ----------
    truth : array-like (M, 4)
    boxes, scores : array-like (N, 4), (N,)
    iou : float
        Smallest overlap that counts.

    Returns
    -------
    ndarray of bool (N,)
        Whether each detection, in the given order, hits a face that no better one has hit.
    """
    truth = np.asarray(truth, float).reshape(-1, 4)
    free = np.ones(len(truth), bool)
    hits = np.zeros(len(boxes), bool)
    for index in np.argsort(-np.asarray(scores, float), kind="stable"):
        shares = overlaps(boxes[index], truth) * free
        if len(shares) and shares.max() >= iou:
            free[shares.argmax()] = False
            hits[index] = True
    return hits


def recall_at(hit_scores, faces, false_scores, images, rate):
    """Recall where false positives per image are at most ``rate``.

    Parameters
    ----------
    hit_scores : array-like
        Scores of the detections that hit a face.
    faces : int
        True faces in all.
    false_scores : array-like
        Scores of false positives over ``images`` images.
    images : int
    rate : float

    Returns
    -------
    (recall, threshold) : tuple of float
        A detection counts if its score is above ``threshold``.
    """
    allowed = int(np.floor(rate * images))
    false_scores = np.sort(np.asarray(false_scores))[::-1]
    threshold = float(false_scores[allowed]) if len(false_scores) > allowed else 0.0
    return float(np.mean(np.asarray(hit_scores) > threshold) * len(hit_scores) / faces), threshold
