import json
import subprocess
import sys
from types import SimpleNamespace

import cv2
import pytest

from cli import ROOT, UserError
from experiments.bench import bench


class FakeWorker:
    """Answers with given times, turn by turn."""

    def __init__(self, *seconds):
        self.seconds = list(seconds)

    def run(self, task, repeat):
        return [self.seconds.pop(0)] * repeat, 100.0


def test_ratios_are_taken_within_a_turn():
    # The machine halves its speed in the second turn: the ratio must not notice.
    workers = {("ours", 1): FakeWorker(1.0, 2.0), ("peers", 1): FakeWorker(3.0, 6.0)}
    group = ("steps", 10, [("ours", "ours", "a", {}), ("other", "peers", "b", {})])
    args = SimpleNamespace(rounds=2, repeat=2, commands={})
    ours, other = bench.measure(group, 1, args, workers)
    assert (ours["ours_faster"], ours["ours_faster_low"]) == (1.0, 1.0)
    assert (other["ours_faster_low"], other["ours_faster_high"]) == (3.0, 3.0)
    assert ours["rate"] == pytest.approx(10 / 1.5)
    assert (ours["rate_low"], ours["rate_high"]) == (5.0, 10.0)


def test_the_report_names_everything_measured(tmp_path):
    keys = ["rate", "rate_low", "rate_high", "ours_faster", "ours_faster_low", "ours_faster_high"]
    row = {"what": "steps a second", "threads": 2, "who": "ours", **dict.fromkeys(keys, 2.0)}
    bench.write_report([{**row, "peak_mb": 5.0}], [1.0] * len(bench.BATCHES), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "REPORT.md",
        "growth.png",
        "table.csv",
    ]
    report = (tmp_path / "REPORT.md").read_text()
    assert "## steps a second; threads: 2" in report
    assert "| ours | 2 (2 to 2) | 2.00 (2.00 to 2.00) | 5 |" in report


def test_the_rendered_picture_has_the_announced_size(tmp_path):
    path = bench.rendered_picture(tmp_path / "face.png")
    assert cv2.imread(str(path)).shape == (480, 640, 3)


def test_our_worker_answers_and_names_what_it_cannot_do(tmp_path):
    picture = bench.rendered_picture(tmp_path / "face.png")
    command = [sys.executable, str(ROOT / "experiments" / "bench" / "ours.py"), str(picture)]
    requests = [{"task": "detect 80", "repeat": 2}, {"task": "fly", "repeat": 1}]
    text = "\n".join(json.dumps(request) for request in requests)
    result = subprocess.run(command, input=text, capture_output=True, text=True, timeout=120)
    first, second = (json.loads(line) for line in result.stdout.splitlines())
    assert len(first["seconds"]) == 2
    assert min(first["seconds"]) > 0
    assert "KeyError" in second["error"]


def test_a_worker_that_dies_is_named():
    worker = bench.Worker([sys.executable, "-c", ""], 1, {})
    worker.process.wait()
    with pytest.raises((UserError, BrokenPipeError)):
        worker.run("train", 1)
