"""Training windows of the face detector: faces, and everything that is none."""

import cv2
import numpy as np

from augment.transforms import Augmentation, augment
from dataset.tables import BOX, box_of, read_images, read_table, text
from pipeline.windows import Mipmap

# The cascade visits faces at steps of a sixth of their side and of 1.26 in size.
POSITIVES = Augmentation(shift=0.09, scale=0.14)
# A negative stays one wherever it is moved; occlusion would only hide it.
NEGATIVES = Augmentation(shift=0.15, scale=0.25, occlusion=0.05)

FACES = 0.40  # of a batch
HARD = 0.38  # windows that earlier networks took for faces, as long as there are any
AROUND = 0.14  # parts of a face, its surroundings, the body below
# The rest: random windows of scenes.


def read_faces(path):
    """Rows (path, person, split, box) and pictures of a CSV of faces, one face a row."""
    rows = read_table(path, {"path": text, "person": text, "split": text, **BOX})
    return rows, [Mipmap(image) for image in read_images(path, rows)]


def read_scenes(path):
    """Rows (path, split) and pictures of a CSV of pictures without a face."""
    rows = read_table(path, {"path": text, "split": text})
    return rows, [Mipmap(image) for image in read_images(path, rows)]


def random_box(rng, shape, smallest=14):
    """Square window anywhere in a picture of this shape, its size log-uniform."""
    height, width = shape[:2]
    largest = min(height, width)
    side = np.exp(rng.uniform(np.log(min(smallest, largest)), np.log(largest)))
    return rng.uniform(0, width - side), rng.uniform(0, height - side), side, side


def box_around(rng, box):
    """Window near a face that must not count as one: its IoU with the face is below 0.4.

    Other people's faces may stand unboxed in a picture, so only these are taken from
    pictures of faces: a part of the face, the face from too far away, beside it, and
    the body right below it.
    """
    x, y, w, h = box
    cx, cy = x + w / 2, y + h / 2
    kind = rng.integers(4)
    if kind == 0:  # a part
        side = w * rng.uniform(0.25, 0.6)
        cx, cy = rng.uniform(x + side / 3, x + w - side / 3), rng.uniform(y, y + h)
    elif kind == 1:  # from too far away
        side = w * rng.uniform(1.75, 3.0)
        cx, cy = cx + w * rng.uniform(-0.4, 0.4), cy + h * rng.uniform(-0.4, 0.4)
    elif kind == 2:  # beside
        side = w * rng.uniform(0.75, 1.3)
        angle, distance = rng.uniform(0, 2 * np.pi), w * rng.uniform(0.6, 1.0)
        cx, cy = cx + distance * np.cos(angle), cy + distance * np.sin(angle)
    else:  # the body
        side = w * rng.uniform(0.6, 1.8)
        cx, cy = cx + w * rng.uniform(-0.8, 0.8), y + h + side / 2 + h * rng.uniform(0.0, 0.8)
    return cx - side / 2, cy - side / 2, side, side


class DetectorBatches:
    """Makes batches of windows for `augment.stream.Stream`.

    Parameters
    ----------
    faces : (rows, mipmaps) for training, as from `read_faces`
    scenes : list of Mipmap
    hard : ndarray (N, 5)
        Scene index and box of windows that earlier networks took for faces.
    size : int
        48, or 12 for the small net: windows of 48 shrunk by area, as the pyramid's
        pictures are.
    batch : int
    """

    def __init__(self, faces, scenes, hard=None, size=48, batch=128):
        self.rows, self.faces = faces
        self.scenes = scenes
        self.hard = np.zeros((0, 5)) if hard is None else hard
        self.size, self.batch = size, batch
        # Every person counts alike, however many frames she has.
        people = {}
        for index, row in enumerate(self.rows):
            people.setdefault(row["person"], []).append(index)
        self.people = list(people.values())

    def __call__(self, rng):
        """One batch: (windows uint8 (N, size, size, 3), labels int32 (N,); 1 is a face)."""
        windows = np.empty((self.batch, self.size, self.size, 3), np.uint8)
        labels = np.zeros(self.batch, np.int32)
        for k in range(self.batch):
            window, labels[k] = self.sample(rng)
            if self.size != window.shape[0]:
                window = cv2.resize(window, (self.size,) * 2, interpolation=cv2.INTER_AREA)
            windows[k] = window
        return windows, labels

    def sample(self, rng):
        """One window (48, 48, 3) and its label."""
        draw = rng.random()
        if draw < FACES + AROUND:
            person = self.people[rng.integers(len(self.people))]
            index = person[rng.integers(len(person))]
            box = box_of(self.rows[index])
            if draw < FACES:
                return augment(rng, self.faces[index], box, POSITIVES), 1
            return augment(rng, self.faces[index], box_around(rng, box), NEGATIVES), 0
        if draw < FACES + AROUND + HARD and len(self.hard):
            index, *box = self.hard[rng.integers(len(self.hard))]
            return augment(rng, self.scenes[int(index)], box, NEGATIVES), 0
        scene = self.scenes[rng.integers(len(self.scenes))]
        return augment(rng, scene, random_box(rng, scene.levels[0].shape), NEGATIVES), 0
