"""Old pictures, few and small, that keep a network from forgetting while it learns a new face."""

import zipfile

import cv2
import numpy as np

from common.cli import ROOT, UserError
from common.crops import Mipmap, crop
from common.output import atomic_write
from common.tables import box_of

REPLAY = ROOT / "weights" / "replay.npz"
SIDE = 96  # pixels; the face has half of them, as many as the network's window
BOX = (24, 24, 48, 48)
QUALITY = 75


def kept(rows):
    """Indices of the first and the last frame of each person and smiley."""
    ends = {}
    for index, row in enumerate(rows):
        ends.setdefault((row["person"], row["smiley"]), []).append(index)
    return sorted({index for shots in ends.values() for index in (shots[0], shots[-1])})


def pack(rows, pictures, path):
    """Write faces to an ``.npz``: JPEGs of `SIDE` pixels, twice as wide as the face's square.

    ``rows`` (list of dict with smiley, person and box) and ``pictures`` (list of `Mipmap`) are as
    `load` gives them back.
    """
    jpegs = []
    for row, picture in zip(rows, pictures):
        x, y, w, h = box_of(row)
        square = crop(picture, [(x - w / 2, y - h / 2, 2 * w, 2 * h)], SIDE)[0]
        jpegs.append(cv2.imencode(".jpg", square, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].ravel())
    arrays = {
        "jpegs": np.concatenate(jpegs),
        "lengths": np.array([len(jpeg) for jpeg in jpegs]),
        "smileys": np.array([row["smiley"] for row in rows]),
        "people": np.array([row["person"] for row in rows]),
    }
    with atomic_write(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, **arrays)


def load(path=REPLAY):
    """Read packed pictures: (rows with smiley, person and box, list of Mipmap)."""
    try:
        with np.load(path, allow_pickle=False) as file:
            data, lengths = file["jpegs"], file["lengths"]
            names = zip(file["smileys"].tolist(), file["people"].tolist())
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        raise UserError(f"cannot read the old pictures {path}: check out the file") from None
    parts = np.split(data, np.cumsum(lengths)[:-1])
    box = dict(zip("xywh", BOX))
    rows = [{"smiley": smiley, "person": person, **box} for smiley, person in names]
    return rows, [Mipmap(cv2.imdecode(part, cv2.IMREAD_COLOR)) for part in parts]
