import numpy as np
import pytest

from common.crops import Mipmap
from pipeline.cascade import Detector
from pipeline.tracking import Tracker, WholePicture
from pipeline.windows import neighbours
from tests.conftest import drawn_face

FRAME = np.zeros((100, 100, 3), np.uint8)


class FakeDetector:
    """Knows where the face is; the big net's score falls with the distance from it.

    Calibration goes the part ``reach`` of the way from a box to the face. Neighbours vote as
    ``agree`` says.
    """

    big_threshold = 0.5

    def __init__(self, face, reach=0.0):
        self.face, self.searches, self.reach = np.array(face, float), 0, reach
        self.agree = 1.0

    def classify(self, picture, boxes):
        distance = np.abs(np.asarray(boxes) - self.face).sum(axis=1) / self.face[2]
        return np.exp(-distance).astype(np.float32)

    def finalise(self, picture, boxes, scores, doubt):
        self.finalised = scores
        assert (doubt[0] <= scores).all()
        assert (scores < doubt[1]).all()
        return boxes + self.reach * (self.face - boxes), scores * self.agree

    def detect(self, picture, min_face, threshold=None):
        self.searches += 1
        return self.face[None], np.ones(1, np.float32)


def test_one_whole_search_every_so_many_frames():
    detector = FakeDetector([30, 30, 20, 20])
    tracker = Tracker(detector, every=4)
    searched = []
    for _ in range(9):
        before = detector.searches
        boxes, _ = tracker.faces(FRAME, 24)
        searched.append(detector.searches > before)
        tracker.follow(boxes[0])
    assert searched == [True, False, False, False, True, False, False, False, True]


def test_every_frame_by_default_of_the_script():
    detector = FakeDetector([30, 30, 20, 20])
    tracker = Tracker(detector, every=1)
    for _ in range(3):
        tracker.follow(tracker.faces(FRAME, 24)[0][0])
    assert detector.searches == 3


def test_in_between_a_moving_face_is_followed():
    detector = FakeDetector([30, 30, 20, 20])
    tracker = Tracker(detector, every=100)
    tracker.follow(tracker.faces(FRAME, 24)[0][0])
    for _ in range(10):
        detector.face[0] += 3
        boxes, scores = tracker.faces(FRAME, 24)
        assert len(boxes) == len(scores) == 1
        assert abs(boxes[0][0] - detector.face[0]) < 4
        tracker.follow(boxes[0])
    assert detector.searches == 1


def test_a_followed_face_is_calibrated_as_a_found_one_is():
    detector = FakeDetector([30, 30, 20, 20], reach=1.0)
    tracker = Tracker(detector, every=100)
    tracker.follow(tracker.faces(FRAME, 24)[0][0])
    for move in ([1, -2, 0, 0], [2, 1, 1, 1], [0, 0, 0, 0], [-2, 0, -1, -1]):
        detector.face += move
        boxes, _ = tracker.faces(FRAME, 24)
        np.testing.assert_allclose(boxes, [detector.face])
        tracker.follow(boxes[0])
    assert detector.searches == 1


def test_a_lost_face_is_searched_for_at_once():
    detector = FakeDetector([30, 30, 20, 20])
    tracker = Tracker(detector, every=100)
    tracker.follow(tracker.faces(FRAME, 24)[0][0])
    detector.face[:2] = 70, 5  # a cut
    boxes, _ = tracker.faces(FRAME, 24)
    assert detector.searches == 2
    np.testing.assert_array_equal(boxes, [detector.face])


def test_without_a_face_to_follow_the_whole_frame_is_searched():
    detector = FakeDetector([30, 30, 20, 20])
    tracker = Tracker(detector, every=100)
    tracker.faces(FRAME, 24)
    tracker.follow(None)
    tracker.faces(FRAME, 24)
    assert detector.searches == 2


def test_the_whole_picture_needs_no_detector():
    tracker = WholePicture()
    tracker.follow((1, 2, 3, 4))
    boxes, scores = tracker.faces(np.zeros((90, 120, 3), np.uint8), 24)
    np.testing.assert_array_equal(boxes, [(15, 0, 90, 90)])
    assert scores.tolist() == [1]


def test_neighbours_vote_on_the_best_of_eleven_however_high_it_is():
    detector = FakeDetector([30, 30, 20, 20])
    tracker = Tracker(detector, every=100)
    tracker.follow(tracker.faces(FRAME, 24)[0][0])
    tracker.faces(FRAME, 24)
    assert (detector.finalised, detector.searches) == (1.0, 1)
    detector.agree = 0.4
    assert len(tracker.near(Mipmap(FRAME))[0]) == 0
    tracker.faces(FRAME, 24)
    assert detector.searches == 2


def test_a_followed_square_passes_the_vote_of_a_search(nets):
    """Against the detector's own parts: the best of the windows, calibrated, nine votes."""
    picture = Mipmap(drawn_face())
    detector = Detector(
        nets.detector.scan,
        nets.detector.faces,
        0.5,
        0.0,
        big_calibration=lambda _, boxes: boxes + 1,
    )
    tracker = Tracker(detector, every=2)
    tracker.follow((30, 20, 50, 50))
    boxes, scores = tracker.near(picture)
    moved = neighbours((30, 20, 50, 50), (1.0,), (-0.17, 0.0, 0.17))
    windows = np.concatenate([moved, neighbours((30, 20, 50, 50), (0.91, 1.1), (0.0,))])
    best = windows[detector.classify(picture, windows).argmax()] + 2
    np.testing.assert_allclose(boxes, [best])
    votes = detector.classify(picture, neighbours(best, (1.0,), (-0.1, 0.0, 0.1)))
    mean = np.mean(np.log(votes) - np.log1p(-votes))
    assert scores == pytest.approx([1 / (1 + np.exp(-mean))], abs=1e-4)


def test_a_face_stays_at_a_lower_score_than_it_comes():
    class Doubtful(FakeDetector):
        def detect(self, picture, min_face, threshold=None):
            self.threshold = threshold
            boxes = np.array([[60, 60, 20, 20], [32, 30, 20, 20], [90, 10, 20, 20]], float)
            return boxes, np.float32([0.9, 0.2, 0.2])

    detector = Doubtful([30, 30, 20, 20])
    tracker = Tracker(detector, every=1)
    boxes, _ = tracker.faces(FRAME, 24)
    assert boxes.tolist() == [[60, 60, 20, 20]]
    assert detector.threshold == pytest.approx(1 / 7)  # odds of 1 to 1, and 1 to 6
    tracker.follow((30, 30, 20, 20))
    boxes, scores = tracker.faces(FRAME, 24)
    assert boxes.tolist() == [[60, 60, 20, 20], [32, 30, 20, 20]]
    assert scores.tolist() == pytest.approx([0.9, 0.2])
    tracker.follow(None)
    assert len(tracker.faces(FRAME, 24)[0]) == 1
