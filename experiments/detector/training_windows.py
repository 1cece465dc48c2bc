"""Training windows of the face detector: faces, and everything that is none."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from augment.transforms import Augmentation, augment
from common.crops import Mipmap
from common.tables import BOX, box_of, read_header, read_images, read_lines, read_table, text
from experiments.detector.hard_faces import darken
from pipeline.calibration import shrunk
from pipeline.windows import overlaps

# The cascade visits faces at steps of a sixth of their side and of 1.26 in size. Heads
# tilt, and small or moving faces are unsharp, more than a smiley's transforms allow for. The
# shipped networks learnt from faces of their own breadth.
HARSH = Augmentation(rotation=28, stretch=0.0, saturation=1.0, gamma=0.5, resolution=2.5, blur=1.5)
POSITIVES = replace(HARSH, shift=0.09, scale=0.14)
# A negative stays one wherever it is moved; occlusion would only hide it.
NEGATIVES = replace(HARSH, shift=0.15, scale=0.25, occlusion=0.05)
# But one beside a face, moved too far, would show the face.
MINED = replace(HARSH, shift=0.05, scale=0.10, occlusion=0.05)

HIDDEN = 0.2  # of all windows lie partly behind something
COVERED = (0.1, 0.5)  # how far in the edge reaches, as a share of the window's side
GREY = 0.12  # of all windows have no colour at all
DARK = 0.06  # of all windows have little light; dark pictures get more of it beforehand
LIGHT = (0.15, 0.5)  # share of it that is left to them

FACES = 0.40  # of a batch
HARD = 0.38  # windows that earlier networks took for faces, as long as there are any
AROUND = 0.14  # parts of a face, its surroundings, the body below
# The rest: random windows of scenes.
NO_FACE = 0.4  # IoU with a face below which a window counts as background
APART = 0.05  # IoU with the boxed face below which a window may show another face
SECOND_FACE = 0.9  # and does, where it scores more


@dataclass
class Scene:
    """A picture whose windows are background, but for those that show its one face.

    Parameters
    ----------
    picture : Mipmap
    face : (x, y, w, h), optional
        Where there is one.
    crowd : bool
        Other faces may stand in it without a box: only what a network says of a window
        can tell.
    """

    picture: Mipmap
    face: tuple = None
    crowd: bool = False

    def background(self, boxes, scores=None):
        """Which of these boxes (N, 4) are none of the face: bool (N,).

        In a crowd, windows apart from the boxed face that score (N,) high are taken for
        faces that were left unboxed: of the training frames' windows that score more
        than 0.9 most are, while ears, hands and collars score less.
        """
        if self.face is None:
            return np.ones(len(boxes), bool)
        overlap = overlaps(self.face, boxes)
        if self.crowd:
            return (overlap < NO_FACE) & ((overlap > APART) | (scores < SECOND_FACE))
        return overlap < NO_FACE


def read_faces(paths):
    """Rows (path, person, split, box) and pictures of CSV files, one face a row.

    Where there is no column ``split``, all faces are for training.
    """
    rows, pictures = [], []
    for path in paths:
        part = read_table(path, {"path": text, "person": text, **BOX}, optional=("split",))
        pictures += [Mipmap(image) for image in read_images(path, part)]
        rows += part
    return rows, pictures


def read_scenes(paths):
    """Rows (path, split, perhaps a box) and `Scene`s of CSV files.

    A file with columns ``x,y,w,h`` has pictures with one face, that box; without them,
    pictures with none. Where there is no column ``split``, all are for training.
    """
    rows, scenes = [], []
    for path in paths:
        boxes = BOX if "w" in read_header(read_lines(path), path) else {}
        part = read_table(path, {"path": text, **boxes}, optional=("split",))
        for row, image in zip(part, read_images(path, part)):
            scenes.append(Scene(Mipmap(image), box_of(row) if boxes else None))
        rows += part
    return rows, scenes


def random_box(rng, scene, smallest=14):
    """Square window of background anywhere in a scene, its size log-uniform."""
    height, width = scene.picture.levels[0].shape[:2]
    largest = min(height, width)
    while True:
        side = np.exp(rng.uniform(np.log(min(smallest, largest)), np.log(largest)))
        box = rng.uniform(0, width - side), rng.uniform(0, height - side), side, side
        if scene.background([box])[0]:
            return box


def box_around(rng, box):
    """Window near a face that must not count as one: its IoU with the face is below `NO_FACE`.

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


def hidden(rng, window, over):
    """A window whose one side lies behind a straight edge of another window.

    Parameters
    ----------
    rng : numpy.random.Generator
    window, over : ndarray of uint8 (S, S, 3)

    Returns
    -------
    ndarray of uint8 (S, S, 3)
        The middle stays in sight.
    """
    size = len(window)
    angle, covered = rng.uniform(0, 2 * np.pi), rng.uniform(*COVERED)
    across = (np.arange(size) + 0.5) / size - 0.5
    along = np.cos(angle) * across + np.sin(angle) * across[:, None]
    # From 0 to 1 over a pixel, as a lens shows an edge.
    mask = np.clip((along - 0.5 + covered) * size + 0.5, 0, 1)[..., None]
    return (window + mask * (over.astype(float) - window)).round().astype(np.uint8)


def disguised(rng, window, other):
    """A window as the world may show it: perhaps hidden, grey or dark, or all of it.

    Parameters
    ----------
    rng : numpy.random.Generator
    window : ndarray of uint8 (S, S, 3)
    other : callable
        Another window, which may hide this one.

    Returns
    -------
    ndarray of uint8 (S, S, 3)
    """
    if rng.random() < HIDDEN:
        window = hidden(rng, window, other())
    if rng.random() < GREY:
        window = cv2.cvtColor(cv2.cvtColor(window, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    if rng.random() < DARK:
        window = darken(window, rng, LIGHT).round().clip(0, 255).astype(np.uint8)
    return window


class People:
    """Draws faces so that every person counts alike, however many frames she has.

    Parameters
    ----------
    rows : list of dict
        With ``person``, one a face.
    """

    def __init__(self, rows):
        people = {}
        for index, row in enumerate(rows):
            people.setdefault(row["person"], []).append(index)
        self.faces = list(people.values())

    def draw(self, rng):
        """Index of one row."""
        faces = self.faces[rng.integers(len(self.faces))]
        return faces[rng.integers(len(faces))]


class DetectorBatches:
    """Makes batches of windows for `augment.stream.Stream`.

    Parameters
    ----------
    faces : (rows, mipmaps) for training, as from `read_faces`
    scenes : list of Scene
        From a crowd come no random windows, only hard ones.
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
        self.empty = [scene for scene in scenes if not scene.crowd]
        self.hard = np.zeros((0, 5)) if hard is None else hard
        self.size, self.batch = size, batch
        self.people = People(self.rows)

    def __call__(self, rng):
        """One batch: (windows uint8 (N, size, size, 3), labels int32 (N,); 1 is a face)."""
        windows = np.empty((self.batch, 48, 48, 3), np.uint8)
        labels = np.zeros(self.batch, np.int32)
        for k in range(self.batch):
            windows[k], labels[k] = self.sample(rng)
        return shrunk(windows, self.size), labels

    def sample(self, rng):
        """One window (48, 48, 3) and its label.

        Faces and what is none are hidden, grey and dark equally often, so that this does not
        tell them apart.
        """
        window, label = self.clear(rng)
        return disguised(rng, window, lambda: self.nothing(rng)), label

    def clear(self, rng):
        """One window (48, 48, 3) in full sight, and its label."""
        draw = rng.random()
        if draw < FACES + AROUND:
            index = self.people.draw(rng)
            box = box_of(self.rows[index])
            if draw < FACES:
                return augment(rng, self.faces[index], box, POSITIVES), 1
            return augment(rng, self.faces[index], box_around(rng, box), NEGATIVES), 0
        if draw < FACES + AROUND + HARD and len(self.hard):
            index, *box = self.hard[rng.integers(len(self.hard))]
            return augment(rng, self.scenes[int(index)].picture, box, MINED), 0
        return self.nothing(rng), 0

    def nothing(self, rng):
        """A random window (48, 48, 3) of a scene."""
        scene = self.empty[rng.integers(len(self.empty))]
        return augment(rng, scene.picture, random_box(rng, scene), NEGATIVES)
