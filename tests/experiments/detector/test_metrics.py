"""Curves, intervals, conventions and errors of boxes, against hand-computed cases and loops."""

import numpy as np
import pytest

from experiments.detector.metrics import (
    FALSE,
    IGNORED,
    RESAMPLES,
    Convention,
    Results,
    assign,
    convention,
    localisation,
    recall_at,
)

RNG = np.random.default_rng(0)
# Best first: hit, false, hit and false alike, false, hit. Two images, five faces.
HAND = Results(
    scores=np.array([0.7, 0.9, 0.7, 0.8, 0.5, 0.6]),
    hits=np.array([True, True, False, False, True, False]),
    images=np.array([0, 0, 0, 1, 1, 1]),
    faces=np.array([2, 3]),
)


def naive_iou(a, b):
    width = max(0.0, min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1]))
    return width * height / (a[2] * a[3] + b[2] * b[3] - width * height)


def naive_assign(truth, ignored, boxes, scores, iou):
    answer, taken = [FALSE] * len(boxes), set()
    for k in sorted(range(len(boxes)), key=lambda k: -scores[k]):
        best, best_share = None, 0
        for m, face in enumerate(truth):
            share = naive_iou(boxes[k], face)
            if m not in taken and share >= iou and share > best_share:
                best, best_share = m, share
        if best is not None:
            answer[k] = best
            taken.add(best)
        elif any(naive_iou(boxes[k], face) >= iou for face in ignored):
            answer[k] = IGNORED
    return answer


@pytest.mark.parametrize("seed", range(5))
def test_assignment_is_that_of_a_plain_loop(seed):
    rng = np.random.default_rng(seed)
    boxes = np.column_stack([rng.uniform(0, 40, (60, 2)), rng.uniform(10, 30, (60, 2))])
    scores = rng.permutation(40) / 40
    found = assign(boxes[:12], boxes[12:20], boxes[20:], scores, 0.4)
    assert found.tolist() == naive_assign(boxes[:12], boxes[12:20], boxes[20:], scores, 0.4)
    assert {FALSE, IGNORED} < set(found)


def test_ignored_faces_count_neither_way():
    face, ignored = (0, 0, 10, 10), (50, 0, 10, 10)
    boxes = [ignored, (51, 0, 10, 10), face, (1, 0, 10, 10), (90, 0, 10, 10)]
    found = assign([face], [ignored], boxes, [0.9, 0.8, 0.7, 0.6, 0.5])
    # The second box on the counted face is a false positive; on the ignored one it is not.
    assert found.tolist() == [IGNORED, IGNORED, 0, FALSE, FALSE]
    # A face that counts goes before one that does not.
    assert assign([face], [face], [face], [0.5]).tolist() == [0]


def test_the_curve_by_hand():
    false, recall = HAND.curve()
    # At 0.9; at 0.8; at 0.7, hit and false at once; at 0.6; at 0.5.
    assert false.tolist() == [0, 0.5, 1, 1.5, 1.5]
    assert recall.tolist() == pytest.approx([0.2, 0.2, 0.4, 0.4, 0.6])


def test_recall_at_a_rate_by_hand():
    assert HAND.recall_at(0.02) == pytest.approx((0.2, 0.8))
    # One false positive allowed: the next one scores 0.7, and so does a hit, which is lost.
    assert HAND.recall_at(0.5) == pytest.approx((0.2, 0.7))
    assert HAND.recall_at(1.0) == pytest.approx((0.4, 0.6))
    assert HAND.recall_at(1.5) == pytest.approx((0.6, 0.0))
    assert HAND.above(0.65) == pytest.approx((0.4, 1.0))


def test_a_detector_that_finds_nothing():
    nothing = np.zeros(0)
    empty = Results(nothing, nothing.astype(bool), nothing.astype(int), np.array([1, 2]))
    assert [part.tolist() for part in empty.curve()] == [[], []]
    assert empty.bootstrap([0.1], resamples=10).tolist() == [[0, 0]]


def random_results(images=12):
    faces = RNG.integers(0, 4, images)
    where = RNG.integers(0, images, 50)
    left = faces.copy()
    hits = np.zeros(50, bool)
    for k in range(50):
        hits[k] = left[where[k]] > 0 and RNG.random() < 0.6
        left[where[k]] -= hits[k]
    return Results(RNG.integers(1, 30, 50) / 30, hits, where, faces)  # with equal scores


def test_intervals_are_those_of_images_drawn_one_by_one():
    results = random_results()
    rates, resamples = (0.1, 0.5, 2.0), 20
    count = len(results.faces)
    drawn = np.random.default_rng(3).multinomial(count, np.full(count, 1 / count), resamples)
    rows = []
    for times in drawn:
        hits, false, faces = [], [], 0
        for image, copies in enumerate(times):
            inside = results.images == image
            hits += [*results.scores[inside & results.hits]] * copies
            false += [*results.scores[inside & ~results.hits]] * copies
            faces += results.faces[image] * copies
        rows.append([recall_at(hits, faces, false, count, rate)[0] for rate in rates])
    expected = np.percentile(rows, [2.5, 97.5], axis=0).T
    np.testing.assert_allclose(results.bootstrap(rates, 3, resamples), expected)


def test_the_interval_holds_the_recall_and_is_the_seeds():
    results = random_results(images=40)
    recall = results.recall_at(0.5)[0]
    ((low, high),) = results.bootstrap([0.5], seed=1)
    assert low < recall < high
    assert results.bootstrap([0.5], seed=1).tolist() == [[low, high]]
    assert RESAMPLES == 1000


def test_a_convention_is_found_and_undone():
    truth = np.column_stack(
        [RNG.uniform(0, 900, (30, 2)), np.repeat(RNG.uniform(20, 90, 30), 2).reshape(30, 2)]
    )
    # Tight and tall, a little low: as some detectors draw faces.
    x, y, side, _ = truth.T
    wide, high = 0.7 * side, 0.9 * side
    cx, cy = x + side / 2 + 0.02 * side, y + side / 2 + 0.1 * side
    boxes = np.column_stack([cx - wide / 2, cy - high / 2, wide, high])
    far = boxes + np.array([5000, 0, 0, 0])
    scores = np.ones(60)
    by = convention([truth], [(np.concatenate([boxes, far]), scores)])
    assert (by.right, by.down, by.width, by.height) == pytest.approx((0.02, 0.1, 0.7, 0.9))
    np.testing.assert_allclose(by.undone(boxes), truth)
    assert convention([truth], [(far, scores[:30])]) == Convention()


def test_errors_of_a_box_by_hand():
    truth = (100, 100, 40, 40)
    assert localisation(truth, [truth], 0.4) == (0, 0)
    # Moved by 3 and 4 of 40 pixels; of the two, the one that overlaps better.
    assert localisation(truth, [(300, 0, 9, 9), (103, 104, 40, 40)], 0.4) == pytest.approx(
        (0.125, 0)
    )
    # Twice the size about the same centre overlaps by a quarter.
    twice = (80, 80, 80, 80)
    assert localisation(truth, [twice], 0.2) == pytest.approx((0, 1))
    assert localisation(truth, [twice], 0.4) is None
    assert localisation(truth, np.zeros((0, 4)), 0.4) is None
