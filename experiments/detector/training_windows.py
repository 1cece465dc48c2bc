"""Training windows of the face detector: faces, and everything that is none."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from augment.transforms import Augmentation, augment
from common.crops import Mipmap
from common.tables import (
    BOX,
    box_of,
    finite,
    read_header,
    read_images,
    read_lines,
    read_table,
    text,
)
from experiments.detector.hard_faces import PROFILE, darken, turn_of
from experiments.detector.props import staged
from experiments.detector.textures import texture
from experiments.detector.truth import LANDMARKS
from pipeline.calibration import shrunk
from pipeline.suppression import overlaps

# The cascade visits faces at steps of a sixth of their side and of 1.26 in size. Heads
# tilt, and small or moving faces are unsharp, more than a smiley's transforms allow for. The
# shipped networks learnt from faces of their own breadth.
STRONG = Augmentation(rotation=40, stretch=0.0, saturation=1.0, gamma=0.5, resolution=2.5, blur=1.5)
POSITIVES = replace(STRONG, shift=0.09, scale=0.14)
# A negative stays one wherever it is moved; occlusion would only hide it.
NEGATIVES = replace(STRONG, shift=0.15, scale=0.25, occlusion=0.05)
# But one beside a face, moved too far, would show the face.
MINED = replace(STRONG, shift=0.05, scale=0.10, occlusion=0.05)

HIDDEN = 0.2  # of all windows lie partly behind something
COVERED = (0.1, 0.5)  # how far in the edge reaches, as a share of the window's side
GREY = 0.12  # of all windows have no colour at all
DARK = 0.08  # of all windows have little light; dark pictures get more of it beforehand
LIGHT = (0.12, 0.5)  # share of it that is left to them

FACES = 0.40  # of a batch
HARD = 0.38  # windows that earlier networks took for faces, where there are `PLENTY`
PLENTY = 1500  # of fewer, each is shown no oftener than of so many: some may be faces after all
AROUND = 0.14  # parts of a face, its surroundings, the body below
# The rest: random windows of scenes.
NO_FACE = 0.4  # IoU with a face below which a window counts as background
APART = 0.05  # IoU with the boxed face below which a window may show another face
SECOND_FACE = 0.5  # and does, where it scores more: faces out of focus behind score little
PROFILES = 4.0  # times as often as a face that looks into the camera is a profile drawn
# Of the random windows, how many show which kind of scene, where the table tells: there are far
# more rooms than bark, gravel and hands.
KINDS = {"nature": 0.3, "hand": 0.2, "texture": 0.2}
TEXTURES = 300


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
    kind : str
        Of what it shows, as in `KINDS`.
    """

    picture: Mipmap
    face: tuple = None
    crowd: bool = False
    kind: str = ""

    def background(self, boxes, scores=None):
        """Which of these boxes (N, 4) are none of the face: bool (N,).

        In a crowd, windows apart from the boxed face that score (N,) high are taken for
        faces that were left unboxed: ears, hands and collars mostly overlap it.
        """
        if self.face is None:
            return np.ones(len(boxes), bool)
        overlap = overlaps(self.face, boxes)
        if self.crowd:
            return (overlap < NO_FACE) & ((overlap > APART) | (scores < SECOND_FACE))
        return overlap < NO_FACE


def read_faces(paths):
    """Rows (path, person, split, box) and pictures of CSV files, one face a row.

    Where there is no column ``split``, all faces are for training. Where there are landmarks,
    ``aside`` and ``roll`` say how far the head is turned (`hard_faces.turn_of`).
    """
    rows, pictures = [], []
    for path in paths:
        columns = {"path": text, "person": text, **BOX}
        known = set(LANDMARKS) <= set(read_header(read_lines(path), path))
        columns.update(dict.fromkeys(LANDMARKS if known else (), finite))
        part = read_table(path, columns, optional=("split",))
        for row in part if known else ():
            row["aside"], row["roll"] = turn_of(row)
        pictures += [Mipmap(image) for image in read_images(path, part)]
        rows += part
    return rows, pictures


def read_scenes(paths):
    """Rows (path, split, perhaps person and a box) and `Scene`s of CSV files.

    A file with columns ``x,y,w,h`` has pictures with one face, that box; without them,
    pictures with none. Where there is no column ``split``, all are for training.
    """
    rows, scenes = [], []
    for path in paths:
        boxes = BOX if "w" in read_header(read_lines(path), path) else {}
        columns = {"path": text, **boxes}
        part = read_table(path, columns, optional=("split", "person", "kind"))
        for row, image in zip(part, read_images(path, part)):
            face, kind = box_of(row) if boxes else None, row.get("kind", "")
            scenes.append(Scene(Mipmap(image), face, kind=kind))
        rows += part
    return rows, scenes


def textures(seed, count=TEXTURES):
    """Scenes of computed surfaces."""
    rng = np.random.default_rng(seed)
    return [Scene(Mipmap(texture(rng)), kind="texture") for _ in range(count)]


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

    But profiles come oftener, up to `PROFILES` times: few people of photos look aside.

    Parameters
    ----------
    rows : list of dict
        With ``person`` and perhaps ``aside``, one a face.
    """

    def __init__(self, rows):
        aside = np.array([row.get("aside", 0.0) for row in rows])
        self.weights = 1 + (PROFILES - 1) * np.minimum(aside / PROFILE, 1)
        people = {}
        for index, row in enumerate(rows):
            people.setdefault(row["person"], []).append(index)
        self.faces = list(people.values())

    def draw(self, rng):
        """Index of one row."""
        while True:
            faces = self.faces[rng.integers(len(self.faces))]
            index = faces[rng.integers(len(faces))]
            if rng.random() * PROFILES < self.weights[index]:
                return index


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
        self.kinds, self.shares = by_kind(self.empty)
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
        """One window (48, 48, 3) that nothing else hides, and its label."""
        picture, box, roll, how, label = self.place(rng)
        # Whatever it shows may wear a cap or be out of focus, face or not.
        picture, box = staged(rng, picture, box, roll)
        return augment(rng, picture, box, how), label

    def place(self, rng):
        """What the next window shows: (Mipmap, box, roll, Augmentation, label)."""
        draw = rng.random()
        if draw < FACES + AROUND:
            index = self.people.draw(rng)
            row, picture = self.rows[index], self.faces[index]
            box, roll = box_of(row), row.get("roll", 0.0)
            if draw < FACES:
                return picture, box, roll, POSITIVES, 1
            return picture, box_around(rng, box), roll, NEGATIVES, 0
        if draw < FACES + AROUND + HARD * min(1, len(self.hard) / PLENTY):
            index, *box = self.hard[rng.integers(len(self.hard))]
            return self.scenes[int(index)].picture, box, 0.0, MINED, 0
        return *self.anywhere(rng), 0.0, NEGATIVES, 0

    def anywhere(self, rng):
        """A scene's picture, the kinds in their shares, and a box in it."""
        scenes = self.kinds[rng.choice(len(self.kinds), p=self.shares)]
        scene = scenes[rng.integers(len(scenes))]
        return scene.picture, random_box(rng, scene)

    def nothing(self, rng):
        """A random window (48, 48, 3) of a scene."""
        return augment(rng, *self.anywhere(rng), NEGATIVES)


def by_kind(scenes):
    """Scenes of each kind, and the share of random windows that show it: two lists.

    `KINDS` has shares of all; what is of no such kind takes what is left.
    """
    kinds = {}
    for scene in scenes:
        kinds.setdefault(scene.kind if scene.kind in KINDS else "", []).append(scene)
    shares = np.array([KINDS.get(kind, 1 - sum(KINDS.values())) for kind in kinds])
    return list(kinds.values()), shares / shares.sum()
