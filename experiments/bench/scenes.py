"""Pictures of any size with any number of rendered faces, and a film that repeats its frames."""

from fractions import Fraction
from itertools import islice

import av
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


def slowed_film(source, out, frames, times):
    """Write a film that shows each of so many frames several times, equal to the pixel.

    Parameters
    ----------
    source, out : path-like
        ``out`` is H.264 without loss, at 25 pictures a second.
    frames, times : int

    Returns
    -------
    path-like
        ``out``.
    """
    with av.open(str(source)) as film, av.open(str(out), "w") as slowed:
        video = film.streams.video[0]
        stream = slowed.add_stream("libx264", rate=25, options={"qp": "0", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = video.width, video.height, "yuv420p"
        number = 0
        for frame in islice(film.decode(video), frames):
            planes = frame.to_ndarray(format="yuv420p")
            for _ in range(times):
                picture = av.VideoFrame.from_ndarray(planes, format="yuv420p")
                picture.pts, picture.time_base = number, Fraction(1, 25)
                slowed.mux(stream.encode(picture))
                number += 1
        slowed.mux(stream.encode(None))
    return out
