"""Squares of a picture: the 45 neighbours of a face, overlap, non-maximum suppression.

A box is ``x, y, w, h`` in pixels, as in `common.crops`, which cuts it out.
"""

import numpy as np

# Li et al.'s 45 calibration patterns, here the article's "45 squares standing beside".
SCALES = (0.83, 0.91, 1.0, 1.10, 1.21)
SHIFTS = (-0.17, 0.0, 0.17)


def neighbours(box, scales=SCALES, shifts=SHIFTS):
    """Return the 45 windows beside a box: 5 scales x 3 x 3 shifts (Li et al. 2015).

    The shifts are fractions of the box's own side; scaling keeps the centre.

    Returns
    -------
    ndarray (len(scales) * len(shifts) ** 2, 4)
        Scale by scale; within a scale row by row. The box itself is among them.
    """
    x, y, w, h = box
    windows = []
    for scale in scales:
        for down in shifts:
            for right in shifts:
                cx, cy = x + w / 2 + right * w, y + h / 2 + down * h
                windows.append((cx - w * scale / 2, cy - h * scale / 2, w * scale, h * scale))
    return np.array(windows)


def surroundings(box, scales=SCALES):
    """What the shared vote cuts: for each scale the square that holds 3 x 3 windows.

    Each is 64 / 48 of a window wide; its windows stand a sixth of their own side apart,
    where those of `neighbours` stand 0.17 of the box's.

    Returns
    -------
    ndarray (len(scales), 4)
    """
    x, y, w, h = box
    factors = np.array(scales)[:, None] * (64 / 48)
    return np.concatenate(
        [(x + w / 2, y + h / 2) - factors * (w / 2, h / 2), factors * (w, h)], axis=1
    )


def reach(box, shape):
    """The part of a picture that decides how the windows beside a box look.

    The windows of `surroundings` reach 0.81 sides from the box's middle, those of
    `neighbours` 0.78. To make them, `common.crops.Mipmap` looks less than 3 pixels of a level
    further, each of at most 0.036 sides.

    Parameters
    ----------
    box : sequence (x, y, w, h)
    shape : (H, W, ...) of the picture

    Returns
    -------
    (rows, columns) : slices
        Never empty: of a box beside the picture, the border that is repeated there.
    """
    x, y, w, h = box
    further, slices = 0.11 * max(w, h) + 3, []
    for middle, side, length in ((y + h / 2, h, shape[0]), (x + w / 2, w, shape[1])):
        far = 0.81 * side + further
        # Of a box outside, pixels of a level at the border are seen.
        first = np.clip(np.floor(middle - far), 0, max(0, length - further))
        last = np.clip(np.ceil(middle + far), min(further, length), length)
        slices.append(slice(int(first), int(np.ceil(last))))
    return tuple(slices)


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
    """Keep the best box of each heap.

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
