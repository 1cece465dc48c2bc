"""Enrolment of real people: training and test pictures, the accuracy, a whole run."""

import csv

import cv2
import numpy as np
import pytest

from common.cli import ROOT
from common.tables import read_csv
from experiments import eval_enrol_real
from experiments.core.statistics import over_people
from experiments.personal.real_people import (
    COLUMNS,
    LabelAccuracy,
    LabelledPeople,
    report,
    summary,
)
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


SOME = (
    ("a", "happy", "facs"), ("a", "happy", "theatric"), ("a", "happy", "personal"),
    ("a", "neutral", "neutral"), ("b", "happy", "personal"), ("a", "happy", "personal"),
    ("a", "neutral", "neutral"), ("a", "neutral", "neutral"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("count", "taught"), [(1, [2, 3]), (2, [2, 5, 3]), (3, [2, 5, 0, 3]), (9, [2, 5, 0, 3])]
)
def test_other_ways_of_acting_are_the_test_whatever_is_taught(count, taught):
    """The ways teach in the order named; neutral is acted in one way, and half of it tests."""
    assert people(*SOME).divide("a", count, ["personal", "facs"]) == (taught, [1, 6, 7])


def test_one_way_may_teach_alone():
    assert people(*SOME).divide("a", 2, ["personal"]) == ([2, 5, 3], [0, 1, 6, 7])


def test_a_label_with_one_picture_only_tests():
    some = people(("a", "happy", "personal"), ("a", "neutral", "neutral"))
    assert some.divide("a", 3, ["personal"]) == ([], [0, 1])


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


def taught(*rows):
    """Rows of `COLUMNS` from (seed, person, before, after, others before, others after)."""
    return [
        dict(zip(COLUMNS, (seed, person, 2, 8, 9, *found, 1.5))) for seed, person, *found in rows
    ]


def test_the_summary_is_of_people_not_of_trainings():
    rows = taught(
        (0, "a", 0.2, 0.6, 0.5, 0.5), (1, "a", 0.2, 0.8, 0.5, 0.4), (0, "b", 0.4, 0.5, 0.5, 0.5),
        (1, "b", 0.4, 0.5, 0.5, 0.6),
    )  # fmt: skip
    (line,) = summary(rows)
    assert [line[k] for k in ("pictures_each", "taught", "people", "seeds")] == [2, 8, 2, 2]
    expected = over_people([0.7 - 0.2, 0.5 - 0.4])
    assert line["gain"] == pytest.approx(0.3)
    assert line["gain low"] == pytest.approx(expected.low)
    assert line["gain high"] == pytest.approx(expected.high)
    assert line["others_gain"] == pytest.approx(0.0)
    assert line["seconds"] == 1.5


def test_the_report_shows_the_table():
    table = summary(taught((0, "a", 0.2, 0.6, 0.5, 0.4), (0, "b", 0.2, 0.6, 0.5, 0.4)))
    text = report(table, "set.csv", "command", 10, 5)
    assert "| 2 | 2 | 8.0 | 0.200 [0.200, 0.200] | 0.600 [0.600, 0.600] | +0.400 [" in text
    assert "| 0.500 [0.500, 0.500] | -0.100 [-0.100, -0.100] | 1.5 |" in text
    assert "2 people" in text


def test_the_committed_table_is_of_the_committed_people():
    folder = ROOT / "results" / "enrol_real"
    people, table = read_csv(folder / "people.csv"), read_csv(folder / "table.csv")
    report = (folder / "REPORT.md").read_text(encoding="utf-8")
    assert [row["pictures_each"] for row in table][:4] == ["1", "2", "3", "5"]
    for row in table:
        own = [one for one in people if one["pictures_each"] == row["pictures_each"]]
        gain = np.mean([float(one["after"]) - float(one["before"]) for one in own])
        assert float(row["gain"]) == pytest.approx(gain, abs=1e-3)
        assert int(row["people"]) == len({one["person"] for one in own})
        assert f"| {float(row['gain']):+.3f} [" in report


@pytest.fixture
def acted(tmp_path):
    """Arguments for the script: two people on disk who act three labels, and a net."""
    header = ("path", "person", "label", "performance", "x", "y", "w", "h")
    rows = [
        (f"{person}{label}{way}{k}.png", person, label, way, 20, 10, 70, 70)
        for person in "ab"
        for label, way in [
            ("happy", "personal"), ("happy", "theatric"), ("sad", "facs"), ("sad", "theatric"),
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
    return ["--data", tmp_path / "set.csv", "--smiles", tmp_path / "net.npz"]


@pytest.mark.slow
def test_the_script_from_end_to_end(acted, tmp_path, call):
    out = tmp_path / "out"
    options = ["--steps", 2, "--seeds", 2, "--taught", 1, 2, "--out", out]
    code, text, errors = call(eval_enrol_real.main, *acted, *options)
    assert code == 0, errors
    assert "2 people, each taught alone by 2 batches" in text
    assert text.rstrip() == (out / "REPORT.md").read_text(encoding="utf-8").rstrip()
    rows = read_csv(out / "people.csv")
    assert [[row[k] for k in ("seed", "person", "taught", "tested")] for row in rows] == [
        [seed, person, taught, "5"] for seed in "01" for person in "ab" for taught in ("3", "5")
    ]
    assert [row["pictures_each"] for row in read_csv(out / "table.csv")] == ["1", "2"]


def test_a_way_that_nobody_acts_is_named(acted, tmp_path, refused):
    options = ["--performances", "personal", "none", "--out", tmp_path / "out"]
    assert "no picture of the performance none" in refused(eval_enrol_real.main, *acted, *options)


def test_who_chooses_is_every_other_one_of_the_first_half(acted):
    _, table, *_ = acted
    for part, who in (("choose", {"a"}), ("all", {"a", "b"}), ("second", {"b"})):
        people, paths = eval_enrol_real.read_people(table, part, "ours")
        assert set(people.names) == who
        assert [path.name[0] for path in paths] == list(people.names)


def test_a_neutral_picture_to_spare_is_made_to_pull_all(acted, monkeypatch):
    """Each person's first neutral picture teaches; the second tests."""
    _, table, *_ = acted
    asked = []

    def read_source(path, landmarks, inner, name):
        asked.append((path.name, landmarks, inner, name))
        return name

    monkeypatch.setattr("experiments.personal.puppets.read_source", read_source)
    monkeypatch.setattr("experiments.personal.puppets.pull_all", lambda source: f"of {source}")
    args = eval_enrol_real.parse_args(["--data", str(table), "--landmarks", "points.npz"])
    people, paths = eval_enrol_real.read_people(table, "all", "ours")
    assert eval_enrol_real.puppets_of(people, paths, args) == {"a": "of a", "b": "of b"}
    name = "aneutralneutral0.png"
    assert asked[0] == (name, args.landmarks, name, "a")
    args.landmarks = None
    assert eval_enrol_real.puppets_of(people, paths, args) == {}
