"""Overlap of boxes (N, 4), ``x, y, w, h`` in pixels, and non-maximum suppression."""

import numpy as np


def overlaps(box, boxes, measure="iou"):
    """Overlap of one box with each of ``boxes`` (N, 4): (N,), from 0 to 1.

    ``measure`` is 'iou', intersection over union, or 'min', intersection over the
    smaller of the two areas.
    """
    return pairwise(np.reshape(box, (1, 4)), np.asarray(boxes, float).reshape(-1, 4), measure)[0]


def pairwise(ones, others, measure="iou"):
    """Overlap of each of ``ones`` (N, 4) with each of ``others`` (M, 4), as `overlaps`: (N, M)."""
    x, y, w, h = ones.T[:, :, None]
    width = np.minimum(x + w, others[:, 0] + others[:, 2]) - np.maximum(x, others[:, 0])
    height = np.minimum(y + h, others[:, 1] + others[:, 3]) - np.maximum(y, others[:, 1])
    common = np.maximum(width, 0) * np.maximum(height, 0)
    areas = others[:, 2] * others[:, 3]
    whole = np.minimum(w * h, areas) if measure == "min" else w * h + areas - common
    return common / np.maximum(whole, 1e-12)


FEW = 256  # boxes, all pairs of which are compared at once


def non_maximum_suppression(boxes, scores, threshold, measure="iou", groups=None):
    """Keep the best box of each group that overlaps.

    Parameters
    ----------
    boxes : array-like (N, 4)
    scores : array-like (N,)
    threshold : float
        A box that overlaps a kept, better one by more than this is dropped.
    measure : {'iou', 'min'}
        As for `overlaps`.
    groups : array-like (N,), optional
        Boxes of different groups do not suppress each other.

    Returns
    -------
    list of int
        Indices of the kept boxes, best first; among equals the earlier one.
    """
    boxes = np.asarray(boxes, float).reshape(-1, 4)
    if not len(boxes):
        return []
    order = np.argsort(-np.asarray(scores, float), kind="stable")
    groups = np.zeros(len(boxes), int) if groups is None else np.asarray(groups)
    if len(boxes) <= FEW:
        drops = pairwise(boxes, boxes, measure) > threshold
        drops &= groups[:, None] == groups
        kept, alive = [], np.ones(len(boxes), bool)
        for best in order:
            if alive[best]:
                kept.append(int(best))
                alive &= ~drops[best]
        return kept
    # Comparing all pairs would take minutes for the 100,000 candidates of a large picture.
    # On a grid of cells as large as the largest box, boxes that meet begin in the same
    # cell or in neighbouring ones: three runs of three cells in the order of `by_cell`.
    cells = np.floor(boxes[:, :2] / max(boxes[:, 2:].max(), 1e-9)).astype(int)
    cells -= cells.min(axis=0) - 1
    columns = cells[:, 0].max() + 2
    keys = cells[:, 1] * columns + cells[:, 0]
    by_cell = np.argsort(keys, kind="stable")
    runs = keys[:, None] + columns * np.array([-1, 0, 1])
    starts = np.searchsorted(keys[by_cell], runs - 1)
    ends = np.searchsorted(keys[by_cell], runs + 1, side="right")
    kept = []
    alive = np.ones(len(boxes), bool)
    for best in order:
        if not alive[best]:
            continue
        kept.append(int(best))
        near = np.concatenate([by_cell[a:b] for a, b in zip(starts[best], ends[best])])
        near = near[alive[near] & (groups[near] == groups[best])]
        alive[near[overlaps(boxes[best], boxes[near], measure) > threshold]] = False
    return kept
