"""HDR as an ordinary screen shows it, against the standards' formulas the other way round."""

import numpy as np
import pytest

from common.hdr import HLG, PQ, to_screen


def pq_signal(nits):
    """SMPTE ST 2084's inverse EOTF."""
    y = (np.asarray(nits) / 10000) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * y) / (1 + 18.6875 * y)) ** 78.84375


def hlg_signal(nits):
    """ARIB STD-B67's OETF of what a screen of 1,000 candelas shows as this."""
    scene = (np.asarray(nits) / 1000) ** (1 / 1.2)
    high = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), high)


@pytest.mark.parametrize(("transfer", "signal"), [(PQ, pq_signal), (HLG, hlg_signal)])
def test_greys_below_white_are_those_of_a_plain_video(transfer, signal):
    light = np.array([0.02, 0.1, 0.18, 0.4, 0.65])  # of white paper, 203 candelas
    values = np.rint(65535 * signal(203 * light)).astype(np.uint16)
    image = np.repeat(values[None, :, None], 3, axis=2)
    shown = to_screen(image, transfer)[0]
    expected = 255 * light ** (1 / 2.2)
    assert np.abs(shown - expected[:, None]).max() <= 2


@pytest.mark.parametrize(("transfer", "signal"), [(PQ, pq_signal), (HLG, hlg_signal)])
def test_lights_are_squeezed_in_and_never_turn_dark(transfer, signal):
    values = np.rint(65535 * signal(np.linspace(0, 1000, 60))).astype(np.uint16)
    shown = to_screen(np.repeat(values[None, :, None], 3, axis=2), transfer)[0, :, 0].astype(int)
    assert (np.diff(shown) >= 0).all()
    assert shown[0] == 0
    assert shown[-1] == 255
    beyond = np.full((1, 1, 3), 65535, np.uint16)
    assert to_screen(beyond, transfer).min() >= 254


def test_a_red_of_the_wide_colours_stays_red():
    # BT.709's red in BT.2020's primaries, as BT.2087 gives it: 0.6274, 0.0691, 0.0164.
    light = 0.5 * np.array([0.0164, 0.0691, 0.6274])
    image = np.rint(65535 * pq_signal(203 * light)).astype(np.uint16)[None, None]
    blue, green, red = to_screen(image, PQ)[0, 0].astype(int)
    assert abs(red - 255 * 0.5 ** (1 / 2.2)) <= 3
    assert max(blue, green) <= 25
