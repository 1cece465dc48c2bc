"""A film's frames turned upright, as the file says; photographs: `common.images` (EXIF)."""

import cv2
import numpy as np
from av.sidedata.sidedata import Type


def apply_display_matrix(image, matrix):
    """Turn and mirror a picture by quarter turns.

    Parameters
    ----------
    image : ndarray (H, W, 3)
    matrix : sequence of 9 numbers, or None
        A display matrix: a pixel at (x, y) is shown at (a x + c y, b x + d y), with a, b in
        the first row and c, d in the second. Angles between are rounded.
    """
    if matrix is None:
        return image
    a, b, _, c, d = matrix[:5]
    swapped = abs(b) + abs(c) > abs(a) + abs(d)
    if swapped:
        image, a, d = cv2.transpose(image), c, b
    if a < 0 or d < 0:
        image = cv2.flip(image, -1 if a < 0 and d < 0 else 1 if a < 0 else 0)
    return image


def display_matrix(frame):
    """The display matrix that comes with a frame, 9 integers; None without one."""
    data = frame.side_data.get(Type.DISPLAYMATRIX)
    return None if data is None else np.frombuffer(bytes(data), np.int32)
