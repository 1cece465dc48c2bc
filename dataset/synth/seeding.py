"""Random numbers and smooth functions that give the same pixels everywhere.

NumPy's `exp`, `sin`, `arctan2` and their like may differ in the last bit between
versions and processors. Two rules keep that out of the pictures: such functions are
evaluated in float64 only (a difference of 1e-16 does not reach a byte of a pixel),
and float32 is used only with + - * / and sqrt, which IEEE 754 defines exactly. Sorts
are stable, so that ties fall the same way.
"""

import zlib

import cv2
import numpy as np


def generator(*keys):
    """Independent random stream for a sequence of integers and strings.

    Parameters
    ----------
    *keys : int or str
        For example a person's seed, the name of a stage, a smiley, a take.

    Returns
    -------
    numpy.random.Generator
    """
    words = [zlib.crc32(key.encode()) if isinstance(key, str) else int(key) for key in keys]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words)))


def smoothstep(x, low, high):
    """0 at `low`, 1 at `high`, smooth between and constant beyond; `low` may exceed `high`."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def pick(rng, options):
    """One element of a sequence, each equally likely."""
    return options[int(rng.integers(len(options)))]


def smooth_noise(rng, height, width, grain):
    """Noise (height, width) float32, about zero mean and unit spread, blobs of `grain` pixels."""
    rows, columns = int(height / grain) + 3, int(width / grain) + 3
    noise = rng.standard_normal((rows, columns)).astype(np.float32)
    return cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)


def linear(rgb):
    """Colour given as sRGB bytes (..., 3) turned into linear light, 0..1, float64."""
    return (np.clip(np.asarray(rgb, float), 0, 255) / 255) ** 2.2
