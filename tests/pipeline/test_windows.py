import numpy as np
import pytest

from common.crops import crop
from pipeline.cascade import SUPPRESS_SCAN, Detector
from pipeline.windows import (
    SCALES,
    SHIFTS,
    neighbours,
    non_maximum_suppression,
    overlaps,
    reach,
    surroundings,
)


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


def test_overlaps_by_hand():
    boxes = [(0, 0, 10, 10), (5, 0, 10, 10), (10, 0, 10, 10), (2, 2, 5, 5), (0, 0, 0, 0)]
    np.testing.assert_allclose(overlaps(boxes[0], boxes), (1, 1 / 3, 0, 0.25, 0))
    np.testing.assert_allclose(overlaps(boxes[0], boxes[:4], "min"), (1, 0.5, 0, 1))


def naive_suppression(boxes, scores, threshold, measure):
    left = sorted(range(len(boxes)), key=lambda k: (-scores[k], k))
    kept = []
    while left:
        best = left.pop(0)
        kept.append(best)
        left = [k for k in left if overlaps(boxes[best], [boxes[k]], measure)[0] <= threshold]
    return kept


@pytest.mark.parametrize("measure", ["iou", "min"])
@pytest.mark.parametrize("seed", range(4))
def test_suppression_is_what_it_says(seed, measure):
    random = np.random.RandomState(seed)
    sizes = [(5, 60), (20, 20.01), (0.1, 400), (10, 12)][seed]
    boxes = np.column_stack([random.uniform(-100, 200, (150, 2)), random.uniform(*sizes, (150, 2))])
    scores = random.randint(0, 20, 150) / 20  # with equals among them
    for threshold in (0.0, 0.3, 0.9):
        expected = naive_suppression(boxes, scores, threshold, measure)
        assert non_maximum_suppression(boxes, scores, threshold, measure) == expected


def test_suppression_of_little():
    assert non_maximum_suppression([], [], 0.3) == []
    assert non_maximum_suppression([(1, 2, 3, 4)], [0.1], 0.3) == [0]
    assert non_maximum_suppression([(0, 0, 4, 4)] * 3, [0.1, 0.5, 0.5], 0.3) == [1]


@pytest.mark.timing
def test_suppression_of_many_is_fast():
    x, y = np.meshgrid(np.arange(200) * 4.0, np.arange(200) * 4.0)
    boxes = np.column_stack([x.ravel(), y.ravel(), np.full((x.size, 2), 24.0)])
    kept = non_maximum_suppression(boxes, np.random.RandomState(0).rand(x.size), 0.5)
    assert 2_000 < len(kept) < 20_000  # comparing all pairs would take the test's minute


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


def suppressed(boxes, scores, threshold, groups):
    """Indices that a plain loop keeps."""
    kept = []
    for k in sorted(range(len(boxes)), key=lambda k: -scores[k]):
        rivals = [other for other in kept if groups[other] == groups[k]]
        if all(overlaps(boxes[other], [boxes[k]])[0] <= threshold for other in rivals):
            kept.append(k)
    return kept


@pytest.mark.parametrize("count", [0, 1, 60, 700])
def test_groups_do_not_suppress_each_other(count):
    rng = np.random.default_rng(count)
    boxes = np.hstack([rng.uniform(0, 60, (count, 2)), rng.uniform(5, 30, (count, 2))])
    scores, groups = rng.integers(0, 20, count) / 20, rng.integers(0, 4, count)
    kept = non_maximum_suppression(boxes, scores, 0.3, groups=groups)
    assert kept == suppressed(boxes, scores, 0.3, groups)
    alone = non_maximum_suppression(boxes, scores, 0.3)
    assert alone == suppressed(boxes, scores, 0.3, np.zeros(count))
    assert count < 2 or len(alone) < len(kept)


def test_all_levels_at_once_survive_as_one_after_the_other():
    rng = np.random.default_rng(1)
    boxes = np.hstack([rng.uniform(0, 90, (80, 2)), np.full((80, 2), 20.0)])
    scores, levels = rng.uniform(size=80), np.sort(rng.integers(0, 5, 80))
    seen = Detector(None, None, 0.5, 0.5).filter_candidates(None, boxes, scores, levels)
    expected = []
    for level in range(5):
        (index,) = np.nonzero(levels == level)
        best = non_maximum_suppression(boxes[index], scores[index], SUPPRESS_SCAN)
        expected.extend(boxes[index[best]])
    np.testing.assert_array_equal(seen, expected)
