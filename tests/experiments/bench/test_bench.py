import io
import json
import subprocess
import sys
from types import SimpleNamespace

import cv2
import pytest

from common.cli import ROOT, UserError
from common.output import write_csv
from common.video import open_source
from experiments.bench import bench, measuring, memory, worker
from experiments.bench.report import plot_growth, read_table, write_report
from experiments.bench.scenes import scene, slowed_film
from experiments.bench.sizes import AREAS

pytestmark = pytest.mark.slow

COMMANDS = {"ours": [], "peers": []}


class FakeWorker:
    """Answers with given times, turn by turn."""

    def __init__(self, *seconds):
        self.seconds = list(seconds)
        self.closed = False

    def run(self, task, repeat, clock="wall"):
        return [self.seconds.pop(0)] * repeat, 100.0

    def close(self):
        self.closed = True


@pytest.fixture
def fake_workers(monkeypatch):
    """Let the given workers answer, in the order in which they are started."""

    def use(*workers):
        queue = list(workers)
        monkeypatch.setattr(measuring, "Worker", lambda command, threads, extra: queue.pop(0))
        return workers

    return use


def test_ratios_are_taken_within_a_turn(fake_workers):
    # The machine halves its speed in the second turn: the ratio must not notice.
    workers = fake_workers(FakeWorker(1.0, 2.0), FakeWorker(3.0, 6.0))
    group = ("steps", 10, [("ours", "ours", "a", {}), ("other", "peers", "b", {})])
    args = SimpleNamespace(rounds=2, repeat=2, seconds=100, clock="wall", commands=COMMANDS)
    ours, other = measuring.measure(group, 1, args)
    assert all(worker.closed for worker in workers)  # a process each: memory is its own
    assert (ours["ours_faster"], ours["ours_faster_low"]) == (1.0, 1.0)
    assert (other["ours_faster_low"], other["ours_faster_high"]) == (3.0, 3.0)
    assert ours["rate"] == pytest.approx(10 / 1.5)
    assert (ours["rate_low"], ours["rate_high"]) == (5.0, 10.0)


KEYS = ["rate", "rate_low", "rate_high", "ours_faster", "ours_faster_low", "ours_faster_high"]
ROW = {"what": "steps a second", "threads": 2, "who": "ours", **dict.fromkeys(KEYS, 2.0),
       "peak_mb": 5.0, "turns": 4, "others": 0.02}  # fmt: skip


def test_the_report_names_everything_measured_and_the_machine(tmp_path):
    video = {"what": "as it is", "frames": 9, "seconds": 1.5, "rate": 25.5, "peak_mb": 400}
    start = {**video, "what": "start", "frames": 1, "rate": ""}
    videos = [{**row, "others": 0.0} for row in (video, start)]
    write_report([ROW], videos, {"processor": "6502", "caches": "none"}, tmp_path)
    report = (tmp_path / "REPORT.md").read_text()
    assert "| processor | 6502 |" in report
    assert "| caches | none |" in report
    assert "## steps a second; threads: 2" in report
    assert "| ours | 2 (2 to 2) | 2.00 (2.00 to 2.00) | 4 | 5 |" in report
    assert "| as it is | 9 | 1.5 | 25.5 | 400 |" in report
    assert "| start | 1 | 1.5 |  | 400 |" in report
    assert "Disturbed" not in report


def test_the_report_warns_where_others_used_the_machine(tmp_path):
    write_report([ROW, {**ROW, "others": 0.42}], [], {}, tmp_path)
    assert "others took up to 42% of the machine" in (tmp_path / "REPORT.md").read_text()
    # Their work is not in the processor's time of ours.
    write_report([{**ROW, "others": 0.42}], [], {"time": "the processor's"}, tmp_path)
    report = (tmp_path / "REPORT.md").read_text()
    assert "Others took up to 42% of the machine" in report
    assert "Do not cite" not in report


def test_a_slow_machine_has_fewer_turns_and_runs_but_some(monkeypatch):
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr(measuring.time, "monotonic", lambda: next(clock))
    # Ten seconds each.
    assert list(measuring.turns(9, 3, 65)) == [1, 3, 3, 3, 3, 3]
    assert list(measuring.turns(9, 3, 35)) == [1, 3, 3, 1, 1]
    assert list(measuring.turns(9, 3, 0)) == [1, 1, 1, 1, 1]
    assert list(measuring.turns(9, 3, 0, 1)) == [1]
    assert list(measuring.turns(2, 3, 1000)) == [1, 3]


def test_a_slow_machine_shows_fewer_frames(monkeypatch):
    asked = []

    def run(command, extra):
        frames = int(command[command.index("--limit") + 1])
        asked.append(frames)
        return frames / 4, 4.0, 100  # seconds

    monkeypatch.setattr(measuring, "run_measured", run)
    monkeypatch.setattr(measuring, "slowed_film", lambda *_: "slowed.mkv")
    args = SimpleNamespace(frames=400, turns=1, seconds=500, cold=False)
    rows = measuring.video_rows(args)
    # Thirty seconds a way: 120 frames.
    assert asked[:2] == [400, 120]
    assert [row["frames"] for row in rows] == [400, 120, 120, 120, 1]


def test_a_slowed_film_repeats_its_frames_to_the_pixel(tmp_path):
    film = slowed_film(ROOT / "dataset" / "demo" / "known.mp4", tmp_path / "slow.mkv", 3, 4)
    with open_source(str(film)) as source:
        frames = list(source)
    assert len(frames) == 12
    same = [bool((a == b).all()) for a, b in zip(frames, frames[1:])]
    assert same == [True, True, True, False] * 2 + [True] * 3


def test_tables_come_back_as_they_were_written(tmp_path):
    rows = [{"what": "a, b", "threads": 2, "rate": 12.34, "note": ""}]
    write_csv(tmp_path / "t.csv", list(rows[0]), rows, digits=4)
    assert read_table(tmp_path / "t.csv") == rows
    assert read_table(tmp_path / "none.csv") == []


def test_a_part_measured_again_leaves_the_rest_of_the_table(tmp_path, monkeypatch, capsys):
    rates = {}

    def measure(group, threads, args):
        return [{**ROW, "what": group[0], "threads": threads, "rate": rates["now"]}]

    monkeypatch.setattr(bench, "has_bfloat16", lambda: False)
    monkeypatch.setattr(bench, "measure", measure)
    picture = ROOT / "dataset" / "smielfy" / "static" / "examples" / "joy-1.jpg"
    words = ["--peers", "python", "--threads", "1", "2", "--picture", picture, "--out", tmp_path]
    words = [str(word) for word in words]
    for rates["now"], threads, parts in ((2.5, [], ["vote", "train"]), (3.5, ["1"], ["train"])):
        again = ["--threads", *threads] if threads else []
        bench.main([*words, *again, "--parts", *parts])
    rows = [(row["what"].split()[0], row["threads"], row["rate"])
            for row in read_table(tmp_path / "table.csv")]  # fmt: skip
    # No bfloat16 here: one group of votes.
    assert rows == [("vote", 1, 2.5), ("vote", 2, 2.5), ("training", 2, 2.5), ("training", 1, 3.5)]
    said = capsys.readouterr().out
    assert said.index("## training step") < said.index("## vote of 45")


def test_growth_asks_for_every_size_and_is_drawn(tmp_path, fake_workers):
    fake_workers(FakeWorker(*[0.5] * 300))
    args = SimpleNamespace(rounds=3, repeat=1, seconds=100, commands={"ours": []})
    rows = measuring.growth(1, args)
    assert {row["seconds"] for row in rows} == {0.5}
    areas = [row["x"] for row in rows if "megapixels" in row["plot"]]
    assert areas == [w * h / 1e6 for w, h in AREAS]
    plot_growth(rows, tmp_path / "growth.png")
    assert cv2.imread(str(tmp_path / "growth.png")) is not None


def test_a_scene_holds_its_faces_and_refuses_too_many():
    picture = scene(320, 180, 3, 80)
    assert picture.shape == (180, 320, 3)
    assert all(picture[:80, 80 * k : 80 * k + 80].std() > 10 for k in range(3))
    assert (picture[:, 240:] == 128).all()
    with pytest.raises(ValueError, match="do not fit"):
        scene(100, 100, 3, 60)


def test_the_rendered_picture_has_the_announced_size(tmp_path):
    path = bench.rendered_picture(tmp_path / "face.png")
    assert cv2.imread(str(path)).shape == (480, 640, 3)


def test_our_worker_answers_and_names_what_it_cannot_do(tmp_path):
    picture = bench.rendered_picture(tmp_path / "face.png")
    command = [sys.executable, str(ROOT / "experiments" / "bench" / "ours.py"), str(picture)]
    requests = [
        {"task": "detect 80", "repeat": 2, "clock": "wall"},
        {"task": "detect 80", "repeat": 1, "clock": "processor"},
        {"task": "fly", "repeat": 1, "clock": "wall"},
    ]
    text = "\n".join(json.dumps(request) for request in requests)
    result = subprocess.run(command, input=text, capture_output=True, text=True, timeout=120)
    first, second, third = (json.loads(line) for line in result.stdout.splitlines())
    assert len(first["seconds"]) == 2
    assert min(first["seconds"] + second["seconds"]) > 0
    assert "KeyError" in third["error"]


def test_the_clock_is_the_one_asked_for(monkeypatch):
    monkeypatch.setitem(worker.CLOCKS, "wall", iter([1.0, 3.0]).__next__)
    monkeypatch.setitem(worker.CLOCKS, "processor", iter([5.0, 5.5]).__next__)
    asked = [{"task": "a", "repeat": 1, "clock": clock} for clock in worker.CLOCKS]
    answers = io.StringIO()
    monkeypatch.setattr(sys, "stdin", [json.dumps(request) for request in asked])
    monkeypatch.setattr(sys, "stdout", answers)
    worker.serve({"a": lambda: lambda: None})
    seconds = [json.loads(line)["seconds"] for line in answers.getvalue().splitlines()]
    assert seconds == [[2.0], [0.5]]


def test_the_processors_time_of_two_threads_is_refused():
    with pytest.raises(UserError, match="--threads 1"):
        bench.main(["--peers", "python", "--clock", "processor", "--threads", "1", "2"])


def test_a_worker_that_dies_is_named():
    worker = measuring.Worker([sys.executable, "-c", ""], 1, {})
    worker.process.wait()
    with pytest.raises((UserError, BrokenPipeError)):
        worker.run("train", 1)


def test_the_slope_of_memory_is_that_of_the_second_half():
    rising = [(float(s), 100.0 + (s if s < 50 else 50 + 2 * (s - 50))) for s in range(101)]
    # 2 MB a second there, 100 seconds for 2000 frames.
    assert memory.slope(rising, 2000) == pytest.approx(100.0)


def test_memory_is_watched_until_the_end():
    code = "import time; block = bytearray(50 << 20); time.sleep(0.7)"
    samples = memory.watch([sys.executable, "-c", code], every=0.1)
    assert max(megabytes for _, megabytes in samples) > 50
    with pytest.raises(UserError, match="no such thing"):
        memory.watch([sys.executable, "-c", "raise SystemExit('no such thing')"], every=0.1)
