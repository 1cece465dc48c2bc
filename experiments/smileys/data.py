"""Training and validation windows of a smiley data set."""

import hashlib
import json
from dataclasses import dataclass, replace

import numpy as np

from augment.transforms import Augmentation, augment
from common.cli import UserError
from common.crops import Mipmap, crop
from common.tables import box_of, manifest_path, read_images
from dataset.manifest import classes_of, read_manifest

# The same algorithm as for detection, at 0.6 of its strength: a mouth is finer than a face.
# Shift and size vary as much as the 45 windows of the vote, since these are what the
# network will be shown.
SMILEYS = replace(Augmentation().scaled(0.6), shift=0.15, scale=0.20, flip=0.5, stretch=0.0)
# For faces unlike those of the data, as real ones are unlike rendered ones: broad and long
# ones, other cameras and lights, up to no colour at all.
STRANGERS = replace(Augmentation(), shift=0.15, scale=0.20, saturation=1.0)


@dataclass
class SmileyData:
    """A data set in memory.

    Parameters
    ----------
    rows : list of dict, as from `dataset.manifest.read_manifest`
    pictures : list of Mipmap
    classes : list of str
    """

    rows: list
    pictures: list
    classes: list

    @classmethod
    def read(cls, data):
        """Read a data set; raise a `UserError` unless there are two classes."""
        rows = read_manifest(data)
        classes = classes_of(rows)
        if len(classes) < 2:
            raise UserError(f"{data} has one class only: {classes[0]}")
        images = read_images(manifest_path(data), rows)
        return cls(rows, [Mipmap(image) for image in images], classes)

    def hash(self):
        """Twelve digits that tell this data set from others: by its rows and its pixels."""
        digest = hashlib.sha256()
        for row, picture in zip(self.rows, self.pictures):
            row = {name: value for name, value in row.items() if name != "line"}
            digest.update(json.dumps(row, sort_keys=True).encode())
            digest.update(np.ascontiguousarray(picture.levels[0]))
        return digest.hexdigest()[:12]

    def of(self, indices):
        """Rows and pictures of a part."""
        return [self.rows[k] for k in indices], [self.pictures[k] for k in indices]


class SmileyBatches:
    """Makes training batches for `augment.stream.Stream`.

    Parameters
    ----------
    rows, pictures : as from `SmileyData.of`, the training part
    classes : list of str
    augmentation : Augmentation or None
        None gives the labelled squares as they are.
    batch : int
    """

    def __init__(self, rows, pictures, classes, augmentation=SMILEYS, batch=128):
        self.boxes = [box_of(row) for row in rows]
        self.pictures = pictures
        self.labels = labels_of(rows, classes)
        self.augmentation, self.batch = augmentation, batch
        if augmentation is None:
            self.squares = labelled_squares(rows, pictures)

    def __call__(self, rng):
        """One batch: (windows uint8 (N, 48, 48, 3), labels int32 (N,))."""
        chosen = rng.integers(len(self.labels), size=self.batch)
        if self.augmentation is None:
            return self.squares[chosen], self.labels[chosen]
        windows = np.empty((self.batch, 48, 48, 3), np.uint8)
        for k, index in enumerate(chosen):
            windows[k] = augment(rng, self.pictures[index], self.boxes[index], self.augmentation)
        return windows, self.labels[chosen]


def labels_of(rows, classes):
    """Index of each row's smiley in ``classes``: int32 (N,)."""
    number = {name: k for k, name in enumerate(classes)}
    return np.array([number[row["smiley"]] for row in rows], np.int32)


def labelled_squares(rows, pictures):
    """The labelled square of each picture as it is: uint8 (N, 48, 48, 3)."""
    return np.concatenate([crop(p, [box_of(row)]) for row, p in zip(rows, pictures)])
