"""Dark pictures get light, others stay as they are."""

import numpy as np
import pytest

from common.cli import ROOT
from common.crops import Mipmap
from common.video import open_source
from pipeline.cascade import Detector
from pipeline.light import MIN_BRIGHTNESS, brighten
from pipeline.tracking import Tracker
from pipeline.windows import overlaps


def evenly(highest):
    """A picture of all brightnesses up to ``highest``."""
    return Mipmap(np.tile(np.linspace(0, highest, 200).astype(np.uint8)[:, None, None], (1, 90, 3)))


def test_a_light_picture_is_the_same_one():
    picture = evenly(255)
    assert brighten(picture) is picture


@pytest.mark.parametrize("highest", [20, 40, 80, 120])
def test_a_dark_picture_gets_lighter_in_order(highest):
    before, after = evenly(highest).levels[0], brighten(evenly(highest)).levels[0]
    assert after.dtype == np.uint8
    assert after.mean() > 1.05 * before.mean()
    assert 0.9 * MIN_BRIGHTNESS < after.mean() < 1.1 * MIN_BRIGHTNESS
    assert (np.diff(after[:, 0, 0].astype(int)) >= 0).all()
    assert after[0, 0, 0] == 0


def test_of_a_grey_picture_the_mean_is_met_and_nothing_jumps_at_the_bound():
    even = np.full((40, 40, 3), 20, np.uint8)
    assert abs(int(brighten(Mipmap(even)).levels[0][0, 0, 0]) - MIN_BRIGHTNESS) <= 1
    almost = np.full((40, 40, 3), MIN_BRIGHTNESS - 1, np.uint8)
    assert brighten(Mipmap(almost)).levels[0].max() <= MIN_BRIGHTNESS + 1


def test_black_and_tiny_pictures_stay_what_they_are():
    for shape in ((1, 1, 3), (3, 50, 3)):
        black = brighten(Mipmap(np.zeros(shape, np.uint8))).levels[0]
        assert black.shape == shape
        assert black.max() == 0


def test_an_underexposed_picture_is_exposed_anew():
    rng = np.random.default_rng(0)
    whole = rng.integers(0, 120, (60, 60, 3))  # of a mean of MIN_BRIGHTNESS, nearly
    dark = (whole * 0.3).round().astype(np.uint8)
    assert np.abs(brighten(Mipmap(dark)).levels[0].astype(int) - whole).mean() < 5


def test_lamps_at_night_are_not_blown_out():
    night = np.full((100, 100, 3), 12, np.uint8)
    night[:20, :20] = np.arange(160, 240, 4, dtype=np.uint8)[:, None, None]
    lighter = brighten(Mipmap(night)).levels[0].astype(int)
    assert lighter[50, 50, 0] > 2 * 12
    assert (np.diff(lighter[:17, 0, 0]) > 0).all()  # but for the brightest


def test_a_face_in_the_dark_is_found_where_it_is_in_the_light():
    detector = Detector.load(ROOT / "weights")
    frame = next(iter(open_source(str(ROOT / "dataset" / "demo" / "known.mp4"))))
    dark = np.random.default_rng(0).normal(frame * 0.12, 2).round().clip(0, 255).astype(np.uint8)
    box = detector.detect(frame, 60)[0][0]
    found, scores = detector.detect(dark, 60)
    assert overlaps(box, found[:1])[0] > 0.7
    assert scores[0] > 0.8
    # Between two searches, too.
    tracker = Tracker(detector, every=10)
    tracker.faces(dark, 60)
    tracker.follow(found[0])
    near, _ = tracker.faces(dark, 60)
    assert overlaps(box, near)[0] > 0.6
