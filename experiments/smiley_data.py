"""Training and validation windows of a smiley data set."""

import numpy as np

from augment.transforms import Augmentation, augment
from dataset.manifest import manifest_path, read_manifest
from dataset.tables import box_of, read_images
from pipeline.windows import Mipmap, crop

# The same algorithm as for detection. Shift and size vary as much as the 45 windows
# of the vote, since these are what the network will be shown.
SMILEYS = Augmentation(shift=0.15, scale=0.20)


def read_smiley_data(data):
    """Rows and pictures of a data set: (list of dict, list of Mipmap)."""
    rows = read_manifest(data)
    return rows, [Mipmap(image) for image in read_images(manifest_path(data), rows)]


class SmileyBatches:
    """Makes training batches for `augment.stream.Stream`.

    Parameters
    ----------
    rows, pictures : as from `read_smiley_data`, the training part
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

    def __call__(self, rng):
        """One batch: (windows uint8 (N, 48, 48, 3), labels int32 (N,))."""
        chosen = rng.integers(len(self.labels), size=self.batch)
        windows = np.empty((self.batch, 48, 48, 3), np.uint8)
        for k, index in enumerate(chosen):
            picture, box = self.pictures[index], self.boxes[index]
            if self.augmentation is None:
                windows[k] = crop(picture, [box])[0]
            else:
                windows[k] = augment(rng, picture, box, self.augmentation)
        return windows, self.labels[chosen]


def labels_of(rows, classes):
    """Index of each row's smiley in ``classes``: int32 (N,)."""
    number = {name: k for k, name in enumerate(classes)}
    return np.array([number[row["smiley"]] for row in rows], np.int32)


def labelled_squares(rows, pictures):
    """The labelled square of each picture as it is: uint8 (N, 48, 48, 3)."""
    return np.concatenate([crop(p, [box_of(row)]) for row, p in zip(rows, pictures)])
