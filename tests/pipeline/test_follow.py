"""The loop that follows a face, step by step, with nets that say what the test wants."""

import numpy as np
import pytest

from common.crops import Mipmap
from pipeline.follow import Follower
from pipeline.light import lightened
from pipeline.tracking import Tracker
from pipeline.vote import Vote

SMALL, LARGE = np.full((90, 120, 3), 90, np.uint8), np.full((180, 240, 3), 90, np.uint8)
LEFT, RIGHT = (10.0, 20, 40, 40), (70.0, 20, 40, 40)


class FakeDetector:
    big_threshold = 0.5

    def __init__(self, found):
        self.found, self.asked = iter(found), []

    def detect(self, picture, min_face):
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


def follower(found, sums, **options):
    return Follower(Tracker(FakeDetector(found), 1), FakeVoter(sums), **options)


def test_the_square_is_kept_over_a_gap():
    follow = follower([[LEFT], [], [RIGHT, LEFT]], [(1, 0)] * 2)
    assert tuple(follow.step(SMALL)[0]) == LEFT
    assert follow.step(SMALL) == (None, None)
    # The right one is better by a little: the left one goes on.
    assert tuple(follow.step(SMALL)[0]) == LEFT
    assert not follow.anew


def test_past_votes_count_until_another_face():
    follow = follower([[LEFT], [LEFT], [], [LEFT], [RIGHT]], [(45, 0), (0, 45), (0, 45), (9, 36)],
                      smooth=1)  # fmt: skip
    votes, anew = [], []
    for _ in range(5):
        votes.append(follow.step(SMALL)[1])
        anew.append(follow.anew)
    assert votes[1].sums == pytest.approx([15, 30])  # 45 of weight 1/2, beside 1
    assert votes[3].sums == pytest.approx(45 * np.array([1 / 8, 1 / 4 + 1]) / (1 + 1 / 4 + 1 / 8))
    assert votes[4].sums == pytest.approx([9, 36])
    assert anew == [False, False, False, False, True]


def test_frames_of_another_size_begin_anew():
    follow = follower([[LEFT], [LEFT]], [(45, 0), (0, 45)], smooth=10)
    follow.step(SMALL)
    assert follow.step(LARGE)[1].sums == pytest.approx([0, 45])
    assert follow.anew
    least = [min_face for _, min_face in follow.tracker.detector.asked]
    assert least == [24, 24]
    assert follower([[LEFT]], [(1, 0)], min_face=50).min_face == 50


def test_light_is_applied_once_for_search_and_vote():
    dark = np.full((90, 120, 3), 12, np.uint8)
    dark[30:60] = 30
    follow = follower([[LEFT]], [(1, 0)])
    follow.step(dark)
    ((searched, _),), ((voted, _),) = follow.tracker.detector.asked, follow.voter.asked
    assert searched is voted
    assert searched.levels[0].mean() > dark.mean() + 20
    assert lightened(searched) is searched
    np.testing.assert_array_equal(lightened(Mipmap(dark)).levels[0], searched.levels[0])


def test_a_face_known_from_before_goes_first():
    follow = follower([[RIGHT, LEFT]], [(1, 0)])
    follow.begin(np.array(LEFT))
    assert tuple(follow.step(SMALL)[0]) == LEFT
