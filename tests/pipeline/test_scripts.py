import json
import os
import signal
import subprocess
import sys

import cv2
import numpy as np
import pytest

from common.cli import ROOT
from pipeline import detect, draw_stages, run_video
from pipeline.vote import Voter
from tests.conftest import CLASSES, drawn_face, read_video, write_video

pytestmark = pytest.mark.slow

CARPHONE = ROOT.parent / "shared" / "data" / "video" / "carphone.mp4"
FRAME_KEYS = [
    "frame", "time", "box", "smiley", "share", "score", "probabilities", "net", "size",
]  # fmt: skip


def read_lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def run(script, *argv, cwd=None):
    return subprocess.run(
        [sys.executable, str(ROOT / "pipeline" / script), *map(str, argv)],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=300,
    )


class FakeDetector:
    """Sees the face in every frame but those of ``blind``."""

    big_threshold = 0.5

    def __init__(self, blind=()):
        self.blind, self.seen = blind, -1

    def detect(self, picture, min_face, threshold=None):
        self.seen += 1
        if self.seen in self.blind:
            return np.zeros((0, 4)), np.zeros(0, np.float32)
        return np.array([[30.04, 20.0, 50.0, 50.0]]), np.array([0.9], np.float32)


@pytest.fixture
def fake(monkeypatch):
    """Replace the nets by ones that always see a face, but in frame 2, and it laughs."""
    sums = np.array([5, 30, 4, 3, 3], np.float32)
    voter = Voter(lambda windows: sums, CLASSES, net="laughing")
    monkeypatch.setattr("pipeline.cascade.Detector.load", lambda at: FakeDetector(blind=[2]))
    monkeypatch.setattr("pipeline.vote.Voter.load", lambda *_: voter)


def test_run_video_smooths_over_time_until_another_face(call, tmp_path, monkeypatch):
    class TwoFaces:
        frame, big_threshold = -1, 0.5

        def detect(self, picture, min_face, threshold=None):
            self.frame += 1
            x = 30.0 if self.frame < 4 else 100.0
            return np.array([[x, 20.0, 40.0, 40.0]]), np.array([0.9], np.float32)

    votes = iter([[9, 36, 0, 0, 0]] * 2 + [[45, 0, 0, 0, 0]] * 4)
    voter = Voter(lambda windows: np.array(next(votes), np.float32), CLASSES)
    monkeypatch.setattr("pipeline.cascade.Detector.load", lambda at: TwoFaces())
    monkeypatch.setattr("pipeline.vote.Voter.load", lambda *_: voter)
    write_video(tmp_path / "clip.mp4", frames=6)
    monkeypatch.chdir(tmp_path)
    assert call(run_video.main, "clip.mp4", "--smooth", 1, "--json", "clip.jsonl")[0] == 0
    shares = [line["probabilities"][CLASSES[0]] for line in read_lines(tmp_path / "clip.jsonl")]
    # 0.2, 0.2, then 1 with weight 1 beside 0.2 with weights 1/2 and 1/4, and so on.
    expected = [0.2, 0.2, (1 + 0.2 * 0.75) / 1.75, (1 + 0.5 + 0.2 * 0.375) / 1.875, 1, 1]
    assert shares == pytest.approx(expected, abs=1e-5)


def test_run_video_writes_a_slowed_video_and_lines(fake, call, tmp_path, monkeypatch):
    write_video(tmp_path / "clip.mp4", frames=6)
    monkeypatch.chdir(tmp_path)
    code, out, err = call(run_video.main, "clip.mp4", "--slow", 4, "--json", "clip.jsonl")
    assert (code, "frames" in err) == (0, True)
    assert out.startswith("wrote clip.smileys.mp4: 6 frames at ")
    names = {"clip.mp4", "clip.smileys.mp4", "clip.jsonl"}
    assert {path.name for path in tmp_path.iterdir()} == names
    frames, fps = read_video(tmp_path / "clip.smileys.mp4")
    assert (len(frames), fps, frames[0].shape) == (6, 6.25, (360, 480, 3))

    lines = read_lines(tmp_path / "clip.jsonl")
    assert [list(line) for line in lines] == [FRAME_KEYS] * 6
    assert lines[2] == {
        "frame": 2,
        "time": 0.08,
        "box": None,
        "smiley": None,
        "share": None,
        "score": None,
        "probabilities": {},
        "net": "laughing",
        "size": [120, 90],
    }
    assert lines[3]["box"] == [30.0, 20.0, 50.0, 50.0]
    assert {line["net"] for line in lines} == {"laughing"}
    assert (lines[3]["smiley"], lines[3]["time"]) == ("laugh", 0.12)
    assert lines[3]["share"] == pytest.approx(30 / 45, abs=1e-6)
    assert lines[3]["score"] == pytest.approx(30 / 17, abs=1e-6)
    assert list(lines[3]["probabilities"]) == CLASSES
    assert sum(lines[3]["probabilities"].values()) == pytest.approx(1, abs=1e-5)


def test_lines_can_be_printed(fake, call, tmp_path, monkeypatch):
    """As other programs do by ``-``: a file of that name was written."""
    monkeypatch.chdir(tmp_path)
    write_video(tmp_path / "clip.mp4", frames=3)
    code, out, err = call(run_video.main, "clip.mp4", "-o", "out.mp4", "--json", "-")
    assert code == 0, err
    assert [json.loads(line)["frame"] for line in out.splitlines()] == [0, 1, 2]
    assert "wrote out.mp4: 3 frames" in err
    cv2.imwrite("face.png", drawn_face(60, 60))
    code, out, err = call(detect.main, "face.png", "--json", "-")
    assert (code, json.loads(out)["image"]) == (0, "face.png")
    assert {path.name for path in tmp_path.iterdir()} == {"clip.mp4", "out.mp4", "face.png"}


def test_run_video_of_a_folder_whose_sizes_change(fake, call, tmp_path):
    frames = tmp_path / "frames"
    frames.mkdir()
    for k, size in enumerate([(120, 90), (60, 120), (300, 90), (24, 24)]):
        cv2.imwrite(str(frames / f"{k}.png"), drawn_face(*size))
    out = tmp_path / "out.avi"
    code, _, err = call(run_video.main, frames, "-o", out, "--json", tmp_path / "a")
    assert code == 0, err
    written, fps = read_video(out)
    assert ({frame.shape for frame in written}, len(written), fps) == ({(360, 480, 3)}, 4, 25)
    # The box is in the pixels of its own frame.
    assert read_lines(tmp_path / "a")[1]["box"] == [30.0, 20.0, 50.0, 50.0]


def test_whole_frames_are_named_without_a_search(fake, call, tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.cascade.Detector.load", None)
    video, lines = write_video(tmp_path / "clip.mp4"), tmp_path / "out.jsonl"
    code, _, err = call(run_video.main, video, "-o", tmp_path / "out.mp4", "--json", lines,
                        "--face", "whole")  # fmt: skip
    assert code == 0, err
    found = read_lines(lines)
    assert [line["box"] for line in found] == [[15, 0, 90, 90]] * 12
    assert found[2]["smiley"] == "laugh"


def test_a_film_is_looked_through_before_the_net_adapts_to_it(fake, call, tmp_path, monkeypatch):
    shown = []
    monkeypatch.setattr(Voter, "adapt", lambda self, windows: shown.append(windows))
    video, out = write_video(tmp_path / "clip.mp4"), tmp_path / "out.mp4"
    code, _, err = call(run_video.main, video, "-o", out, "--adapt")
    assert code == 0, err
    assert [windows.shape for windows in shown] == [(11, 48, 48, 3)]  # one is blind
    assert len(read_video(out)[0]) == 12


def test_what_cannot_be_read_twice_cannot_be_adapted_to(refused, tmp_path):
    assert "reads the film twice" in refused(run_video.main, "0", "--adapt")


def test_limit(fake, call, tmp_path):
    video = write_video(tmp_path / "clip.mp4")
    call(run_video.main, video, "--limit", 3, "-o", tmp_path / "out.mp4")
    assert len(read_video(tmp_path / "out.mp4")[0]) == 3


def test_interrupt_leaves_a_playable_video(fake, call, tmp_path, monkeypatch):
    video = write_video(tmp_path / "clip.mp4")

    def detect(self, picture, min_face, threshold=None):
        self.seen += 1
        if self.seen == 4:
            os.kill(os.getpid(), signal.SIGINT)
        return np.array([[30.0, 20, 50, 50]]), np.array([0.9])

    monkeypatch.setattr(FakeDetector, "detect", detect)
    out, lines = tmp_path / "out.mp4", tmp_path / "out.jsonl"
    code, _, err = call(run_video.main, video, "-o", out, "--json", lines)
    assert code == 130
    assert err.endswith("interrupted\n")
    assert "Traceback" not in err
    assert len(read_video(out)[0]) == len(read_lines(lines)) == 5
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert not list(tmp_path.glob("*.part*"))


@pytest.mark.parametrize(
    "argv",
    [
        ["a.mp4", "--slow", "0.5"],
        ["a.mp4", "--slow", "nan"],
        ["a.mp4", "--limit", "0"],
        ["a.mp4", "--min-face", "3"],
        ["a.mp4", "--what"],
        [],
    ],
)
def test_bad_options(call, argv):
    code, _, err = call(run_video.main, *argv)
    assert code == 2
    assert "error: " in err


def test_detect_prints_a_line_an_image(compiled, call, tmp_path):
    names = [tmp_path / name for name in ("ü.png", "b.jpg")]
    for name, size in zip(names, [(120, 90), (1, 1)]):
        cv2.imencode(name.suffix, drawn_face(*size))[1].tofile(name)
    where = ["--weights", compiled.folder, "--threshold", 0]
    code, out, err = call(detect.main, *names, *where)
    assert (code, err) == (0, "")
    first, second = map(json.loads, out.splitlines())
    assert [first["image"], second["image"]] == [str(name) for name in names]
    assert second["faces"] == []
    scores = [face["score"] for face in first["faces"]]
    assert scores == sorted(scores, reverse=True)
    assert {len(face["box"]) for face in first["faces"]} == {4}

    # The same to a file, and drawn.
    lines, drawn = tmp_path / "lines.jsonl", tmp_path / "drawn"
    code, out, _ = call(detect.main, *names, *where, "--json", lines, "--out", drawn)
    assert (code, out) == (0, "")
    assert read_lines(lines) == [first, second]
    assert sorted(path.name for path in drawn.iterdir()) == ["b.faces.jpg", "ü.faces.jpg"]


def test_detect_threshold_and_smallest_face(compiled, call, tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), drawn_face(120, 90))

    def faces(*options):
        where = ["--weights", compiled.folder]
        return json.loads(call(detect.main, tmp_path / "a.png", *where, *options)[1])["faces"]

    everything = faces("--threshold", 0)
    middle = everything[len(everything) // 2]["score"]
    assert 0 < len(faces("--threshold", middle)) < len(everything)
    assert all(face["score"] >= middle for face in faces("--threshold", middle))
    assert min(face["box"][2] for face in faces("--threshold", 0, "--min-face", 50)) > 45


def test_drawn_names_never_repeat(tmp_path):
    names = detect.drawn_names(tmp_path, ["a/x.jpg", "b/x.png", "x.tif", "y.png"])
    expected = ["x.faces.jpg", "x-2.faces.jpg", "x-3.faces.jpg", "y.faces.jpg"]
    assert [name.name for name in names] == expected


def test_figure_with_and_without_a_face(compiled, call, tmp_path, monkeypatch):
    video = write_video(tmp_path / "clip.mp4")
    out = tmp_path / "out.png"
    options = ["--frame", 3, "-o", out, "--weights", compiled.folder]
    monkeypatch.setattr(compiled.detector, "big_threshold", 0.0)
    assert call(draw_stages.main, video, *options)[0] == 0
    height, width = cv2.imread(str(out)).shape[:2]
    assert width > height > 500
    monkeypatch.setattr(compiled.detector, "big_threshold", 1.1)
    cv2.imwrite(str(tmp_path / "a.png"), drawn_face(90, 200))
    assert call(draw_stages.main, tmp_path / "a.png", *options)[0] == 0


def test_scripts_from_end_to_end(nets, tmp_path):
    """As a user calls them: a program each, from another folder."""
    write_video(tmp_path / "clip.mp4", frames=3, size=(64, 48))
    cv2.imwrite(str(tmp_path / "a.png"), drawn_face(64, 48))
    where = ("--weights", nets.folder)
    result = run("run_video.py", "clip.mp4", *where, "--json", "clip.jsonl", cwd=tmp_path)
    assert (result.returncode, result.stdout[:6]) == (0, "wrote "), result.stderr
    assert len(read_lines(tmp_path / "clip.jsonl")) == 3
    assert len(read_video(tmp_path / "clip.smileys.mp4")[0]) == 3
    result = run("detect.py", "a.png", *where, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["image"] == "a.png"
    result = run("draw_stages.py", "clip.mp4", *where, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "stages.png").exists()


@pytest.mark.parametrize("script", ["run_video.py", "detect.py", "draw_stages.py"])
def test_help_does_not_wait_for_theano(script):
    result = run(script, "--help")
    assert result.returncode == 0
    assert "--weights" in result.stdout
    code = (
        "import sys, runpy; sys.argv = ['x', '--help']\n"
        f"try: runpy.run_path({str(ROOT / 'pipeline' / script)!r}, run_name='__main__')\n"
        "except SystemExit: print({'theano', 'cv2', 'numpy'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.endswith("set()\n"), result.stdout


def test_carphone(call, tmp_path):
    """The shipped weights find the man in the car."""
    if not CARPHONE.exists():
        pytest.skip("needs ../shared/data/video/carphone.mp4")
    if not all((ROOT / "weights" / f"{name}.npz").exists() for name in ("small", "big", "smiles")):
        pytest.skip("needs the trained weights")
    lines = tmp_path / "a.jsonl"
    options = ["--limit", 12, "-o", tmp_path / "a.mp4", "--json", lines]
    code, _, err = call(run_video.main, CARPHONE, *options)
    assert code == 0, err
    boxes = [line["box"] for line in read_lines(lines) if line["box"]]
    assert len(boxes) >= 11
    # Frame by frame, his face is about in the middle of the 176x144 pixels.
    middles = np.array([(x + w / 2, y + h / 2) for x, y, w, h in boxes])
    assert (np.abs(np.median(middles, axis=0) - (88, 66)) < 25).all()
