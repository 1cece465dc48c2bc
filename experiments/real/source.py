"""Faces of one origin with what is known of them."""

from dataclasses import dataclass

import cv2
import numpy as np

from common.cli import UserError
from experiments.real.labels import LABELS, targets

REACH = 1.7  # sides of the face's square that are kept of a picture: a window may look so far
SIDE = 96  # pixels of a square kept at most: two of them make one of the network's


@dataclass
class Source:
    """Faces of one origin.

    Parameters
    ----------
    name : str
    pictures : list of ndarray of uint8 (H, W, 3)
    boxes : ndarray (N, 4)
        Square of the face, pixels of the picture.
    targets : ndarray of float32 (N, labels)
    people : list of str
    """

    name: str
    pictures: list
    boxes: np.ndarray
    targets: np.ndarray
    people: list

    def __post_init__(self):
        if not len(self.targets):
            raise UserError(f"the source {self.name} has no face to learn from")

    def __len__(self):
        return len(self.targets)

    def subset(self, some):
        """The faces of some rows, as a source."""
        pictures, people = [self.pictures[k] for k in some], [self.people[k] for k in some]
        return Source(self.name, pictures, self.boxes[some], self.targets[some], people)

    @property
    def strata(self):
        """Number of each face's heaviest label: int (N,)."""
        return self.targets.argmax(axis=1)


def source(name, rows, pictures):
    """A source of rows with ``box``, ``masses`` and ``person``, pictures cut around the face."""
    kept = [cut(picture, row["box"]) for row, picture in zip(rows, pictures)]
    boxes = np.array([box for _, box in kept], float).reshape(-1, 4)
    made = targets([row["masses"] for row in rows]) if rows else np.zeros((0, len(LABELS)))
    people = [row["person"] for row in rows]
    return Source(name, [picture for picture, _ in kept], boxes, made, people)


def cut(picture, box):
    """Keep of a picture what windows may see, its face at most `SIDE` pixels: (picture, box)."""
    x, y, w, h = box
    margin = (REACH - 1) / 2
    left, top = max(0, int(x - margin * w)), max(0, int(y - margin * h))
    right, bottom = int(np.ceil(x + (1 + margin) * w)), int(np.ceil(y + (1 + margin) * h))
    part = picture[top:bottom, left:right]
    x, y = x - left, y - top
    scale = min(1.0, SIDE / max(w, h))
    if scale < 1:
        size = [max(1, round(side * scale)) for side in part.shape[1::-1]]
        across, down = size[0] / part.shape[1], size[1] / part.shape[0]
        part = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
        x, y, w, h = x * across, y * down, w * across, h * down
    return np.ascontiguousarray(part), (x, y, w, h)
