"""Overlap by hand, and non-maximum suppression against a plain loop."""

import numpy as np
import pytest

from pipeline.cascade import SUPPRESS_SCAN, Detector
from pipeline.suppression import non_maximum_suppression, overlaps


def test_overlaps_by_hand():
    boxes = [(0, 0, 10, 10), (5, 0, 10, 10), (10, 0, 10, 10), (2, 2, 5, 5), (0, 0, 0, 0)]
    np.testing.assert_allclose(overlaps(boxes[0], boxes), (1, 1 / 3, 0, 0.25, 0))
    np.testing.assert_allclose(overlaps(boxes[0], boxes[:4], "min"), (1, 0.5, 0, 1))


def suppressed(boxes, scores, threshold, groups=None, measure="iou"):
    """Indices that a plain loop keeps."""
    groups, kept = np.zeros(len(boxes)) if groups is None else groups, []
    for k in sorted(range(len(boxes)), key=lambda k: -scores[k]):
        rivals = [other for other in kept if groups[other] == groups[k]]
        if all(overlaps(boxes[other], [boxes[k]], measure)[0] <= threshold for other in rivals):
            kept.append(k)
    return kept


@pytest.mark.parametrize("measure", ["iou", "min"])
@pytest.mark.parametrize("seed", range(4))
def test_suppression_is_what_it_says(seed, measure):
    random = np.random.RandomState(seed)
    sizes = [(5, 60), (20, 20.01), (0.1, 400), (10, 12)][seed]
    boxes = np.column_stack([random.uniform(-100, 200, (150, 2)), random.uniform(*sizes, (150, 2))])
    scores = random.randint(0, 20, 150) / 20  # with equals among them
    for threshold in (0.0, 0.3, 0.9):
        expected = suppressed(boxes, scores, threshold, measure=measure)
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


@pytest.mark.parametrize("count", [0, 1, 60, 700])
def test_groups_do_not_suppress_each_other(count):
    rng = np.random.default_rng(count)
    boxes = np.hstack([rng.uniform(0, 60, (count, 2)), rng.uniform(5, 30, (count, 2))])
    scores, groups = rng.integers(0, 20, count) / 20, rng.integers(0, 4, count)
    kept = non_maximum_suppression(boxes, scores, 0.3, groups=groups)
    assert kept == suppressed(boxes, scores, 0.3, groups)
    alone = non_maximum_suppression(boxes, scores, 0.3)
    assert alone == suppressed(boxes, scores, 0.3)
    assert count < 2 or len(alone) < len(kept)


def test_all_levels_at_once_are_filtered_as_one_after_the_other():
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
