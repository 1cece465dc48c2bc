"""Pictures of any size with any number of rendered faces, cut from the contact sheet."""

import cv2
import numpy as np

from common import cli

ROWS, COLUMNS = 20, 17  # people and smileys on the sheet, under a row of names


def face(row, column):
    """One tile of the contact sheet: uint8 (side, side, 3)."""
    sheet = cv2.imread(str(cli.ROOT / "results" / "sheet.jpg"))
    side = sheet.shape[1] / COLUMNS
    top, left = sheet.shape[0] - round((ROWS - row) * side), round(column * side)
    return sheet[top : top + int(side), left : left + int(side)]


def scene(width, height, faces, side):
    """Faces in rows on a plain ground.

    Parameters
    ----------
    width, height : int
    faces : int
        As many as fit beside each other.
    side : int
        Of each tile, in pixels; the face fills most of it.

    Returns
    -------
    ndarray of uint8 (height, width, 3)
    """
    picture = np.full((height, width, 3), 128, np.uint8)
    across = width // side
    if faces > across * (height // side):
        raise ValueError(f"{faces} tiles of {side} pixels do not fit into {width}x{height}")
    for k in range(faces):
        top, left = k // across * side, k % across * side
        picture[top : top + side, left : left + side] = cv2.resize(
            face((11 + k) % ROWS, 0), (side, side), interpolation=cv2.INTER_CUBIC
        )
    return picture
