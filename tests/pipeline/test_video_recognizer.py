"""The loop that follows a face, step by step, with nets that say what the test wants."""

import itertools

import numpy as np
import pytest

from common.crops import Mipmap
from pipeline import run_video
from pipeline.light import brighten
from pipeline.tracking import Tracker
from pipeline.video_recognizer import VideoRecognizer
from pipeline.vote import Vote

SMALL, LARGE = (90, 120), (180, 240)
BRIGHTNESS = itertools.count(90)
LEFT, RIGHT = (10.0, 20, 40, 40), (70.0, 20, 40, 40)


def picture(size):
    """A frame unlike all others."""
    return np.full((*size, 3), next(BRIGHTNESS), np.uint8)


class FakeDetector:
    big_threshold = 0.5

    def __init__(self, found):
        self.found, self.asked = iter(found), []

    def detect(self, picture, min_face, threshold=None):
        self.asked.append((picture, min_face))
        boxes = next(self.found)
        return np.array(boxes, float).reshape(-1, 4), np.linspace(0.9, 0.85, len(boxes))


class FakeVoter:
    def __init__(self, sums):
        self.classes = ["a", "b"]
        self.sums, self.asked = iter(sums), []

    def vote(self, picture, box):
        self.asked.append((picture, tuple(box)))
        return Vote(self.classes, np.array(next(self.sums), float))


def recognizer(found, sums, every=1, **options):
    return VideoRecognizer(Tracker(FakeDetector(found), every), FakeVoter(sums), **options)


def test_the_square_is_kept_over_a_gap():
    follow = recognizer([[LEFT], [], [RIGHT, LEFT]], [(1, 0)] * 2)
    assert tuple(follow.step(picture(SMALL))[0]) == LEFT
    assert follow.step(picture(SMALL)) == (None, None)
    # The right one is better by a little: the left one goes on.
    assert tuple(follow.step(picture(SMALL))[0]) == LEFT
    assert not follow.face_changed


def test_past_votes_count_until_another_face():
    follow = recognizer([[LEFT], [LEFT], [], [LEFT], [RIGHT]], [(45, 0), (0, 45), (0, 45), (9, 36)],
                      smooth=1)  # fmt: skip
    votes, anew = [], []
    for _ in range(5):
        votes.append(follow.step(picture(SMALL))[1])
        anew.append(follow.face_changed)
    assert votes[1].sums == pytest.approx([15, 30])  # 45 of weight 1/2, beside 1
    assert votes[3].sums == pytest.approx(45 * np.array([1 / 8, 1 / 4 + 1]) / (1 + 1 / 4 + 1 / 8))
    assert votes[4].sums == pytest.approx([9, 36])
    assert anew == [False, False, False, False, True]


def test_frames_of_another_size_begin_anew():
    follow = recognizer([[LEFT], [LEFT]], [(45, 0), (0, 45)], smooth=10)
    follow.step(picture(SMALL))
    assert follow.step(picture(LARGE))[1].sums == pytest.approx([0, 45])
    assert follow.face_changed
    least = [min_face for _, min_face in follow.tracker.detector.asked]
    assert least == [24, 24]
    assert recognizer([[LEFT]], [(1, 0)], min_face=50).min_face == 50


def test_light_is_applied_once_for_search_and_vote():
    dark = np.full((90, 120, 3), 12, np.uint8)
    dark[30:60] = 30
    follow = recognizer([[LEFT]], [(1, 0)])
    follow.step(dark)
    ((searched, _),), ((voted, _),) = follow.tracker.detector.asked, follow.voter.asked
    assert searched is voted
    assert searched.levels[0].mean() > dark.mean() + 20
    assert brighten(searched) is searched
    np.testing.assert_array_equal(brighten(Mipmap(dark)).levels[0], searched.levels[0])


def test_a_face_known_from_before_goes_first():
    follow = recognizer([[RIGHT, LEFT]], [(1, 0)])
    follow.begin(np.array(LEFT))
    assert tuple(follow.step(picture(SMALL))[0]) == LEFT


def test_a_repeated_frame_is_neither_searched_nor_voted_on():
    follow = recognizer([[LEFT], [RIGHT]], [(1, 0), (0, 1)])
    one, other = picture(SMALL), picture(SMALL)
    found = [
        (*follow.step(frame.copy()), follow.frame_repeated) for frame in (one, one, one, other)
    ]
    assert [tuple(box) for box, _, _ in found] == [LEFT] * 3 + [RIGHT]
    assert [vote.best for _, vote, _ in found] == [0, 0, 0, 1]
    assert [again for _, _, again in found] == [False, True, True, False]
    assert len(follow.tracker.detector.asked) == len(follow.voter.asked) == 2
    assert follow.face_changed  # the face of another place


def test_a_repeated_frame_counts_in_smoothing_as_any_other():
    follow = recognizer([[LEFT], [LEFT]], [(45, 0), (0, 45)], smooth=1)
    one, other = picture(SMALL), picture(SMALL)
    sums = [follow.step(frame.copy())[1].sums for frame in (one, other, other)]
    assert sums[1] == pytest.approx([15, 30])
    assert sums[2] == pytest.approx([45 / 7, 45 * 6 / 7])  # weights 1/4, 1/2 and 1


def test_a_repeated_frame_without_a_face_stays_without():
    follow = recognizer([[], [LEFT]], [(1, 0)])
    one = picture(SMALL)
    assert [follow.step(one.copy()) for _ in range(2)] == [(None, None)] * 2
    assert follow.step(picture(SMALL))[0] is not None


def test_one_pixel_makes_another_frame():
    follow = recognizer([[LEFT]] * 2, [(1, 0)])
    frame = picture(SMALL)
    follow.step(frame)
    changed = frame.copy()
    changed[-1, -1, 2] += 1
    follow.step(changed)
    assert not follow.frame_repeated
    assert len(follow.tracker.detector.asked) == 2


def test_a_change_far_from_the_face_is_searched_but_not_voted_on():
    follow = recognizer([[LEFT]] * 3, [(1, 0), (0, 1)])
    frame = picture(SMALL)
    far, near = frame.copy(), frame.copy()
    far[:, 100:] += 1
    near[40, 30] += 1
    assert [follow.step(f)[1].best for f in (frame, far, near)] == [0, 0, 1]
    assert len(follow.tracker.detector.asked) == 3


def test_in_between_searches_the_same_place_of_the_same_frame_is_looked_at_once():
    follow = recognizer([[LEFT], [LEFT]], [(1, 0)] * 9, every=3)
    places = []

    def near(picture):  # the followed square moves on, in a still frame too, until it rests
        places.append(follow.tracker.last[0])
        return np.array([[min(places[-1] + 2, 14.0), 20, 40, 40]]), np.ones(1)

    follow.tracker.near = near
    frame = picture(SMALL)
    boxes = [follow.step(frame.copy())[0][0] for _ in range(6)]
    assert boxes == [10, 12, 14, 10, 12, 14]
    assert places == [10, 12]
    assert len(follow.tracker.detector.asked) == 1
    assert [box[0] for _, box in follow.voter.asked] == boxes


class FakeVideo:
    def __init__(self):
        self.written = []

    def write(self, frame, start, end):
        self.written.append((frame, start, end))


class FakeLines:
    def __init__(self):
        self.lines = []

    def write(self, line):
        self.lines.append(line)


def test_a_repeated_frame_is_drawn_once_and_written_each_time():
    follow = recognizer([[LEFT], [], [LEFT]], [(1, 0), (0, 1)])
    follow.voter.net = "net"
    one, none, other = (picture(SMALL) for _ in range(3))
    frames = [one, one, none, none, other]
    video, lines = FakeVideo(), FakeLines()
    timed = [(frame.copy(), k / 4, (k + 1) / 4) for k, frame in enumerate(frames)]
    run_video.annotate(timed, follow, video, lines, slow=2.0)
    pictures, starts, _ = zip(*video.written)
    assert starts == (0.0, 0.5, 1.0, 1.5, 2.0)
    assert [pictures[k] is pictures[k - 1] for k in range(1, 5)] == [True, False, True, False]
    assert [line["smiley"] for line in lines.lines] == ["a", "a", None, None, "b"]
    assert [line["frame"] for line in lines.lines] == [0, 1, 2, 3, 4]
