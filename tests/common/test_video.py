"""Where frames come from: files, folders, cameras."""

import itertools

import cv2
import numpy as np
import pytest

from common.cli import UserError
from common.decoder import DEFAULT_FPS
from common.truncation import is_truncated
from common.video import open_source
from tests.conftest import write_video


def test_file_gives_its_frames_and_times(tmp_path):
    with open_source(str(write_video(tmp_path / "a.mp4", frames=7, fps=12.5))) as source:
        assert (source.name, source.fps, source.count) == ("a.mp4", 12.5, 7)
        frames, times, ends = zip(*source.timed())
    assert {frame.shape for frame in frames} == {(90, 120, 3)}
    assert times == pytest.approx([k / 12.5 for k in range(7)])
    assert ends == pytest.approx([(k + 1) / 12.5 for k in range(7)])


def test_a_file_can_be_left_in_the_middle(tmp_path):
    with open_source(str(write_video(tmp_path / "a.mp4", frames=5))) as source:
        assert len(list(itertools.islice(source, 3))) == 3


def test_folder_in_natural_order_with_changing_sizes(tmp_path):
    for number in (10, 9, 1):
        cv2.imwrite(str(tmp_path / f"f{number}.png"), np.full((20 + number, 30, 3), number))
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "._f1.png").write_bytes(b"what a Mac writes beside it")
    source = open_source(str(tmp_path))
    assert (source.count, source.fps, source.name) == (3, DEFAULT_FPS, tmp_path.name)
    frames, times, ends = zip(*source.timed())
    assert [frame.shape[0] for frame in frames] == [21, 29, 30]
    assert [frame[0, 0, 0] for frame in frames] == [1, 9, 10]
    assert (times, ends) == ((0, 0.04, 0.08), (0.04, 0.08, 0.12))


class Capture:
    """A camera of grey pictures, each one brighter."""

    def __init__(self, last=4, fps=-1.0):
        self.reads, self.last, self.fps, self.released = 0, last, fps, False

    def isOpened(self):
        return True

    def get(self, what):
        return self.fps

    def read(self):
        self.reads += 1
        return self.reads <= self.last, np.full((4, 6), self.reads, np.uint8)

    def release(self):
        self.released = True


def test_camera_time_is_the_clocks(monkeypatch):
    capture, clock = Capture(), iter([100.0, 100.5, 102.0])
    monkeypatch.setattr("common.video.time.monotonic", lambda: next(clock))
    monkeypatch.setattr(cv2, "VideoCapture", lambda index: capture)
    with open_source("0") as camera:
        assert (camera.name, camera.count, camera.fps) == ("camera0", None, DEFAULT_FPS)
        frames, times, _ = zip(*camera.timed())
    # Two are stale by the time the nets are ready; the grey ones have three colours.
    assert [frame[0, 0, 0] for frame in frames] == [3, 4]
    assert {frame.shape for frame in frames} == {(4, 6, 3)}
    assert times == (0.0, 0.5)
    assert capture.released


@pytest.mark.parametrize("fps", [0.0, -1.0, float("nan"), 1000.0, 90000.0])
def test_an_impossible_rate_of_a_camera_is_replaced(monkeypatch, fps):
    monkeypatch.setattr(cv2, "VideoCapture", lambda index: Capture(fps=fps))
    assert open_source("0").fps == DEFAULT_FPS


def test_a_camera_without_a_picture_is_refused(monkeypatch):
    capture = Capture(last=0)
    monkeypatch.setattr(cv2, "VideoCapture", lambda index: capture)
    with pytest.raises(UserError, match="no camera 0"):
        open_source("0")
    assert capture.released


@pytest.mark.parametrize(
    ("ending", "fourcc"), [("mp4", "mp4v"), ("avi", "MJPG"), ("webm", "VP80"), ("mkv", "mp4v")]
)
def test_truncation_is_seen(tmp_path, ending, fourcc):
    whole = write_video(tmp_path / f"a.{ending}", fourcc=fourcc)
    assert not is_truncated(whole)
    data = whole.read_bytes()
    for part in (len(data) - 1, len(data) // 2, 70):
        whole.write_bytes(data[:part])
        assert is_truncated(whole), part


def test_short_or_strange_files_are_not_called_truncated(tmp_path):
    for data in (b"", b"x", b"\x1a\x45\xdf\xa3", bytes(100), b"\0\0\0\x08ftyp"):
        (tmp_path / "a").write_bytes(data)
        assert not is_truncated(tmp_path / "a")
