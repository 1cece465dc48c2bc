"""Pictures shrunk by the mean of what each pixel covers."""

import ctypes

import cv2
import numpy as np

from nets.fast.library import load


def shrink(image, width, height):
    """Shrink a picture as ``cv2.resize(..., interpolation=cv2.INTER_AREA)`` does, but faster.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)
    width, height : int
        Not larger than W and H.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
    """
    rows, columns = image.shape[:2]
    # OpenCV has a fast way for whole factors.
    whole = rows % height == columns % width == 0
    packed = image.strides[1:] == (3, 1)
    if whole or not packed or load() is None:
        return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    out = np.empty((height, width, 3), np.uint8)
    load().fast_shrink(
        ctypes.c_int(rows),
        ctypes.c_int(columns),
        ctypes.c_long(image.strides[0]),
        ctypes.c_void_p(image.ctypes.data),
        ctypes.c_int(height),
        ctypes.c_int(width),
        ctypes.c_void_p(out.ctypes.data),
    )
    return out
