"""The leakage of a set whose leaks are known."""

import cv2
import pytest

from common.tables import read_csv
from experiments import eval_leakage
from experiments.compare.leakage_report import names_of

pytestmark = pytest.mark.slow


def test_leakage_is_measured_and_reported(faces, tmp_path, call, refused):
    out = tmp_path / "out"
    argv = ["--data", faces, "--folds", 3, "--splits", "person,image", "--out", out]
    code, said, errors = call(eval_leakage.main, *argv)
    assert code == 0, errors
    rows = read_csv(out / "leakage.csv")
    assert {row["set"] for row in rows} == {"faces"}
    assert len(rows) == 2 * 4
    found = {(row["split"], row["method"]): float(row["accuracy"]) for row in rows}
    assert found["person", "HOG + ridge"] > 0.9
    assert found["image", "random, nearest pixel"] > 0.9
    assert found["person", "random, nearest pixel"] < 0.8
    for row in rows:
        assert 0 <= float(row["low"]) <= float(row["accuracy"]) <= float(row["high"]) <= 1
    assert str(faces.parent) not in said
    assert "36 pictures of 6 people, 2 classes, chance 0.500" in said
    assert cv2.imread(str(out / "leakage.png")).std() > 5
    assert (
        "--folds: '2' is no whole number of at least 3"
        in call(eval_leakage.main, *[2 if word == 3 else word for word in argv])[2]
    )


def test_sets_of_one_name_are_told_apart(tmp_path):
    sources = [tmp_path / "a" / "faces.csv", tmp_path / "b" / "faces.csv", tmp_path / "c.v2"]
    assert names_of(sources) == ["a/faces", "b/faces", "c.v2"]
    assert names_of([tmp_path / "c" / "manifest.csv"]) == ["c"]


def test_a_set_that_is_too_small_is_named_before_anything_is_measured(faces, tmp_path, refused):
    header, *lines = faces.read_text().splitlines()
    few = faces.parent / "few.csv"
    few.write_text("\n".join([header, *(line for line in lines if line[0] == "1")]) + "\n")
    out = tmp_path / "out"
    line = refused(eval_leakage.main, "--data", faces, few, "--out", out)
    assert "few: a split by person needs at least 3 people: there are 1" in line
    assert not out.exists()
