"""Windows beside a face's square: the 45 that vote, and how far they look.

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
