import csv

import cv2
import numpy as np
import pytest

from common.cli import ROOT, UserError
from experiments.bench import precision
from experiments.bench.squares import squares_of


class FakeVoter:
    """Votes for the class that a picture's first value names, a little less sure in bfloat16."""

    def __init__(self, off):
        self.off = off

    def vote(self, picture, square):
        self.shares = np.full(4, 0.1) + self.off
        self.shares[picture[0, 0, 0]] = 0.7 - 3 * self.off
        return self


def test_agreement_by_hand():
    squares = [(np.full((2, 2, 3), k, np.uint8), None) for k in (0, 1, 2, 3)]
    voters = {"float32": FakeVoter(0.0), "bfloat16": FakeVoter(0.001)}
    shares, seconds = precision.compare(voters, squares)
    shares["bfloat16"][3] = [0.7, 0.1, 0.1, 0.1]  # another one wins
    seconds = {"float32": np.array([4.0, 6, 8, 2]), "bfloat16": np.array([2.0, 2, 2, 2])}
    row = precision.row_of("net", "film", shares, seconds)
    assert (row["frames"], row["same_winner"]) == (4, 0.75)
    assert row["share_differs_most"] == pytest.approx(0.6)
    assert row["share_differs_mean"] == pytest.approx((3 * 0.003 + 0.6) / 4)
    assert row["times_as_fast"] == 2.5


def test_frames_are_spread_over_a_film_and_have_the_squares_of_its_truth():
    film = ROOT / "dataset" / "demo" / "known.mp4"
    found = list(squares_of(film, None, 5, 0))
    assert 3 <= len(found) <= 5
    assert all(len(square) == 4 for _, square in found)
    assert not np.array_equal(found[0][0], found[-1][0])


def test_rows_of_a_table_are_drawn_alike(tmp_path):
    with open(tmp_path / "t.csv", "w", newline="") as file:
        csv.writer(file).writerows(
            [["path", *"xywh"], *[[f"{k}.png", k, 1, 2, 2] for k in range(6)]]
        )
    for k in range(6):
        cv2.imwrite(str(tmp_path / f"{k}.png"), np.full((4, 4, 3), k, np.uint8))
    ones, others = (list(squares_of(tmp_path / "t.csv", None, 3, 1)) for _ in range(2))
    assert len(ones) == 3
    for (picture, square), (_, again) in zip(ones, others):
        assert picture[0, 0, 0] == square[0]
        assert square == again


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match="no file"):
        precision.main([str(tmp_path / "none.mp4")])
