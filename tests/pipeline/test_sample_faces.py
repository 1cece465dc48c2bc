from types import SimpleNamespace

import numpy as np
import pytest

from common.cli import UserError
from nets.input import network_input
from pipeline.sample_faces import sample_faces
from pipeline.vote import Voter


class Film:
    """A film whose frames are as grey as their number."""

    name = "film.mp4"

    def __init__(self, frames, count=None):
        self.frames, self.count = frames, count

    def __iter__(self):
        return (np.full((60, 80, 3), 70 + k, np.uint8) for k in range(self.frames))


def tracker(faces):
    """Finds a face in the first so many frames that it is shown, the second square better."""
    shown = []

    def find(frame, min_face):
        shown.append((frame[0, 0, 0], min_face))
        boxes = np.array([[0, 0, 9, 9], [10, 10, 30, 30.0]])[: 2 * (len(shown) <= faces)]
        return boxes, np.array([0.3, 0.9])[: len(boxes)]

    return SimpleNamespace(faces=find, follow=lambda box: None, shown=shown)


def test_frames_all_over_the_film_are_looked_at(monkeypatch):
    monkeypatch.setattr("pipeline.sample_faces.FRAMES", 10)
    look = tracker(faces=9)
    windows = sample_faces(Film(40, 40), look)
    assert [grey for grey, _ in look.shown] == list(range(70, 110, 4))
    assert [w[20, 20, 0] for w in windows] == list(range(70, 106, 4))  # the last has no face
    look = tracker(faces=99)
    sample_faces(Film(40, 40), look, min_face=30, limit=12)
    assert look.shown == [(70 + k, 30) for k in range(12)]


def test_too_few_faces_are_refused():
    with pytest.raises(UserError, match=r"film.mp4 shows a face in 5 frames: --adapt needs 8"):
        sample_faces(Film(40), tracker(faces=5))


def test_the_voter_adapts_its_own_network_and_says_so(monkeypatch):
    calls = []
    monkeypatch.setattr("pipeline.vote.adapt", lambda *args: calls.append(args))
    voter = Voter(None, ["a", "b"], net="real", network="the network")
    windows = np.full((8, 48, 48, 3), 100, np.uint8)
    voter.adapt(windows)
    ((network, planes),) = calls
    assert network == "the network"
    np.testing.assert_array_equal(planes, network_input(windows))
    assert voter.net == "real, adapted"
