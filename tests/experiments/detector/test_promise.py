"""The threshold that keeps its promise on others: draws, groups, cross-validation."""

import cv2
import numpy as np
import pytest

from common.cli import UserError
from common.tables import read_csv
from experiments import eval_threshold
from experiments.detector.metrics import Results
from experiments.detector.promise import (
    chosen,
    draws,
    groups_of,
    keeping,
    least,
    promised,
    read_shown,
)
from experiments.detector.runs import OURS, Run
from experiments.detector.sealed import Sealed
from experiments.detector.truth import Picture


def one(people=(), scene="s"):
    boxes = [(0, 0, 10, 10)] * len(people)
    return Sealed(Picture(None, "composed", boxes), list(people), scene)


def false_squares(scores, images, count):
    """Results that hold false squares alone, on pictures of one face each."""
    return Results(
        np.array(scores, float), np.zeros(len(scores), bool), np.array(images, int),
        np.ones(count, int),
    )  # fmt: skip


def test_least_by_hand():
    scores, ones = np.array([0.7, 0.6, 0.4]), np.ones(3)
    assert least(scores, ones, 2, 0.5) == pytest.approx(0.6)
    assert least(scores, ones, 2, 0.5) > np.float32(0.6)  # the cascade keeps equal scores
    assert least(scores, ones, 2, 1.5) == 0
    assert least(scores, np.array([3, 1, 1]), 2, 1.0) == pytest.approx(0.7)
    assert least(np.zeros(0), np.zeros(0), 4, 0.1) == 0


def test_both_promises_are_kept_by_hand():
    # Two pictures of people and two empty ones; false positives at 0.6, 0.5 and at 0.7, 0.4.
    scores = np.array([0.9, 0.6, 0.5, 0.7, 0.4])
    hits = np.array([True, False, False, False, False])
    shown = [one(["a"]), one(["b"]), one(), one()]
    results = Results(scores, hits, np.array([0, 0, 1, 2, 3]), np.array([1, 1, 0, 0]))
    assert promised(shown, results, 0.5, 0.5, 0) == pytest.approx(0.5)
    assert promised(shown, results, 1.0, 0.5, 0) == pytest.approx(0.4)
    assert promised(shown, results, 1.0, 0.0, 0) == pytest.approx(0.7)
    assert promised(shown, results, 1.0, 1.0, 0) == 0
    assert promised(shown[:2], chosen(shown, results, [0, 1])[1], 0.0, 0, 0) == pytest.approx(0.6)


def test_a_picture_counts_as_often_as_its_scene_times_its_people():
    shown = [one("ab", "s"), one("c", "s"), one((), "t"), one("ca", "t")]
    found = list(draws(shown, resamples=4000))
    for counts in found[:20]:
        assert counts[2] in (0, 1, 2)  # how often t was drawn
        if counts[2] < 2:
            both, last = counts[:2] / (2 - counts[2])  # (a + b) / 2 and c
            assert 2 * both + last == pytest.approx(3)
            assert last == int(last)
    np.testing.assert_allclose(np.mean(found, axis=0), 1, atol=0.08)


def test_one_scene_of_many_false_squares_is_one_scene():
    # Ten pictures in each of six scenes; all false squares, sure ones, are in the last.
    shown = [one(["p"], f"s{k // 10}") for k in range(60)]
    results = false_squares(np.full(10, 0.9), np.arange(50, 60), 60)
    assert keeping(shown, results, 0.2, 0) == 0  # a sixth a picture
    # Drawn once in six, as in two draws of five, it is a sixth; twice, in one of four: a third.
    assert keeping(shown, results, 0.2, 0.6) == 0
    assert keeping(shown, results, 0.2, 0.9) == pytest.approx(0.9)
    # Were each picture its own scene, the rate would vary little.
    apart = [one(["p"], f"s{k}") for k in range(60)]
    assert keeping(apart, results, 0.3, 0.95) == 0


def test_an_upper_bound_keeps_the_promise_on_new_scenes():
    """Scenes differ by their rates: the least threshold breaks the promise about half the time."""
    rng = np.random.default_rng(0)

    def pictures():
        scores, images = [], []
        for scene in range(20):
            rate = rng.gamma(1, 0.5)
            for k in range(10):
                count = rng.poisson(rate)
                scores += list(rng.uniform(size=count))
                images += [10 * scene + k] * count
        return false_squares(scores, images, 200)

    shown = [one(["p"], f"s{k // 10}") for k in range(200)]
    kept = {0: [], 0.95: []}
    for _ in range(60):
        results = pictures()
        for level, found in kept.items():
            threshold = keeping(shown, results, 0.1, level, resamples=200)
            # Scores are even, and half a square a picture is expected at threshold 0.
            found.append(0.5 * (1 - threshold) <= 0.1)
    assert np.mean(kept[0]) < 0.7
    assert np.mean(kept[0.95]) > 0.8


def test_chosen_pictures_have_their_own_results():
    shown = [one(["a"]), one(["b"]), one(["c"])]
    results = Results(
        np.array([0.9, 0.8, 0.7, 0.6]), np.array([1, 0, 1, 0], bool), np.array([2, 0, 1, 2]),
        np.array([1, 2, 3]),
    )  # fmt: skip
    some, part = chosen(shown, results, [1, 2])
    assert some == shown[1:]
    np.testing.assert_array_equal(part.scores, [0.9, 0.7, 0.6])
    np.testing.assert_array_equal(part.images, [1, 0, 1])
    np.testing.assert_array_equal(part.faces, [2, 3])


def test_groups_share_neither_people_nor_scenes():
    shown = [
        one("ab", "s"),
        one("c", "t"),
        one("b", "t"),
        one("d", "u"),
        one((), "u"),
        one((), "v"),
    ]
    groups = groups_of(shown, 2)
    assert groups[0] == groups[1] == groups[2] != groups[3] == groups[4]
    with pytest.raises(UserError, match="not 4 groups"):
        groups_of(shown, 4)


def folder_of(path, count=12):
    """Pictures of two groups: people and scenes 0 to 5, and 6 to 11."""
    lines = ["path,x,y,w,h,person,scene"]
    grey = np.full((96, 96, 3), 90, np.uint8)
    for k in range(count):
        cv2.imwrite(str(path / f"{k}.png"), grey)
        lines.append(f"{k}.png,40,20,44,44,p{k // 6},house_{8 * (k // 6)}.png")
    (path / "faces.csv").write_text("\n".join(lines) + "\n")
    cv2.imwrite(str(path / "hand_1.png"), grey)
    cv2.imwrite(str(path / "hand_9.png"), grey)
    cv2.imwrite(str(path / "hand_17.png"), grey)
    (path / "scenes.csv").write_text(
        "path,split\nhand_1.png,val\nhand_9.png,val\nhand_17.png,val\n"
    )


def test_scenes_next_to_each_other_are_one(tmp_path):
    folder_of(tmp_path)
    shown = read_shown([tmp_path / "faces.csv"], [tmp_path / "scenes.csv"], "val")
    assert [one.scene for one in shown[5:7]] == ["house_0", "house_1"]
    assert [one.people for one in (shown[0], shown[-1])] == [["p0"], []]
    (tmp_path / "faces.csv").write_text("path,x,y,w,h\n0.png,40,20,44,44\n1.png,40,20,44,44\n")
    alone, other = read_shown([tmp_path / "faces.csv"])
    assert alone.scene != other.scene
    assert alone.people == []


def test_cross_validation_by_hand(call, tmp_path, monkeypatch):
    folder_of(tmp_path)

    def found(pictures, weights, min_face):
        # One false square, at 0.5, in each picture of the second group; every face at 0.4.
        answers = []
        for picture in pictures:
            boxes = [picture.boxes[0]] if picture.boxes else []
            scores = [0.4] * len(boxes)
            if picture.scene == "house_8.png":
                boxes, scores = [(0, 60, 20, 20), *boxes], [0.5, *scores]
            answers.append((np.array(boxes, float).reshape(-1, 4), np.array(scores)))
        return Run(OURS, answers, 0.3)

    monkeypatch.setattr("experiments.detector.runs.run_ours", found)
    monkeypatch.setattr(eval_threshold, "LEFT_OUT", (1,))
    out = tmp_path / "out.csv"
    code, _, err = call(
        eval_threshold.main, "--images", tmp_path / "faces.csv", "--scenes",
        tmp_path / "scenes.csv", "--groups", 2, "--levels", 0, 0.95, "--out", out,
    )  # fmt: skip
    assert code == 0, err
    rows = {(float(row["level"]), int(row["left out"])): row for row in read_csv(out)}
    at = rows[0, 1]
    # Chosen on the first group everything passes, the second group's false squares too; chosen
    # on the second nothing but false squares' equals would, and no face of the first is found.
    assert (float(at["false"]), float(at["false worst"]), float(at["false kept"])) == (0.5, 1, 0.5)
    assert float(at["recall"]) == 0.5
    assert float(at["empty"]) == 0
    # On all pictures half a square a picture would pass, so the threshold is above them.
    whole = rows[0.95, 0]
    assert float(whole["threshold"]) == pytest.approx(0.5, abs=1e-3)
    assert (float(whole["recall"]), float(whole["false"])) == (0, 0)


def test_more_groups_are_needed_than_left_out(refused, tmp_path):
    assert "--groups must be more" in refused(
        eval_threshold.main, "--images", tmp_path, "--scenes", tmp_path, "--groups", 2,
        "--out", tmp_path / "out.csv",
    )  # fmt: skip
