"""Dark pictures get light, others stay as they are."""

import numpy as np
import pytest

from common.cli import ROOT
from common.crops import Mipmap
from common.video import open_source
from pipeline.cascade import Detector
from pipeline.light import MIN_BRIGHTNESS, brighten, normalize_contrast
from pipeline.suppression import overlaps
from pipeline.tracking import Tracker


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


def faces(rng, count=3, side=48):
    """Windows of any brightness and contrast: uint8 (count, side, side, 3)."""
    return np.stack(
        [
            rng.normal(rng.uniform(60, 180), rng.uniform(10, 40), (side, side, 1)).repeat(3, axis=2)
            for _ in range(count)
        ]
    ).clip(0, 255).round().astype(np.uint8)  # fmt: skip


@pytest.mark.parametrize("side", [48, 64])
def test_normalised_faces_have_one_mean_and_one_contrast_within_the_oval(side):
    columns, rows = np.meshgrid(np.arange(side), np.arange(side))
    half = side / 2
    inside = ((columns + 0.5 - half) / (0.6 * half)) ** 2 + (
        (rows + 0.5 - half) / (0.75 * half)
    ) ** 2 < 1
    for window in faces(np.random.default_rng(0), side=side):
        grey = normalize_contrast(window, window)[inside, 0].astype(float)
        gain = min(50 / window[inside, 0].std(), 2.5)
        assert grey.mean() == pytest.approx(120, abs=1)
        assert grey.std() == pytest.approx(window[inside, 0].std() * gain, abs=1.5)


def test_contrast_is_normalised_by_one_line_for_all_windows():
    rng = np.random.default_rng(1)
    windows = rng.integers(0, 256, (4, 20, 20, 3)).astype(np.uint8)
    face = faces(rng, 1)[0]
    changed = normalize_contrast(windows, face).astype(float)
    within = (changed > 0) & (changed < 255)
    slope, offset = np.polyfit(windows[within], changed[within], 1)
    assert 1.2 < slope < 2.51
    np.testing.assert_allclose(changed[within], windows[within] * slope + offset, atol=0.51)


def test_a_face_of_one_grey_is_not_torn_apart():
    window = np.full((48, 48, 3), 30, np.uint8)
    window[0] = 31
    assert normalize_contrast(window, window)[5, 5, 0] == 120
    assert normalize_contrast(window, window)[0, 0, 0] in (122, 123)
