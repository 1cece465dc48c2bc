import numpy as np
import pytest

from common.cli import ROOT
from common.tables import read_csv
from pipeline.overlay import Overlay, emoticons, letterbox, output_size
from tests.conftest import drawn_face

SHARES = np.array([0.1, 0.6, 0.2, 0.1])
NAMES = ["smile", "laugh", "happy", "a class with quite a long name"]


@pytest.mark.parametrize(
    ("size", "drawn"),
    [
        ((176, 144), (440, 360)),
        ((1920, 1080), (1920, 1080)),
        ((641, 481), (640, 480)),
        ((1, 1), (360, 360)),
        ((8000, 8000), (3840, 3840)),
        ((4000, 10), (3840, 10)),
    ],
)
def test_output_size_is_even_and_plays(size, drawn):
    assert output_size(*size) == drawn


def test_letterbox_keeps_points_where_the_box_is():
    frame = np.zeros((40, 100, 3), np.uint8)
    frame[10:20, 60:80] = 255
    canvas, scale, offset = letterbox(frame, (400, 360))
    assert canvas.shape == (360, 400, 3)
    x, y = np.array([60, 10]) * scale + offset
    right, bottom = np.array([80, 20]) * scale + offset
    inside = canvas[int(y) + 4 : int(bottom) - 4, int(x) + 4 : int(right) - 4]
    assert (inside == 255).all()
    assert canvas[: int(y) - 4].max() < 20  # but for cubic ringing
    assert canvas[:, : int(x) - 4].max() < 20


@pytest.mark.parametrize("size", [(176, 144), (90, 160), (1920, 1080), (1, 1), (500, 20)])
def test_every_size_is_drawn(size):
    overlay = Overlay(size, NAMES)
    frame = drawn_face(*size) if min(size) > 20 else np.zeros((size[1], size[0], 3), np.uint8)
    before = frame.copy()
    width, height = overlay.size
    for drawn in (overlay.draw(frame), overlay.draw(frame, (-9, 5, 60, 60), SHARES)):
        assert (drawn.shape, drawn.dtype) == ((height, width, 3), np.uint8)
        assert drawn.flags.writeable
    np.testing.assert_array_equal(frame, before)


def test_parts_are_where_they_belong():
    frame = np.full((360, 640, 3), 90, np.uint8)
    overlay = Overlay((640, 360), NAMES[:3])
    found = overlay.draw(frame, (250, 60, 120, 120), SHARES[:3])
    changed = (found != 90).any(axis=2)
    assert changed[240:350, 10:200].any()  # emoticon and percentage, lower left
    assert changed[270:350, 400:630].any()  # bars, lower right
    assert changed[58:62, 300].any()  # the box's upper edge
    assert not changed[100:140, 280:340].any()  # the face itself stays as it is
    nothing = (overlay.draw(frame) != 90).any(axis=2)
    assert nothing[300:350, 10:250].any()  # "no face"
    assert not nothing[:280].any()
    assert not nothing[:, 320:].any()


def test_the_net_that_speaks_is_named_in_the_upper_left_corner():
    frame = np.full((360, 640, 3), 90, np.uint8)
    for found in ((), ((250, 60, 120, 120), SHARES)):
        drawn, silent = (Overlay((640, 360), NAMES, net).draw(frame, *found) for net in ("a", None))
        where = np.argwhere((drawn != silent).any(axis=2))
        assert len(where)
        assert where.max(axis=0)[0] < 40
        assert where.max(axis=0)[1] < 60


def test_more_share_is_a_longer_bar():
    frame = np.full((360, 640, 3), 90, np.uint8)
    overlay = Overlay((640, 360), NAMES[:2])

    def yellow(share):
        drawn = overlay.draw(frame, (250, 60, 120, 120), np.array([share, 1 - share]))
        bars = drawn[250:, 400:].astype(int)
        return (np.abs(bars - (64, 214, 255)).sum(axis=2) < 20).sum()

    assert yellow(0.95) > yellow(0.55) + 200


def test_frames_of_another_size_are_fitted():
    overlay = Overlay((640, 360), NAMES)
    drawn = overlay.draw(np.full((500, 100, 3), 200, np.uint8), (10, 10, 50, 50), SHARES)
    assert drawn.shape == (360, 640, 3)
    assert drawn[100, 5].max() == 0  # the bar beside it


def test_one_class_is_enough():
    assert Overlay((64, 64), ["only"]).draw(drawn_face(64, 64), (9, 9, 30, 30), np.ones(1)).any()


def test_emoticons_come_from_the_table():
    rows = read_csv(ROOT / "common" / "smileys.csv")
    assert len(emoticons()) == len(rows) == 17
    assert emoticons()["laugh"] == ":D"
    assert "happy" not in emoticons()
