"""More light for a dark picture, before faces are searched in it."""

import cv2
import numpy as np

from pipeline.windows import Mipmap

ENOUGH = 64  # mean brightness, of 255, from which on a picture is left as it is
STEP = 4  # of the pixels, each way, whose mean is taken
LEAST = 0.35  # gamma of the darkest picture: beyond, only noise would grow


def lightened(picture):
    """A picture that the networks can see.

    They learnt from pictures in daylight and lamplight. The gamma of a dark one is such that
    a pixel of mean brightness gets `ENOUGH`; black stays black, white stays white, and at
    the bound nothing jumps.

    Parameters
    ----------
    picture : Mipmap

    Returns
    -------
    Mipmap
        The same one, if it is light enough.
    """
    image = picture.levels[0]
    mean = max(float(image[::STEP, ::STEP].mean()), 1.0)
    if mean >= ENOUGH:
        return picture
    gamma = max(LEAST, np.log(ENOUGH / 255) / np.log(mean / 255))
    table = (255 * (np.arange(256) / 255) ** gamma).round().astype(np.uint8)
    return Mipmap(cv2.LUT(image, table))
