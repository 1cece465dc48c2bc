"""More light for a dark picture, before faces are searched in it and smileys are read."""

from functools import cache

import cv2
import numpy as np

from common.crops import Mipmap
from nets.input import network_input

MIN_BRIGHTNESS = 64  # mean brightness, of 255, from which on a picture is left as it is
STEP = 4  # of the pixels, each way, that are measured
HIGHLIGHTS = 99.5  # percentile of the values that a longer exposure must not blow out
MIN_GAMMA = 0.35  # smallest gamma: beyond, only noise would grow

# Of a normalised face within its oval, of 255; and how much contrast may grow at most.
MEAN, DEVIATION, MAX_GAIN = 120.0, 50.0, 2.5
OVAL = (0.6, 0.75)  # semi-axes, of half the window's side: brows, eyes and mouth, no background


def normalize_contrast(windows, face):
    """Windows as bright and as rich in contrast as if all faces stood in the same light.

    Mean and standard deviation of the grey face within an oval become `MEAN` and `DEVIATION`, by
    one linear function of all windows' values.

    Parameters
    ----------
    windows : ndarray of uint8 (..., H, W) or (..., H, W, 3)
        Cut from the picture that shows the face.
    face : ndarray of uint8 (S, S) or (S, S, 3)
        The face's square: what is measured.

    Returns
    -------
    ndarray of uint8
    """
    grey = cv2.cvtColor(face, cv2.COLOR_BGR2GRAY) if face.ndim == 3 else face
    seen = grey[oval(len(grey))].astype(np.float32)
    gain = min(DEVIATION / max(float(seen.std()), 1e-3), MAX_GAIN)
    values = np.arange(256) * gain + (MEAN - gain * float(seen.mean()))
    return values.round().clip(0, 255).astype(np.uint8)[windows]


def face_input(windows, normalized=False):
    """Network input of windows uint8 (N, S, S, 3), each of them a face's square.

    They are normalised each by itself for a network that has been trained so.
    """
    if normalized:
        windows = np.stack([normalize_contrast(window, window) for window in windows])
    return network_input(windows)


@cache
def oval(side):
    """Which pixels of a square are measured: ndarray of bool (side, side)."""
    along = (np.arange(side) + 0.5) * 2 / side - 1
    return (along / OVAL[0]) ** 2 + (along[:, None] / OVAL[1]) ** 2 < 1


def brighten(picture):
    """Brighten a dark picture: the networks have been trained on daylight and lamplight.

    A dark one is exposed longer, as far as its lights allow; where that does not suffice, a
    gamma lifts what lies between black and white. In the end a pixel of mean brightness
    gets `MIN_BRIGHTNESS`; at the bound nothing jumps.

    Parameters
    ----------
    picture : Mipmap

    Returns
    -------
    Mipmap
        The same one, if it is light enough or was made here: nothing is brightened twice.
    """
    if picture.lit:
        return picture
    some = picture.levels[0][::STEP, ::STEP]
    mean = max(float(some.mean()), 1.0)
    if mean >= MIN_BRIGHTNESS:
        picture.lit = True
        return picture
    gain = max(1.0, min(MIN_BRIGHTNESS / mean, 255 / max(np.percentile(some, HIGHLIGHTS), 1.0)))
    gamma = max(
        MIN_GAMMA, np.log(MIN_BRIGHTNESS / 255) / np.log(min(mean * gain, MIN_BRIGHTNESS) / 255)
    )
    values = np.minimum(np.arange(256) / 255 * gain, 1) ** gamma
    lit = Mipmap(cv2.LUT(picture.levels[0], (255 * values).round().astype(np.uint8)))
    lit.lit = True
    return lit
