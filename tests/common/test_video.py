import itertools

import cv2
import numpy as np
import pytest

from common.cli import UserError
from common.containers import is_truncated
from common.images import natural_key, read_image
from common.output import JsonLines, beside
from common.video import (
    CODECS,
    DEFAULT_FPS,
    Source,
    VideoWriter,
    check_video_output,
    open_source,
    slowed_fps,
)
from tests.conftest import drawn_face, read_video, write_video


def test_file_gives_its_frames_and_times(tmp_path):
    source = open_source(str(write_video(tmp_path / "a.mp4", frames=7, fps=12.5)))
    frames = list(source)
    assert (source.name, source.fps, source.count) == ("a.mp4", 12.5, 7)
    assert {frame.shape for frame in frames} == {(90, 120, 3)}
    assert len(frames) == 7
    assert source.time(5) == 0.4


@pytest.mark.parametrize("fps", [0.0, -1.0, float("nan"), 1000.0, 90000.0])
def test_an_impossible_rate_is_replaced(fps):
    class Capture:
        def get(self, what):
            return fps

        def read(self):
            return True, drawn_face()

    source = Source("odd", Capture())
    assert source.fps == DEFAULT_FPS


def test_grey_frames_become_colour():
    class Capture:
        def get(self, what):
            return -1.0

        def read(self):
            return True, np.full((4, 6), 7, np.uint8)

    frame = next(iter(Source("grey", Capture())))
    assert frame.shape == (4, 6, 3)
    assert Source("grey", Capture()).count is None


def test_folder_in_natural_order_with_changing_sizes(tmp_path):
    for number in (10, 9, 1):
        cv2.imwrite(str(tmp_path / f"f{number}.png"), np.full((20 + number, 30, 3), number))
    (tmp_path / "notes.txt").write_text("no picture")
    source = open_source(str(tmp_path))
    assert [frame.shape[0] for frame in source] == [21, 29, 30]
    assert (source.count, source.fps, source.name) == (3, DEFAULT_FPS, tmp_path.name)
    assert [frame[0, 0, 0] for frame in source] == [1, 9, 10]


def test_natural_order():
    names = ["b1", "a10", "a9", "A2", "10", "9", "a10b2", "a10b10", "a"]
    ordered = ["9", "10", "a", "A2", "a9", "a10", "a10b2", "a10b10", "b1"]
    assert sorted(names, key=natural_key) == ordered


@pytest.mark.parametrize(
    ("fps", "slow", "expected"),
    [(30, 1, 30), (30, 4, 7.5), (30, 6, 5), (30, 6.1, 30), (25, 40, 25), (2, 1, 2), (2, 3, 2)],
)
def test_slowed_rate(fps, slow, expected):
    assert slowed_fps(fps, slow) == expected


@pytest.mark.parametrize("fps", [25, 30000 / 1001, 60, 3])
@pytest.mark.parametrize("slow", [1, 2, 2.5, 4, 12])
def test_slow_lengthens_the_video_exactly(tmp_path, fps, slow):
    count, frame = 8, drawn_face(32, 32)
    with VideoWriter(tmp_path / "a.mp4", slowed_fps(fps, slow)) as video:
        for index in range(count):
            video.write(frame, slow * (index + 1) / fps)
    frames, rate = read_video(tmp_path / "a.mp4")
    assert len(frames) / rate == pytest.approx(slow * count / fps, abs=0.5 / rate + 0.01)
    assert len(frames) >= count


@pytest.mark.parametrize("ending", CODECS)
def test_every_ending_is_written(tmp_path, ending):
    with VideoWriter(tmp_path / f"a{ending}", 7.4925) as video:
        for index in range(6):
            video.write(drawn_face(120, 90), (index + 1) / 7.4925)
    frames, rate = read_video(tmp_path / f"a{ending}")
    assert len(frames) == 6
    assert rate == pytest.approx(7.4925, abs=0.01)
    # It is the picture that was written, but for compression.
    assert np.abs(frames[-1].astype(int) - drawn_face(120, 90)).mean() < 12
    assert not is_truncated(tmp_path / f"a{ending}")
    assert [path.name for path in tmp_path.iterdir()] == [f"a{ending}"]


def write_a_frame(folder, error):
    with VideoWriter(folder / "a.mp4", 25) as video, JsonLines(folder / "a") as lines:
        video.write(drawn_face(), 0.04)
        lines.write({"ä": 1})
        raise error


def test_writer_after_an_error_or_without_frames_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError):
        write_a_frame(tmp_path, RuntimeError)
    with VideoWriter(tmp_path / "b.mp4", 25):
        pass
    assert list(tmp_path.iterdir()) == []


def test_writer_keeps_an_older_file_until_the_end(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"older")
    with VideoWriter(path, 25) as video:
        video.write(drawn_face(), 0.04)
        assert path.read_bytes() == b"older"
        assert beside(path).name == "a.part.mp4"
    assert len(read_video(path)[0]) == 1


def test_interrupt_keeps_what_was_written(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        write_a_frame(tmp_path, KeyboardInterrupt)
    assert len(read_video(tmp_path / "a.mp4")[0]) == 1
    assert (tmp_path / "a").read_text(encoding="utf-8") == '{"ä": 1}\n'


def test_unknown_ending(tmp_path):
    with pytest.raises(UserError, match="ending in"):
        check_video_output(tmp_path / "a.gif")


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


@pytest.mark.parametrize(
    "image",
    [
        np.full((6, 8), 100, np.uint8),
        np.full((6, 8), 100 << 8, np.uint16),
        np.full((6, 8, 3), 100 << 8, np.uint16),
        np.full((6, 8, 4), 100, np.uint8),
        np.full((1, 1, 3), 100, np.uint8),
    ],
    ids=["grey", "grey16", "colour16", "rgba", "1x1"],
)
def test_every_kind_of_picture_becomes_bgr(tmp_path, image):
    cv2.imwrite(str(tmp_path / "ü.png"), image)
    read = read_image(tmp_path / "ü.png")
    assert (read.dtype, read.shape) == (np.uint8, (*image.shape[:2], 3))
    assert (read == 100).all()


def test_camera_time_is_the_clocks(monkeypatch):
    class Capture:
        reads = 0

        def isOpened(self):
            return True

        def get(self, what):
            return -1.0

        def read(self):
            Capture.reads += 1
            return True, np.full((4, 6, 3), Capture.reads, np.uint8)

        def release(self):
            pass

    clock = iter([100.0, 100.5, 102.0])
    monkeypatch.setattr("common.video.time.monotonic", lambda: next(clock))
    monkeypatch.setattr(cv2, "VideoCapture", lambda index: Capture())
    camera = open_source("0")
    frames = iter(camera)
    assert next(frames)[0, 0, 0] == 2  # the first is stale by the time the nets are ready
    assert (camera.time(1), camera.time(2)) == (0.5, 2.0)
    assert (camera.name, camera.count, camera.fps) == ("camera0", None, DEFAULT_FPS)


def test_a_full_disk_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr("common.video.count_frames", lambda path: 3)
    video = VideoWriter(tmp_path / "a.mp4", 25)
    video.write(drawn_face(), 5 / 25)
    with pytest.raises(UserError, match="disk full"):
        video.__exit__(None, None, None)
    assert list(tmp_path.iterdir()) == []


def test_interrupted_source_can_be_cut(tmp_path):
    source = open_source(str(write_video(tmp_path / "a.mp4", frames=5)))
    assert len(list(itertools.islice(source, 3))) == 3
