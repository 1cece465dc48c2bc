"""More light for a dark picture, before faces are searched in it and smileys are read."""

import cv2
import numpy as np

from common.crops import Mipmap

MIN_BRIGHTNESS = 64  # mean brightness, of 255, from which on a picture is left as it is
STEP = 4  # of the pixels, each way, that are measured
HIGHLIGHTS = 99.5  # percentile of the values that a longer exposure must not blow out
MIN_GAMMA = 0.35  # smallest gamma: beyond, only noise would grow


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
