"""The sealed test: its bootstrap, the count of its uses, and the script."""

import json

import numpy as np
import pytest

from common.tables import read_csv
from experiments import eval_sealed
from experiments.detector.metrics import FALSE
from experiments.detector.sealed import Sealed, count_use, resampled
from experiments.detector.truth import Picture
from tests.experiments.detector.test_parts import shared


def one(people, scene):
    return Sealed(Picture(None, "composed"), people, scene)


def test_without_false_positives_the_recall_is_that_of_the_people_drawn():
    # One scene; person a is found in all her ten pictures, b in none of his ten.
    sealed = [one(["a"], "s")] * 10 + [one(["b"], "s")] * 10
    assigned = [np.array([0])] * 10 + [np.array([], int)] * 10
    scores = [np.array([0.9])] * 10 + [np.array([])] * 10
    drawn = resampled(sealed, assigned, scores, 0.1, resamples=2000)
    # Both drawn are a, or b, or one of each: never anything between, as by pictures.
    assert set(np.round(drawn, 6)) == {0.0, 0.5, 1.0}
    assert (drawn == 0.5).mean() == pytest.approx(0.5, abs=0.05)


def test_a_scenes_false_positives_come_with_it():
    # A false positive above the only hit in each of the two pictures of scene t; none in s.
    sealed = [one(["a"], "s"), one(["a"], "s"), one(["a"], "t"), one(["a"], "t")]
    assigned = [np.array([0])] * 2 + [np.array([FALSE, 0])] * 2
    scores = [np.array([0.5])] * 2 + [np.array([0.9, 0.5])] * 2
    drawn = resampled(sealed, assigned, scores, 0.4, resamples=2000)
    # Of two scenes drawn: s, s has no false positive; with a t there are half or one a picture.
    assert set(drawn) == {0.0, 1.0}
    assert drawn.mean() == pytest.approx(0.25, abs=0.04)


def test_the_same_seed_draws_the_same():
    sealed = [one([f"p{k}"], f"s{k}") for k in range(30)]
    assigned = [np.array([0 if k % 3 else FALSE]) for k in range(30)]
    scores = [np.array([k / 30]) for k in range(30)]
    first, again = (resampled(sealed, assigned, scores, 0.1, resamples=50) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert 0 < first.std() < 0.5


def test_uses_are_counted_and_say_what_was_judged(tmp_path):
    nets = tmp_path / "nets"
    nets.mkdir()
    (nets / "big.npz").write_bytes(b"one")
    path = tmp_path / "uses.csv"
    assert count_use(path, [nets], "abc") == 1
    (nets / "big.npz").write_bytes(b"two")
    assert count_use(path, [nets], "abc") == 2
    rows = read_csv(path)
    assert [row["use"] for row in rows] == ["1", "2"]
    assert rows[0]["weights"] != rows[1]["weights"]
    assert rows[0]["date"] <= rows[1]["date"]


@pytest.mark.slow
def test_end_to_end(call, compiled, tmp_path):
    source, out = shared(tmp_path / "data"), tmp_path / "sealed"
    options = (
        "--shared", source, "--weights", compiled.folder, "--count", 8, "--min-face", 40,
        "--out", out,
    )  # fmt: skip
    for use in (1, 2):
        code, _, err = call(eval_sealed.main, *options)
        assert code == 0, err
        report = json.loads((out / f"use-{use}.json").read_text())
        assert report["use"] == use
        (said,) = report["detectors"]
        assert said["photos"]["pictures"] == said["photos"]["faces"] == 8
        assert said["composed"]["pictures"] == 8
        low, high = said["recall at 0.1"][1:]
        assert 0 <= low <= high <= 1
    rows = read_csv(out / "uses.csv")
    # The same command makes the same test.
    assert len(rows) == 2
    assert rows[0]["pictures"] == rows[1]["pictures"]
