"""Pictures shrunk by the mean of what each pixel covers."""

import ctypes

import cv2
import numpy as np

from nets.fast.library import load


def shrink(image, sizes):
    """Shrink a picture to several sizes at once.

    What `cv2.resize(..., interpolation=cv2.INTER_AREA)` does, but faster.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)
    sizes : list of (width, height)
        Not larger than W and H.

    Returns
    -------
    list of ndarray of uint8, shape (height, width, 3)
    """

    def by_opencv(size):
        return cv2.resize(image, size, interpolation=cv2.INTER_AREA)

    if image.strides[1:] != (3, 1) or load() is None:
        return [by_opencv(size) for size in sizes]
    rows, columns = image.shape[:2]
    # OpenCV has a fast way for whole factors.
    whole = [rows % height == columns % width == 0 for width, height in sizes]
    out = [
        by_opencv(size) if fast else np.empty((*size[::-1], 3), np.uint8)
        for size, fast in zip(sizes, whole)
    ]
    ours = [picture for picture, fast in zip(out, whole) if not fast]
    sides = [side for picture in ours for side in picture.shape[:2]]
    load().fast_shrink(
        ctypes.c_int(rows),
        ctypes.c_int(columns),
        ctypes.c_long(image.strides[0]),
        ctypes.c_void_p(image.ctypes.data),
        ctypes.c_int(len(ours)),
        (ctypes.c_int * len(sides))(*sides),
        (ctypes.c_void_p * len(ours))(*(picture.ctypes.data for picture in ours)),
    )
    return out
