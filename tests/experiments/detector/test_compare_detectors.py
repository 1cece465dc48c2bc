"""The paired comparison of two detectors."""

import csv

import cv2
import numpy as np
import pytest

from experiments import compare_detectors
from experiments.detector.runs import OURS, Run
from tests.conftest import drawn_face

BOX = (40, 20, 44, 44)


@pytest.fixture
def folder(tmp_path):
    lines = ["path,x,y,w,h,person,scene"]
    for k in range(12):
        cv2.imwrite(str(tmp_path / f"{k}.png"), drawn_face(96))
        lines.append(f"{k}.png,40,20,44,44,p{k},s{k}.png")
    (tmp_path / "faces.csv").write_text("\n".join(lines) + "\n")
    cv2.imwrite(str(tmp_path / "none.png"), np.full((60, 80, 3), 90, np.uint8))
    (tmp_path / "scenes.csv").write_text("path,split\nnone.png,val\n")
    return tmp_path


def compare(call, folder, *more):
    out = folder / "out.csv"
    code, _, err = call(
        compare_detectors.main, "--images", folder / "faces.csv", "--scenes",
        folder / "scenes.csv", "--rates", 0, "--out", out, *more,
    )  # fmt: skip
    assert code == 0, err
    with open(out, newline="") as file:
        (row,) = csv.DictReader(file)
    return {name: float(value) for name, value in row.items()}


def test_the_difference_is_that_of_the_faces_found(call, folder, monkeypatch):
    def found(pictures, weights, min_face):
        # The one finds every third face, the other all but every fourth; neither anything else.
        better = weights.name == "better"
        answers = []
        for k, picture in enumerate(pictures):
            hit = int(bool(picture.boxes) and (k % 4 != 0 if better else k % 3 == 0))
            answers.append((np.array([BOX] * hit, float).reshape(-1, 4), np.full(hit, 0.9)))
        return Run(OURS, answers, 0.5)

    monkeypatch.setattr("experiments.detector.runs.run_ours", found)
    row = compare(call, folder, "--before", "worse", "--after", "better")
    assert (row["pictures"], row["faces"]) == (13, 12)
    assert (row["before"], row["after"]) == (pytest.approx(4 / 12, abs=1e-3), 9 / 12)
    assert row["difference"] == pytest.approx(5 / 12, abs=1e-3)
    assert -0.4 < row["low"] < 5 / 12 < row["high"] <= 1


def test_a_detector_is_no_better_than_itself(call, folder, compiled):
    same = ("--before", compiled.folder, "--after", compiled.folder, "--min-face", 40)
    row = compare(call, folder, *same)
    assert row["difference"] == row["low"] == row["high"] == 0


def test_people_and_scenes_must_be_named(refused, folder):
    (folder / "faces.csv").write_text("path,x,y,w,h\n0.png,40,20,44,44\n")
    assert "must name person and scene" in refused(
        compare_detectors.main, "--images", folder / "faces.csv", "--after", folder,
        "--out", folder / "out.csv",
    )  # fmt: skip
