"""The demo: its arithmetic, and a whole run on a cut of its videos."""

import json
import subprocess
import sys

import cv2
import pytest

from common.cli import ROOT
from pipeline.demo import VIDEOS, middle_frame, right_of
from tests.conftest import read_video

pytestmark = pytest.mark.slow

DEMO = ROOT / "dataset" / "demo"


def test_only_held_frames_count_and_a_lost_face_is_wrong():
    phases = ["held", "transition", "held", "held", "held"]
    truth = [{"frame": k, "smiley": "sad", "phase": phase} for k, phase in enumerate(phases)]
    lines = [{"frame": k, "smiley": name} for k, name in enumerate(["sad", "sad", None, "odd"])]
    assert right_of(truth, lines) == (1, 4)  # frame 4 has no line at all
    assert middle_frame(truth, "sad") == 3


@pytest.mark.parametrize("name", VIDEOS)
def test_the_shipped_videos_show_every_smiley_in_order(name):
    frames = json.loads((DEMO / f"{name}.json").read_text(encoding="utf-8"))["frames"]
    assert [frame["frame"] for frame in frames] == list(range(len(frames)))
    shown = [frame["smiley"] for frame in frames if frame["phase"] == "held"]
    order = [slug for slug, before in zip(shown, [None, *shown]) if slug != before]
    table = (ROOT / "common" / "smileys.csv").read_text(encoding="utf-8").splitlines()
    slugs = [line.split(",")[0] for line in table[1:]]
    assert [slug for slug in order if slug != "neutral"] == [s for s in slugs if s != "neutral"]
    assert len(set(shown)) == 17
    assert (DEMO / f"{name}.mp4").stat().st_size < 3_000_000


def test_the_demo_from_end_to_end(tmp_path):
    videos, out = tmp_path / "videos", tmp_path / "out"
    videos.mkdir()
    for name in VIDEOS:
        note = json.loads((DEMO / f"{name}.json").read_text(encoding="utf-8"))
        start = middle_frame(note["frames"], "surprise")
        frames, rate = read_video(DEMO / f"{name}.mp4")
        size = frames[0].shape[1::-1]
        fourcc = cv2.VideoWriter_fourcc(*"mp4v")
        writer = cv2.VideoWriter(str(videos / f"{name}.mp4"), fourcc, rate, size)
        for frame in frames[start : start + 3]:
            writer.write(frame)
        writer.release()
        cut = [{**note["frames"][start + k], "frame": k} for k in range(3)]
        (videos / f"{name}.json").write_text(json.dumps({"frames": cut}))
    result = subprocess.run(
        [sys.executable, ROOT / "pipeline" / "demo.py", "--videos", videos, "--out", out],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert "a woman of the training set, in new shots: 3 of 3 frames right" in result.stdout
    assert "a woman the network has never seen:" in result.stdout
    assert (out / "pipeline.png").exists()
    for line in (out / "demo-known.jsonl").read_text(encoding="utf-8").splitlines():
        assert json.loads(line)["net"] == "smiles"  # the net of the rendered women
    frames, rate = read_video(out / "demo-known.mp4")
    assert len(frames) == 3
    assert rate == 6.25  # a quarter of 25


def test_a_missing_truth_is_named(tmp_path):
    result = subprocess.run(
        [sys.executable, ROOT / "pipeline" / "demo.py", "--videos", tmp_path],
        capture_output=True, text=True,
    )  # fmt: skip
    assert result.returncode == 2
    assert result.stderr == f"error: no file {tmp_path / 'known.json'}\n"
