"""Where in the cascade a face is lost."""

import cv2
import numpy as np
import pytest

from common.tables import read_csv
from experiments import eval_stages
from experiments.detector.stages import STAGES, stage_of
from pipeline.cascade import Detection
from tests.conftest import drawn_face

FACE, NEAR, FAR = (10, 10, 40, 40), (12, 10, 40, 40), (60, 10, 40, 40)


def detection(candidates, survivors, boxes):
    """A `Detection` of lists of boxes, and of (box, score) for the later stages."""
    parts = [np.array(candidates, float).reshape(-1, 4), np.ones(len(candidates))]
    for found in (survivors, boxes):
        parts.append(np.array([box for box, _ in found], float).reshape(-1, 4))
        parts.append(np.array([score for _, score in found], float))
    return Detection(*parts)


@pytest.mark.parametrize(
    ("candidates", "survivors", "boxes", "stage"),
    [
        ([], [], [], "small net"),
        ([FAR], [(FAR, 1)], [(FAR, 1)], "small net"),
        ([NEAR], [(FAR, 1)], [(FAR, 1)], "first calibration"),
        ([NEAR], [(NEAR, 0.2), (FAR, 1)], [(NEAR, 0.2)], "big net"),
        ([NEAR], [(NEAR, 0.7)], [(NEAR, 0.4)], "vote"),
        ([NEAR], [(NEAR, 0.7)], [(FAR, 0.7)], "last boxes"),
        ([NEAR], [(NEAR, 0.7)], [(NEAR, 0.7)], "found"),
        ([NEAR], [(NEAR, 0.4)], [(NEAR, 0.7)], "found"),  # the vote has lifted it
    ],
)
def test_the_stage_by_hand(candidates, survivors, boxes, stage):
    assert stage_of(FACE, detection(candidates, survivors, boxes), 0.5, 0.4) == stage


def test_end_to_end(call, compiled, tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), drawn_face(96))
    (tmp_path / "faces.csv").write_text("path,x,y,w,h\na.png,40,20,44,44\n")
    out = tmp_path / "losses.csv"
    code, _, err = call(
        eval_stages.main, "--images", tmp_path / "faces.csv", "--weights", compiled.folder,
        "--min-face", 40, "--rate", 0, "--out", out,
    )  # fmt: skip
    assert code == 0, err
    (row,) = read_csv(out)
    assert row["faces"] == "1"
    assert sum(int(row[stage]) for stage in STAGES) == 1
    assert row["false"] == "0"
