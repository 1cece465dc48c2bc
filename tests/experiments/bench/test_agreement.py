import numpy as np
import pytest

from common.tables import read_csv
from experiments.bench import agreement
from pipeline.vote import Vote


class FakeTracker:
    """Sees the same face in every frame but one."""

    def __init__(self):
        self.seen = 0

    def faces(self, picture, min_face):
        self.seen += 1
        boxes = np.array([[1.0, 2, 30, 30]])
        return (boxes[:0], np.zeros(0)) if self.seen == 2 else (boxes, np.ones(1))

    def follow(self, box):
        self.last = box


class FakeVoter:
    def vote(self, picture, box):
        return Vote(["smile", "wink"], np.array([5.0, 40.0]))


def test_follow_names_every_frame_with_a_face():
    tracker = FakeTracker()
    found, seconds = agreement.follow([np.zeros((60, 60, 3), np.uint8)] * 3, tracker, FakeVoter())
    assert [smiley for _, smiley in found] == ["wink", None, "wink"]
    assert found[1][0] is None
    assert seconds > 0


def test_compare_by_hand():
    box, half, off = (0, 0, 10, 10), (0, 0, 10, 5), (50, 50, 10, 10)
    faithful = [(box, "a"), (box, "b"), (box, "c"), (None, None)]
    found = [(box, "a"), (half, "x"), (None, None), (off, "d")]
    truth = [
        {"smiley": "a", "phase": "held"},
        {"smiley": "b", "phase": "held"},
        {"smiley": "c", "phase": "transition"},
        {"smiley": "e", "phase": "held"},
    ]
    row = agreement.compare(found, faithful, truth)
    assert row["faces"] == 0.5
    assert row["same_smiley"] == 0.5
    assert row["iou_median"] == pytest.approx(0.75)
    assert row["iou_above_half"] == 0.5
    assert row["accuracy"] == pytest.approx(1 / 3)


def test_report_and_table_hold_every_way(tmp_path):
    faithful = [((0, 0, 10, 10), "a")]
    row = {"video": "v.mp4", "way": "faithful", **agreement.compare(faithful, faithful, None)}
    agreement.report([{**row, "cpu_ms": 20.0}], tmp_path)
    assert (
        "| faithful | 100.0% | 1.00 | 100.0% |  | 20.0 |" in (tmp_path / "AGREEMENT.md").read_text()
    )
    assert read_csv(tmp_path / "agreement.csv")[0]["same_smiley"] == "1"
