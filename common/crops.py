"""Windows cut out of pictures, free of aliasing whatever their size.

A box is ``x, y, w, h`` in pixels, floats, measured at pixel edges: the box
``0, 0, W, H`` is the whole picture.
"""

import cv2
import numpy as np


class Mipmap:
    """A picture and its halves, so that windows much larger than their cut stay free of aliasing.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)

    Attributes
    ----------
    lit : bool
        Whether it has light enough for the networks, by itself or by `pipeline.light`.
    """

    def __init__(self, image):
        self.levels, self.lit = [image], False

    @classmethod
    def of(cls, picture):
        """The mipmap of a picture; a mipmap is returned as it is."""
        return picture if isinstance(picture, cls) else cls(picture)

    def level(self, index):
        """Return the picture halved ``index`` times, or as often as it can be."""
        while len(self.levels) <= index and min(self.levels[-1].shape[:2]) > 1:
            height, width = self.levels[-1].shape[:2]
            # Truncation would shift the grid; rounding up repeats the last row or column.
            even = cv2.copyMakeBorder(
                self.levels[-1], 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE
            )
            size = ((width + 1) // 2, (height + 1) // 2)
            self.levels.append(cv2.resize(even, size, interpolation=cv2.INTER_AREA))
        index = min(index, len(self.levels) - 1)
        return self.levels[index], index

    def warp(self, matrix, size):
        """Cut out a (size, size, 3) picture.

        Parameters
        ----------
        matrix : ndarray (3, 3)
            Takes an output pixel's centre ``(column, row, 1)`` to homogeneous
            coordinates of the picture, both counted from the first pixel's centre.
            What lies outside the picture repeats its border.
        size : int
            Side of the result in pixels.
        """
        middle = (size - 1) / 2
        x, y, w = matrix @ (middle, middle, 1)
        # Source pixels that one output pixel covers, at the centre of the window.
        dx = (matrix[:2, :2] - np.outer((x / w, y / w), matrix[2, :2])) / w
        spread = np.sqrt(abs(dx[0, 0] * dx[1, 1] - dx[0, 1] * dx[1, 0]))
        image, index = self.level(max(0, round(np.log2(max(spread, 1e-6)))))
        if index:
            half = 0.5**index
            shift = 0.5 * half - 0.5
            matrix = np.array([[half, 0, shift], [0, half, shift], [0, 0, 1]]) @ matrix
        return cv2.warpPerspective(
            image,
            matrix,
            (size, size),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )


def box_matrix(box, size):
    """Matrix for `Mipmap.warp` that maps a (size, size) output onto a box."""
    x, y, w, h = box
    return np.array(
        [
            [w / size, 0, x + 0.5 * w / size - 0.5],
            [0, h / size, y + 0.5 * h / size - 0.5],
            [0, 0, 1.0],
        ]
    )


def crop(picture, boxes, size=48):
    """Cut boxes out of a picture, each resampled to a square.

    Parameters
    ----------
    picture : ndarray of uint8 (H, W, 3), or its `Mipmap`
    boxes : array-like (N, 4)
    size : int

    Returns
    -------
    ndarray of uint8, shape (N, size, size, 3)
    """
    mipmap = Mipmap.of(picture)
    out = np.empty((len(boxes), size, size, 3), np.uint8)
    for k, box in enumerate(boxes):
        out[k] = mipmap.warp(box_matrix(box, size), size)
    return out
