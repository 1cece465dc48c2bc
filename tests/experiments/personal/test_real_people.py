"""Enrolment of real people: training and test pictures, the accuracy, a whole run."""

import csv

import cv2
import numpy as np
import pytest

from common.tables import read_csv
from experiments import eval_enrol_real
from experiments.personal.real_people import LabelAccuracy, LabelledPeople, report
from experiments.real.vocabulary import smileys
from nets.smiles import build_net_smiles
from nets.weights import save_weights
from tests.conftest import drawn_face

GROUPS = {"happy": ("smile", "laugh"), "neutral": ("neutral",)}
CLASSES = ["smile", "laugh", "neutral", "sad"]


def people(*pictures):
    """Of (person, label, way)."""
    names, labels, ways = (np.array(column) for column in zip(*pictures))
    return LabelledPeople(
        [None] * len(names), np.zeros((len(names), 4)), labels, names, ways, GROUPS
    )


def test_other_ways_of_acting_are_the_test():
    some = people(
        ("a", "happy", "personal"), ("a", "happy", "theatric"), ("a", "happy", "personal"),
        ("a", "neutral", "neutral"), ("b", "happy", "personal"), ("a", "happy", "facs"),
        ("a", "neutral", "neutral"), ("a", "neutral", "neutral"),
    )  # fmt: skip
    assert some.divide("a", 1, "personal") == ([0, 3], [1, 5, 6, 7])
    assert some.divide("a", 5, "personal") == ([0, 2, 3, 6], [1, 5, 7])  # one neutral is left


def test_a_label_with_one_picture_only_tests():
    some = people(("a", "happy", "personal"), ("a", "neutral", "neutral"))
    assert some.divide("a", 3, "personal") == ([], [0, 1])


@pytest.fixture
def accuracy(monkeypatch):
    made = LabelAccuracy.__new__(LabelAccuracy)
    made.members, made.labels = [[0, 1], [2]], list(GROUPS)
    made.people = people(*[("a", "happy", "x")] * 3, ("a", "neutral", "x"))
    rows = np.float32([
        [0.3, 0.1, 0.2, 0.4], [0.1, 0.3, 0.35, 0.25], [0.1, 0.5, 0.3, 0.1], [0.1, 0.1, 0.2, 0.6],
    ])  # fmt: skip
    monkeypatch.setattr(
        "experiments.personal.real_people.predict", lambda _, indices: rows[indices]
    )
    monkeypatch.setattr(
        "experiments.personal.real_people.face_input", lambda squares, normalized: squares
    )
    monkeypatch.setattr(LabelledPeople, "squares", lambda self, indices: np.array(indices))
    made.probabilities, made.normalized = None, False
    return made


def test_accuracy_is_the_mean_over_the_labels_among_those_of_the_set(accuracy):
    # happy: right, wrong (.35 above .3), right; neutral: right, whatever sad has.
    assert accuracy([0, 1, 2, 3]) == pytest.approx((2 / 3 + 1) / 2)
    assert accuracy([1]) == 0


def test_a_label_of_several_smileys_teaches_the_likeliest(accuracy):
    assert accuracy.smileys([0, 1, 2, 3]).tolist() == [0, 1, 1, 2]


def test_the_report_is_the_mean_over_people():
    rows = [
        ("a", 1, 5, 9, 0.2, 0.6, 0.5, 0.5, 4.0), ("b", 1, 5, 9, 0.4, 0.8, 0.5, 0.4, 6.0),
    ]  # fmt: skip
    text = report(rows, "set.csv", "command", 10, 5)
    assert "| 1 | 0.300 ± 0.141 | 0.700 ± 0.141 | 0.500 ± 0.000 | 0.450 ± 0.071 | 5 |" in text
    assert "2 people" in text


@pytest.mark.slow
def test_the_script_from_end_to_end(tmp_path, call):
    header = ("path", "person", "label", "performance", "x", "y", "w", "h")
    rows = [
        (f"{person}{label}{way}{k}.png", person, label, way, 20, 10, 70, 70)
        for person in "ab"
        for label, way in [
            ("happy", "personal"), ("happy", "facs"), ("sad", "personal"), ("sad", "facs"),
            ("neutral", "neutral"),
        ]
        for k in range(2)
    ]  # fmt: skip
    for row in rows:
        cv2.imwrite(str(tmp_path / row[0]), drawn_face())
    with open(tmp_path / "set.csv", "w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    network = build_net_smiles(num_classes=17)
    save_weights(tmp_path / "net.npz", network, "smiles", classes=smileys(), origin="x")
    argv = ["--data", tmp_path / "set.csv", "--smiles", tmp_path / "net.npz", "--taught", 1]
    code, text, errors = call(eval_enrol_real.main, *argv, "--steps", 2, "--out", tmp_path / "out")
    assert code == 0, errors
    assert "2 people, each taught alone by 2 batches" in text
    table = read_csv(tmp_path / "out" / "table.csv")
    assert [(row["person"], row["taught"], row["tested"]) for row in table] == [
        ("a", "3", "5"), ("b", "3", "5"),
    ]  # fmt: skip
    code, _, errors = call(eval_enrol_real.main, *argv, "--performance", "none", "--out", tmp_path)
    assert code == 2
    assert "no picture of the performance none" in errors
