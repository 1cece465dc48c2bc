"""Drawn caps, helmets, hoods, sunglasses, hands and microphones; faces out of focus."""

import cv2
import numpy as np
import pytest

from common.crops import Mipmap
from experiments.detector import props
from experiments.detector.props import PROPS, close_up, cut_around, staged, wear

FACE = (40.0, 30.0, 60.0, 60.0)


def covered(prop, seed, roll=0.0):
    """Where a prop changes a flat picture: bool (130, 140)."""
    flat = np.full((130, 140, 3), (3, 250, 3), np.uint8)
    worn = wear(np.random.default_rng(seed), flat, FACE, roll, prop)
    assert (flat == (3, 250, 3)).all()
    return (worn != flat).any(axis=2)


def share(mask, left, top, right, bottom):
    """Part covered of a rectangle in the face's own coordinates."""
    x, y, w, h = FACE
    rows = slice(round(y + top * h), round(y + bottom * h))
    return mask[rows, round(x + left * w) : round(x + right * w)].mean()


@pytest.mark.parametrize("seed", range(8))
def test_where_props_lie(seed):
    assert share(covered(props.cap, seed), 0.3, -0.2, 0.7, 0.0) > 0.7
    assert share(covered(props.cap, seed), 0.2, 0.5, 0.8, 1.0) == 0
    glasses = covered(props.sunglasses, seed)
    assert share(glasses, 0.24, 0.3, 0.33, 0.36) > 0.5
    assert share(glasses, 0.2, 0.6, 0.8, 1.0) == 0
    for around in (props.helmet, props.hood):
        mask = covered(around, seed)
        assert share(mask, 0.35, 0.35, 0.65, 0.6) < 0.2
        assert share(mask, 0.0, 0.4, 0.05, 0.6) > 0.8
    assert share(covered(props.microphone, seed), 0.1, 0.8, 0.9, 1.2) > 0.05
    assert share(covered(props.microphone, seed), 0.1, 0.0, 0.9, 0.4) == 0
    assert 0.005 < share(covered(props.hand, seed), 0, 0, 1, 1) < 0.6


def test_a_prop_turns_with_the_head():
    upright, turned = (covered(props.sunglasses, 1, roll) for roll in (0, 30))
    x, y, w, h = FACE
    centre = x + w / 2 - 0.5, y + h / 2 - 0.5
    matrix = cv2.getRotationMatrix2D(centre, -30, 1)  # clockwise in the picture
    expected = cv2.warpAffine(upright.astype(np.float32), matrix, upright.shape[::-1]) > 0.5
    assert (expected & turned).sum() / (expected | turned).sum() > 0.85


@pytest.mark.parametrize("side", [20, 56, 200])
def test_a_close_up_holds_the_box_where_it_says(side):
    picture = np.zeros((400, 420, 3), np.uint8)
    picture[90 : 90 + side, 100 : 100 + side] = 255
    image, (x, y, w, h) = close_up(Mipmap(picture), (100, 90, side, side))
    assert w == h == min(side, props.SIDE)
    rows, columns = np.nonzero(image[..., 0] > 127)
    found = columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1
    np.testing.assert_allclose(found, (x, y, w, h), atol=1.01)


def test_some_windows_are_staged_and_the_picture_stays():
    rng, picture = np.random.default_rng(0), Mipmap(np.full((130, 140, 3), 90, np.uint8))
    same = [staged(rng, picture, FACE)[0] is picture for _ in range(600)]
    assert 0.44 < np.mean(same) < 0.6  # (1 - 0.28) (1 - 0.2) (1 - 0.1)
    assert (picture.levels[0] == 90).all()


def test_out_of_focus_some_six_pixels_are_left(monkeypatch):
    monkeypatch.setattr(props, "WORN", 0)
    monkeypatch.setattr(props, "UNFOCUSED", 1)
    monkeypatch.setattr(props, "CUT", 0)
    stripes = np.zeros((200, 200, 3), np.uint8)
    stripes[:, np.arange(200) // 5 % 2 == 1] = 255  # twelve periods over a face of 120
    left = []
    for seed in range(60):
        image, (x, y, w, h) = staged(
            np.random.default_rng(seed), Mipmap(stripes), (40, 40, 120, 120)
        )
        row = image.levels[0][round(y + h / 2), round(x) : round(x + w), 0]
        left.append(np.ptp(row.astype(int)))
    assert min(left) < 10  # twice as fine as six: gone
    assert max(left) > 100


def test_all_props_are_drawn_by_chance():
    rng, drawn = np.random.default_rng(0), set()
    image = np.full((130, 140, 3), 90, np.uint8)
    for _ in range(60):
        drawn.add((wear(rng, image, FACE) != image).any(axis=2).sum())
    assert len(drawn) > 30
    assert len(PROPS) == 6


@pytest.mark.parametrize("soft", [0, 1])
def test_a_picture_cut_around_a_face_ends_near_it(monkeypatch, soft):
    monkeypatch.setattr(props, "SOFT", soft)
    image = np.zeros((130, 140, 3), np.uint8)
    x, y, w, h = 40, 30, 56, 56
    image[y : y + h, x : x + w] = np.random.RandomState(0).randint(1, 256, (h, w, 3))
    edges = []
    for seed in range(30):
        cut, (left, top, *size) = cut_around(np.random.default_rng(seed), image, (x, y, w, h))
        assert size == [w, h]
        margin = (cut.shape[0] - top - h, cut.shape[1] - left - w, top, left)
        wide = 0.25 * min(cut.shape[:2]) / 1.5 if soft else 0  # half of it is a border, twice
        edges += [(one - wide) / w for one in margin]
        middle = cut[top + 12 : top + h - 12, left + 12 : left + w - 12]
        np.testing.assert_array_equal(middle, image[y + 12 : y + h - 12, x + 12 : x + w - 12])
    assert -0.18 < min(edges) < -0.1
    assert 0.03 < max(edges) < 0.11
