"""The 45 windows by hand, and how far they look."""

import numpy as np
import pytest

from common.crops import crop
from pipeline.windows import SCALES, SHIFTS, neighbours, reach, surroundings


def test_neighbours_by_hand():
    windows = neighbours((100, 200, 50, 50))
    assert windows.shape == (len(SCALES) * len(SHIFTS) ** 2, 4) == (45, 4)
    # Scale 0.83 about the centre (125, 225), moved by -0.17 * 50 up and to the left.
    np.testing.assert_allclose(windows[0], (125 - 8.5 - 20.75, 225 - 8.5 - 20.75, 41.5, 41.5))
    np.testing.assert_allclose(windows[1], (125 - 20.75, 225 - 8.5 - 20.75, 41.5, 41.5))
    np.testing.assert_allclose(windows[3], (125 - 8.5 - 20.75, 225 - 20.75, 41.5, 41.5))
    np.testing.assert_allclose(windows[22], (100, 200, 50, 50))
    np.testing.assert_allclose(windows[44], (125 + 8.5 - 30.25, 225 + 8.5 - 30.25, 60.5, 60.5))
    assert len({tuple(window) for window in windows}) == 45


def test_surroundings_hold_the_neighbours_up_to_their_shift():
    box = (10.0, 20.0, 60.0, 60.0)
    for scale, (x, y, w, h) in zip(SCALES, surroundings(box)):
        pixel = w / 64
        assert 48 * pixel == pytest.approx(scale * 60)  # a window is as large as the full vote's
        assert w == h
        assert (x + 8 * pixel, y + 8 * pixel) == pytest.approx(
            (40 - 30 * scale, 50 - 30 * scale)  # the middle one stands where it does there
        )


@pytest.mark.parametrize("side", [20, 60, 200, 500])
@pytest.mark.parametrize(("x", "y"), [(0.3, 0.4), (-0.2, 0.9), (1.3, -0.4)])
def test_what_is_out_of_reach_changes_no_window(side, x, y):
    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 256, (2, 431, 613, 3), dtype=np.uint8)
    box = (x * 613 + 0.3, y * 431 - 0.2, side, side)
    part = reach(box, one.shape)
    other[part] = one[part]
    for boxes, size in ((neighbours(box), 48), (surroundings(box), 64)):
        np.testing.assert_array_equal(crop(one, boxes, size), crop(other, boxes, size))


def test_reach_is_not_much_more_than_needed():
    rows, columns = reach((100, 200, 40, 40), (1000, 1000, 3))
    assert (rows.start, rows.stop, columns.start, columns.stop) == (180, 260, 80, 160)
