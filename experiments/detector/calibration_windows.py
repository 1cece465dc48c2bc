"""Windows beside faces, for the calibration nets, and how well a net puts them right."""

from dataclasses import replace

import cv2
import numpy as np

from augment.transforms import augment
from common.crops import Mipmap
from common.tables import box_of
from experiments.detector.metrics import localisation
from experiments.detector.training_windows import NEGATIVES, STRONG, People, box_around, disguised
from pipeline.calibration import shrunk
from pipeline.windows import SCALES, SHIFTS, neighbours

# The window is the class: beyond a little, nothing may move it.
JITTER = replace(STRONG, shift=0.03, scale=0.04, rotation=12, perspective=0.05, flip=0)
# About its own centre a face may tilt farther: it lies beside the window as before.
TURN = 30  # degrees
TURNED = replace(JITTER, rotation=5)
PLACES = (len(SCALES), len(SHIFTS), len(SHIFTS))  # scale, down, right


def mirrored(label):
    """The class of a window when picture and window are mirrored: right becomes left."""
    scale, down, right = np.unravel_index(label, PLACES)
    return int(np.ravel_multi_index((scale, down, PLACES[2] - 1 - right), PLACES))


def turned(picture, box, angle):
    """A picture turned about a box's centre by degrees, clockwise: Mipmap."""
    image = picture.levels[0]
    x, y, w, h = box
    centre = x + w / 2 - 0.5, y + h / 2 - 0.5  # from the first pixel's centre
    matrix = cv2.getRotationMatrix2D(centre, -angle, 1)
    size = image.shape[1], image.shape[0]
    return Mipmap(cv2.warpAffine(image, matrix, size, borderMode=cv2.BORDER_REPLICATE))


class CalibrationBatches:
    """Makes batches for `augment.stream.Stream`.

    Parameters
    ----------
    faces : (rows, mipmaps), as from `training_windows.read_faces`
    size : int
        Side of the windows, 12 or 48.
    batch : int
    hard : bool
        Show turned, hidden, grey and dark faces, too. The small net has no room for them:
        it puts the others right less well then.
    """

    def __init__(self, faces, size, batch=64, hard=False):
        self.rows, self.pictures = faces
        self.size, self.batch, self.hard = size, batch, hard
        self.people = People(self.rows)

    def __call__(self, rng):
        """One batch: (windows uint8 (N, size, size, 3), classes int32 (N,))."""
        windows = np.empty((self.batch, 48, 48, 3), np.uint8)
        labels = np.empty(self.batch, np.int32)
        for k in range(self.batch):
            index = self.people.draw(rng)
            label, flip = int(rng.integers(np.prod(PLACES))), rng.random() < 0.5
            box, picture = box_of(self.rows[index]), self.pictures[index]
            how = replace(TURNED if self.hard else JITTER, flip=int(flip))
            if self.hard:
                picture = turned(picture, box, rng.uniform(-TURN, TURN))
            window = augment(rng, picture, neighbours(box)[label], how)
            windows[k] = disguised(rng, window, lambda: self.other(rng)) if self.hard else window
            labels[k] = mirrored(label) if flip else label
        return shrunk(windows, self.size), labels

    def other(self, rng):
        """A window (48, 48, 3) of what surrounds some face, to hide another one."""
        index = self.people.draw(rng)
        box = box_around(rng, box_of(self.rows[index]))
        return augment(rng, self.pictures[index], box, NEGATIVES)


def evaluate(calibrator, faces, seed):
    """Errors of windows as the cascade may leave them, before and after calibration.

    One window a face, shifted by up to a tenth of its side and scaled by up to 1.2.

    Returns
    -------
    dict of str to float
        Median and 95th percentile of the centre's error, in sides of the true square, and
        of the size's, times too large or too small.
    """
    rng = np.random.default_rng(seed)
    before, after = [], []
    for row, picture in zip(*faces):
        x, y, w, h = truth = box_of(row)
        side = w * np.exp(rng.uniform(-0.18, 0.18))
        right, down = rng.uniform(-0.1, 0.1, 2) * w
        window = (x + w / 2 + right - side / 2, y + h / 2 + down - side / 2, side, side)
        before.append(localisation(truth, [window], 0))
        after.append(localisation(truth, calibrator(picture, [window]), 0))
    report = {}
    for name, found in (("before", before), ("after", after)):
        centre, size = np.array(found).T
        for share in (50, 95):
            report[f"centre_{share}_{name}"] = round(float(np.percentile(centre, share)), 4)
            report[f"size_{share}_{name}"] = round(float(2 ** np.percentile(abs(size), share)), 4)
    return report
