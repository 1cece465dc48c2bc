"""Calibration: how a window lies beside the face in it, and the window corrected by it.

Li et al. (2015): a net of 45 classes, one for each way in which a window may be shifted
and scaled; the box is corrected by what the net says.
"""

from dataclasses import dataclass

import cv2
import lasagne
import numpy as np

from common.crops import Mipmap, crop
from nets.functions import compile_probabilities
from nets.input import network_input
from nets.weights import load_network
from pipeline.windows import SCALES, SHIFTS

# (45, 3): logarithm of the scale, then right and down as shares of the face's side; in
# the order of `neighbours`.
PATTERNS = np.array(
    [(np.log(scale), right, down) for scale in SCALES for down in SHIFTS for right in SHIFTS]
)
BATCH = 128  # windows the net takes at once


def correct(boxes, probabilities):
    """Move each box onto the face it lies beside.

    Li et al. average the patterns whose probability is above a threshold; here all are,
    each with its probability as its weight.

    Parameters
    ----------
    boxes : ndarray (N, 4)
    probabilities : ndarray (N, 45)
        Of each box being that one of the face's `pipeline.windows.neighbours`.

    Returns
    -------
    ndarray (N, 4)
    """
    log_scale, right, down = (np.asarray(probabilities, float) @ PATTERNS).T
    x, y, w, h = np.asarray(boxes, float).reshape(-1, 4).T
    width, height = w * np.exp(-log_scale), h * np.exp(-log_scale)
    cx, cy = x + w / 2 - right * width, y + h / 2 - down * height
    return np.stack([cx - width / 2, cy - height / 2, width, height], axis=1)


@dataclass
class Calibrator:
    """A compiled calibration net.

    Parameters
    ----------
    probabilities : callable
        (N, 3, size, size) float32 to (N, 45).
    size : int
        12 or 48.
    """

    probabilities: callable
    size: int

    @classmethod
    def load(cls, path, kind):
        """Load the weights of ``small_calibration`` or ``big_calibration``."""
        network, _ = load_network(path, kind)
        return cls.of(network)

    @classmethod
    def of(cls, network):
        """Compile a network."""
        return cls(compile_probabilities(network), side_of(network))

    def __call__(self, picture, boxes):
        """Correct boxes (N, 4) in a picture (uint8 (H, W, 3), or its `Mipmap`): (N, 4)."""
        picture, boxes = Mipmap.of(picture), np.asarray(boxes, float).reshape(-1, 4)
        corrected = [boxes[:0]]
        for start in range(0, len(boxes), BATCH):
            part = boxes[start : start + BATCH]
            windows = shrunk(crop(picture, part), self.size)
            corrected.append(correct(part, self.probabilities(network_input(windows))))
        return np.concatenate(corrected)


def side_of(network):
    """Side of the windows that a network takes, in pixels."""
    return lasagne.layers.get_all_layers(network)[0].shape[-1]


def shrunk(windows, size):
    """Windows (N, 48, 48, 3) as the small nets see them, if ``size`` is less than 48."""
    if size == windows.shape[1]:
        return windows
    return np.stack([cv2.resize(w, (size, size), interpolation=cv2.INTER_AREA) for w in windows])
