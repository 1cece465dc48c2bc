"""HDR pictures as an ordinary screen would show them: what the networks were taught on.

The curves are those of SMPTE ST 2084 (PQ) and ARIB STD-B67 (HLG), the levels those of
ITU-R BT.2408: white paper lies at 203 candelas per square metre, HLG's peak at 1,000.
"""

from functools import lru_cache

import cv2
import numpy as np

PQ, HLG = 16, 18  # transfer characteristics as ITU-T H.273 numbers them
WHITE, PEAK = 203.0, 1000.0
KNEE = 0.7  # of white: below, nothing changes; lights above are squeezed in up to white
STEPS = 4095  # of the table that encodes light as 8 bits
# Light in BT.2020's primaries to BT.709's (BT.2087), both as blue, green, red.
TO_709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]]
)[::-1, ::-1].astype(np.float32)


def pq_light(signal):
    """Light of a PQ signal of 0 to 1, as multiples of white."""
    root = np.power(signal, 1 / 78.84375)
    inner = np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)
    return 10000 / WHITE * np.power(inner, 1 / 0.1593017578125)


def hlg_light(signal):
    """Light of an HLG signal of 0 to 1 on a screen of 1,000 candelas, as multiples of white."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
    return PEAK / WHITE * np.power(scene, 1.2)


@lru_cache(maxsize=2)
def light_table(transfer):
    """Light of each 16-bit value: float32 (65536,)."""
    signal = np.arange(65536) / 65535
    return (pq_light if transfer == PQ else hlg_light)(signal).astype(np.float32)


@lru_cache(maxsize=1)
def screen_table():
    """8-bit value of light of 0 to `PEAK`, in `STEPS` of its square root: uint8 (STEPS + 1,)."""
    light = PEAK / WHITE * (np.arange(STEPS + 1) / STEPS) ** 2
    over = np.maximum(light - KNEE, 0)
    most = PEAK / WHITE - KNEE
    # From the knee on with slope 1, and at the peak just white (extended Reinhard).
    room = 1 - KNEE
    x, end = over / room, most / room
    squeezed = np.minimum(light, KNEE) + room * x * (1 + x / end**2) / (1 + x)
    return (255 * np.power(np.clip(squeezed, 0, 1), 1 / 2.2)).round().astype(np.uint8)


def to_screen(image, transfer):
    """An HDR picture, uint16 (H, W, 3) BGR of BT.2020, as uint8 BGR of an ordinary screen.

    Parameters
    ----------
    image : ndarray of uint16, shape (H, W, 3)
    transfer : int
        `PQ` or `HLG`.
    """
    light = cv2.transform(np.take(light_table(transfer), image), TO_709)
    np.clip(light, 0, PEAK / WHITE, out=light)
    steps = STEPS * cv2.sqrt(light * (WHITE / PEAK))
    return np.take(screen_table(), np.rint(steps).astype(np.uint16))
