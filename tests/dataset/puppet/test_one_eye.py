"""Winks out of blinks, on pictures whose eyes are discs at known places."""

import cv2
import numpy as np
import pytest

from dataset.puppet import one_eye
from dataset.puppet.landmark_outlines import COUNT, LEFT_CHEEK, NOSE_TIP, RIGHT_CHEEK
from dataset.puppet.sources import Source

EYES = {"right": (40.0, 50.0), "left": (80.0, 50.0)}  # the person's own: right stands left


def points():
    """A face's points, as far as they are read: corners of eyes 16 wide, others around."""
    rng = np.random.default_rng(3)
    made = np.full((COUNT, 2), 60.0)
    for side, (x, y) in EYES.items():
        for point in one_eye.BESIDE[side]:
            made[point] = np.add((x, y), rng.uniform(-16, 16, 2))
        outer, inner = one_eye.CORNERS[side]
        sign = 1 if side == "right" else -1
        made[outer], made[inner] = (x - 8 * sign, y), (x + 8 * sign, y)
    made[NOSE_TIP], made[RIGHT_CHEEK], made[LEFT_CHEEK] = (60, 70), (20, 60), (100, 60)
    return made


def picture(where, radius=5):
    """A grey picture with a black disc at each eye."""
    image = np.full((120, 120, 3), 120, np.uint8)
    image += np.random.default_rng(0).integers(0, 20, image.shape, dtype=np.uint8)
    for x, y in where:
        cv2.circle(image, (round(x), round(y)), radius, (0, 0, 0), -1)
    return image


def frame(person, blinks, moved=(0, 0), lowered=0.0, split=""):
    scores = {"eyeBlinkLeft": blinks[0], "eyeBlinkRight": blinks[1]}
    scores.update(eyeLookDownLeft=lowered, eyeLookDownRight=lowered)
    return Source(None, f"{person}{moved}", person, split, points() + moved, scores)


@pytest.mark.parametrize(("side", "other"), [("right", "left"), ("left", "right")])
def test_one_eye_is_shut_and_the_rest_stays(side, other):
    open_, shut = picture(EYES.values()), picture([])
    made = one_eye.with_eye_of(open_, points(), shut, points(), side)
    values = {name: made[round(y), round(x)].mean() for name, (x, y) in EYES.items()}
    assert values[side] > 90
    assert values[other] == 0
    assert (made[:, 60] == open_[:, 60]).all()
    assert (made[90:] == open_[90:]).all()


def test_the_eye_is_found_where_the_other_frame_has_it():
    """The other frame is twice as large, turned by 20 degrees and moved."""
    move = np.add(cv2.getRotationMatrix2D((60, 60), 20, 2.0), [[0, 0, 7], [0, 0, -5]])
    other = points() @ move[:, :2].T + move[:, 2]
    places = [np.asarray(eye) @ move[:, :2].T + move[:, 2] for eye in EYES.values()]
    made = one_eye.with_eye_of(picture([]), points(), picture(places, 10), other, "right")
    dark = np.argwhere(made.mean(axis=2) < 60)
    assert len(dark) > 40
    assert np.hypot(*(dark.mean(axis=0)[::-1] - EYES["right"])) < 1.0


def test_another_light_does_not_show():
    bright = picture([])
    dark = (bright.astype(float) * 0.5).astype(np.uint8)
    made = one_eye.with_eye_of(bright, points(), dark, points(), "left").astype(int)
    assert abs(made - bright).max() < 12


def test_a_blink_finds_the_most_alike_frames_of_the_same_person():
    shut, stranger = frame("a", (0.8, 0.7)), frame("b", (0.1, 0.1))
    alike = [frame("a", (0.1, 0.1), (k, 2)) for k in range(3)]
    for k, one in enumerate(alike):
        one.points[33] += 5 * k  # more and more another pose: one corner lies elsewhere
    other = frame("a", (0.1, 0.2), (9, 9))
    other.points[33] += 90
    found = one_eye.pairs([other, alike[2], shut, stranger, alike[1], alike[0]])
    assert [(a.path, b.path) for a, b in found] == [(shut.path, one.path) for one in alike[:2]]
    assert one_eye.pairs([shut, stranger, other]) == []


def test_half_shut_lowered_turned_or_small_eyes_are_neither():
    assert one_eye.eyes(frame("a", (0.8, 0.7))) == "closed"
    assert one_eye.eyes(frame("a", (0.1, 0.2))) == "open"
    assert one_eye.eyes(frame("a", (0.8, 0.1))) is None
    assert one_eye.eyes(frame("a", (0.1, 0.1), lowered=0.9)) is None
    turned = frame("a", (0.1, 0.1))
    turned.points[NOSE_TIP] = turned.points[RIGHT_CHEEK]
    assert one_eye.eyes(turned) is None
    small = frame("a", (0.1, 0.1))
    assert one_eye.eyes(small._replace(points=small.points * 0.3)) is None
    assert one_eye.eyes(small._replace(points=small.points * np.nan)) is None
