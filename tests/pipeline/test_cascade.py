import numpy as np
import pytest

from common.cli import UserError
from common.crops import Mipmap, crop
from nets.functions import SCAN_STRIDE, SCAN_WINDOW, compile_probabilities
from nets.input import network_input
from nets.weights import save_weights
from pipeline import cascade
from pipeline.border import soft_border
from pipeline.cascade import Detector
from pipeline.pyramid import pyramid, windows


def noise(height, width, seed=0):
    return np.random.RandomState(seed).randint(0, 256, (height, width, 3)).astype(np.uint8)


def test_candidates_are_the_windows_the_small_net_likes(nets):
    image = noise(47, 65)
    look = compile_probabilities(nets.small)
    detector = Detector(nets.detector.scan, nets.detector.faces, -1.0, 0.5)
    boxes, scores, found_levels = detector.candidates(image, 15)
    expected_boxes, expected_scores, expected_levels = [], [], []
    levels = pyramid(image, 15, detector.factor)
    for level, (small, scale_x, scale_y, border) in enumerate(levels):
        for top in range(0, small.shape[0] - SCAN_WINDOW + 1, SCAN_STRIDE):
            for left in range(0, small.shape[1] - SCAN_WINDOW + 1, SCAN_STRIDE):
                window = small[top : top + SCAN_WINDOW, left : left + SCAN_WINDOW]
                expected_scores.append(look(network_input(window[None]))[0, 1])
                place = left - border, top - border
                box = np.array([*place, SCAN_WINDOW, SCAN_WINDOW], float)
                expected_boxes.append(box * (scale_x, scale_y, scale_x, scale_y))
                expected_levels.append(level)
    np.testing.assert_allclose(boxes, expected_boxes)
    np.testing.assert_allclose(scores, expected_scores, atol=1e-5)
    np.testing.assert_array_equal(found_levels, expected_levels)
    inside = boxes[boxes[:, 2] < 20]  # only large faces may reach beyond the picture
    assert inside.min() >= 0
    assert (inside[:, :2] + inside[:, 2:] <= (65.001, 47.001)).all()
    assert boxes.min() < 0

    middle = float(np.median(scores))
    passed = Detector(nets.detector.scan, nets.detector.faces, middle, 0.5).candidates(image, 15)
    np.testing.assert_allclose(passed[0], boxes[scores > middle])


def test_classify_in_batches(nets, monkeypatch):
    image, boxes = noise(60, 80), np.random.RandomState(1).uniform(10, 40, (11, 4))
    whole = nets.detector.classify(image, boxes)
    monkeypatch.setattr(cascade, "BATCH", 4)
    np.testing.assert_allclose(nets.detector.classify(Mipmap(image), boxes), whole, atol=1e-6)
    assert nets.detector.classify(image, np.zeros((0, 4))).shape == (0,)


def staged(heat_of, score_of, **thresholds):
    """Build a detector whose nets are plain functions, of the level's size and of the windows."""

    def scan_levels(levels):
        sizes = [map(windows, level.shape[:2]) for level in levels]
        return [heat_of(*size).astype(np.float32) for size in sizes]

    thresholds = {"small_threshold": 0.5, "big_threshold": 0.5, **thresholds}
    detector = Detector(None, score_of, **thresholds)
    detector.scan_levels = scan_levels
    return detector


def test_stages_by_hand():
    def heat_of(height, width):
        heat = np.zeros((height, width))
        if width == 45:  # of the first level only: 100 / 2 pixels high, 200 / 2 wide
            heat[3, 4], heat[3, 5], heat[10, 30], heat[15, 40] = 0.8, 0.9, 0.7, 0.5
        return heat

    def score_of(planes):
        if len(planes) == 9:  # the neighbours of the doubtful one
            return np.full(9, 0.3)
        return np.linspace(0.4, 0.9, len(planes))  # of the survivors, best candidate first

    image = noise(100, 200)
    detector = staged(heat_of, score_of)
    found = detector.stages(image, 24)
    # Stride 2 of a picture half as large: 4 pixels a step. 0.5 is not above the threshold.
    expected = [(16, 12, 24, 24), (20, 12, 24, 24), (120, 40, 24, 24)]
    np.testing.assert_allclose(found.candidates, expected)
    np.testing.assert_allclose(found.candidate_scores, (0.8, 0.9, 0.7))
    np.testing.assert_allclose(found.survivors, [(20, 12, 24, 24), (120, 40, 24, 24)])
    np.testing.assert_allclose(found.survivor_scores, (0.4, 0.9))
    np.testing.assert_allclose(found.boxes, [(120, 40, 24, 24)])
    np.testing.assert_allclose(found.scores, [0.9])

    boxes, scores = detector.detect(Mipmap(image), 24, threshold=0)
    np.testing.assert_allclose(scores, (0.9, 0.3))  # all survivors, best first
    np.testing.assert_allclose(boxes, found.survivors[::-1])
    assert len(detector.detect(image, 24, threshold=0.95)[0]) == 0


def test_faces_of_several_sizes_become_one():
    def heat_of(height, width):
        heat = np.zeros((height, width))
        heat[height // 2, width // 2] = 0.9
        return heat

    detector = staged(heat_of, lambda planes: np.full(len(planes), 0.9))
    found = detector.stages(noise(50, 50), 24)
    # 24, 30, 38, 48 and 60 pixels: suppressed size by size.
    assert len(found.survivors) == 5
    assert len(found.boxes) < 4  # and then all together


def test_calibrated_windows_are_judged_where_they_were_moved_to():
    def heat_of(height, width):
        heat = np.zeros((height, width))
        if width == 45:
            heat[3, 4], heat[3, 12], heat[10, 30] = 0.8, 0.9, 0.7
        return heat

    def onto_one_face(_, boxes):
        return np.where(boxes[:, :1] < 100, [[30, 20, 24, 24]], boxes)

    def half_as_large(_, boxes):
        return np.where(boxes[:, 2:3] == 24, boxes * (1, 1, 0.5, 0.5), boxes)

    def score_of(planes):
        return np.full(9, 0.4) if len(planes) == 9 else np.linspace(0.4, 0.9, len(planes))

    detector = staged(heat_of, score_of)
    detector.small_calibration = onto_one_face
    found = detector.stages(noise(100, 200), 24)
    np.testing.assert_allclose(found.survivors, [(30, 20, 24, 24), (120, 40, 24, 24)])
    np.testing.assert_allclose(found.survivor_scores, (0.4, 0.9))
    detector.big_calibration = half_as_large
    boxes, scores = detector.detect(noise(100, 200), 24, threshold=0)
    np.testing.assert_allclose(boxes, [(120, 40, 12, 12), (30, 20, 12, 12)])
    np.testing.assert_allclose(scores, (0.9, 0.4))


def test_a_face_that_fills_its_picture_and_more_is_found():
    def heat_of(height, width):
        # 50 pixels as 10, and 4 more on each side: the window over all of it but the border.
        heat = np.zeros((height, width))
        if (height, width) == (4, 4):
            heat[1, 2] = 0.9
        return heat

    detector = staged(heat_of, lambda planes: np.full(len(planes), 0.9))
    boxes, _ = detector.detect(noise(50, 50), 24)
    np.testing.assert_allclose(boxes, [(0, -10, 60, 60)])
    boxes, _ = detector.detect(noise(20, 20), 24)  # the smallest face is larger than the picture
    np.testing.assert_allclose(boxes, [(0, -4, 24, 24)])


def test_where_a_small_picture_shows_none_the_small_net_must_be_less_sure_of_large_ones():
    def heat_of(height, width):
        heat = np.zeros((height, width))
        heat[height // 2, width // 2] = 0.2
        return heat

    detector = staged(heat_of, lambda planes: np.full(len(planes), 0.95))
    found = detector.stages(noise(100, 100), 24)
    assert len(found.boxes) == 1
    assert (found.candidates[:, 2] >= 75).all()
    assert not len(detector.detect(noise(240, 320), 24)[0])  # not so small
    # Where one is found, nothing is looked for again.
    sure = staged(
        lambda height, width: np.where(width == 45, 0.9, 0.2) * np.ones((height, width)),
        lambda planes: np.full(len(planes), 0.95),
    )
    assert (sure.stages(noise(100, 200), 24).candidates[:, 2] == 24).all()


def test_nine_windows_vote_on_what_is_doubtful():
    shown = []

    def score_of(planes):
        shown.append(len(planes))
        return np.tile([0.2] * 4 + [0.9] * 5, len(planes) // 9)

    detector = staged(None, score_of)
    boxes = np.array([[10, 10, 20, 20]] * 4)
    scores = np.array([0.95, 0.5, 0.01, 0.06])
    voted = detector.vote(noise(60, 60), boxes, scores)
    assert shown == [18]  # of the second and the fourth
    odds = (0.25**4 * 9**5) ** (1 / 9)  # the geometric mean
    expected = odds / (1 + odds)
    np.testing.assert_allclose(voted, (0.95, expected, 0.01, expected), rtol=1e-6)
    np.testing.assert_allclose(scores, (0.95, 0.5, 0.01, 0.06))


def test_a_part_of_a_face_inside_the_face_is_no_second_one():
    detector = staged(None, None)
    face, mouth, other = (10, 10, 60, 60), (30, 45, 24, 24), (100, 10, 60, 60)
    # The mouth is wholly inside: its area is 0.16 of the face's, and so is the overlap.
    boxes, scores = detector.finalise(
        noise(90, 200), np.array([mouth, face, other]), np.array([0.95, 0.97, 0.96])
    )
    np.testing.assert_allclose(boxes, [face, other])
    np.testing.assert_allclose(scores, [0.97, 0.96])


def test_a_thumbnail_gets_a_soft_border_at_the_second_look():
    image = noise(60, 60)
    seen = []

    def heat_of(height, width):
        # Faces of 75 pixels of 90, 12 each: 14 pixels, and 4 of the pyramid's border each side.
        heat = np.zeros((height, width))
        if (height, width) == (6, 6):
            heat[2, 3] = 0.3  # 4 and 6 pixels, with that border: 0 and 2 of 14
        return heat

    def score_of(planes):
        seen.extend(planes)
        return np.full(len(planes), 0.95)

    detector = staged(heat_of, score_of)
    detector.factor = 75 / 45
    found = detector.stages(image, 24)
    scale = 90 / 14
    expected = np.array([(2 * scale - 15, 0 * scale - 15, 12 * scale, 12 * scale)])
    np.testing.assert_allclose(found.boxes, expected)
    np.testing.assert_allclose(found.candidates, expected)
    np.testing.assert_allclose(found.survivors, expected)
    shown = crop(soft_border(image, 15), np.add(expected, (15, 15, 0, 0)))
    np.testing.assert_allclose(seen[0], network_input(shown)[0])
    # 0.95 is odds of 19 to 1; of a face in a picture cut around one they are 9 times as high.
    np.testing.assert_allclose(found.scores, 171 / 172, rtol=1e-6)
    np.testing.assert_allclose(found.survivor_scores, 0.95, rtol=1e-6)


@pytest.mark.parametrize("shape", [(1, 1), (5, 300), (80, 120)])
def test_nothing_found_is_no_error(shape):
    detector = staged(lambda height, width: np.zeros((height, width)), None)
    found = detector.stages(noise(*shape))
    for boxes in (found.candidates, found.survivors, found.boxes):
        assert boxes.shape == (0, 4)
    for scores in (found.candidate_scores, found.survivor_scores, found.scores):
        assert scores.shape == (0,)


def test_weights_without_threshold_are_refused(nets, tmp_path):
    save_weights(tmp_path / "small.npz", nets.small, "small")
    save_weights(tmp_path / "big.npz", nets.big, "big", threshold=0.5)
    with pytest.raises(UserError, match=r"small\.npz does not say its threshold"):
        Detector.load(tmp_path)
