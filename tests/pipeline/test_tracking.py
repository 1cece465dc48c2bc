import numpy as np

from pipeline.tracking import Tracker, WholePicture

FRAME = np.zeros((100, 100, 3), np.uint8)


class FakeDetector:
    """Knows where the face is; the big net's score falls with the distance from it.

    Calibration goes the part ``reach`` of the way from a box to the face.
    """

    big_threshold = 0.5

    def __init__(self, face, reach=0.0):
        self.face, self.searches, self.reach = np.array(face, float), 0, reach

    def classify(self, picture, boxes):
        distance = np.abs(np.asarray(boxes) - self.face).sum(axis=1) / self.face[2]
        return np.exp(-distance).astype(np.float32)

    def calibrate(self, picture, boxes):
        return boxes + self.reach * (self.face - boxes)

    def detect(self, picture, min_face):
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


def test_a_followed_face_is_put_right_as_a_found_one_is():
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
