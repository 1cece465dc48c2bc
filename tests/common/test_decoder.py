"""Videos as people have them: every frame is read, upright, at its time."""

import io
import os
import threading
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from common.cli import UserError
from common.decoder import BestTimestamp, MonotonicClock
from common.video import open_source
from tests.common.clips import (
    faces,
    needs_ffprobe,
    number,
    number_in,
    probe,
    tone,
    turn,
    write_clip,
    write_clip_apart,
)

UNEVEN = [0.0, 0.1, 0.5, 2.0, 2.05, 3.0]


def read(path):
    """(frames, times, end, what is told) of a video."""
    with open_source(str(path)) as source:
        found = list(source.timed())
        told = source.warning()
    frames, times, ends = zip(*found)
    assert ends[:-1] == times[1:]
    return frames, list(times), ends[-1], told


def numbers(frames):
    return [number_in(frame) for frame in frames]


@pytest.mark.parametrize(
    ("ending", "codec"),
    [
        ("mp4", "libx264"), ("mkv", "libx264"), ("mov", "mpeg4"), ("webm", "libvpx"),
        ("webm", "libvpx-vp9"), ("mp4", "libsvtav1"), ("ts", "mpeg2video"),
    ],
)  # fmt: skip
def test_each_frame_comes_at_its_own_time(tmp_path, ending, codec):
    uneven = [k / 25 for k in range(5)] if codec == "mpeg2video" else UNEVEN
    base = Fraction(1, 25 if codec == "mpeg2video" else 1000)
    write = write_clip_apart if codec == "libsvtav1" else write_clip
    path = write(tmp_path / f"a.{ending}", uneven, codec=codec, base=base)
    frames, times, end, told = read(path)
    assert numbers(frames) == list(range(len(uneven)))
    assert times == pytest.approx(uneven, abs=1e-3)
    assert end == pytest.approx(uneven[-1] + uneven[1], abs=0.011)
    assert told is None


@needs_ffprobe
@pytest.mark.parametrize("rate", [0.5, 30000 / 1001, 480])
@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_slow_and_fast_rates_as_ffprobe_sees_them(tmp_path, rate, ending):
    path = write_clip(tmp_path / f"a.{ending}", [k / rate for k in range(7)])
    frames, times, end, _ = read(path)
    expected, length = probe(path)
    assert numbers(frames) == list(range(7))
    assert times == pytest.approx(expected, abs=1e-4)
    assert end == pytest.approx(length, abs=1 / rate)


class Pipe(io.BytesIO):
    """What a browser's recorder writes to: it cannot go back to write a length into the head."""

    def seekable(self):
        return False

    seek = None


def test_a_browsers_webm_without_rate_and_length(tmp_path):
    pipe = Pipe()
    times = [k / 30 for k in range(12)]
    kept = {}
    pipe.close = lambda: kept.setdefault("data", pipe.getvalue())
    write_clip(pipe, times, codec="libvpx", format="webm")
    (tmp_path / "a.webm").write_bytes(kept.get("data") or pipe.getvalue())
    assert av.open(str(tmp_path / "a.webm")).duration is None
    frames, found, end, told = read(tmp_path / "a.webm")
    assert numbers(frames) == list(range(12))
    assert found == pytest.approx(times, abs=1e-3)
    assert end == pytest.approx(12 / 30, abs=0.01)
    assert told is None


# The display matrices of a film turned clockwise by 0, 90, 180, 270 degrees, then mirrored.
TURNS = {
    "0": ((1, 0, 0, 1), lambda image: image),
    "90": ((0, 1, -1, 0), lambda image: np.rot90(image, -1)),
    "180": ((-1, 0, 0, -1), lambda image: np.rot90(image, 2)),
    "270": ((0, -1, 1, 0), lambda image: np.rot90(image, 1)),
    "mirrored": ((-1, 0, 0, 1), lambda image: image[:, ::-1]),
    "upside down": ((1, 0, 0, -1), lambda image: image[::-1]),
    "mirrored 90": ((0, 1, 1, 0), lambda image: np.rot90(image, -1)[:, ::-1]),
}


@pytest.mark.parametrize("name", TURNS)
def test_a_telephones_film_stands_upright(tmp_path, name):
    matrix, turned = TURNS[name]
    path = write_clip(tmp_path / "a.mp4", [0, 0.04, 0.08], faces(3))
    plain = read(path)[0]
    frames = read(turn(path, matrix))[0]
    for before, after in zip(plain, frames):
        np.testing.assert_array_equal(after, turned(before))


def test_pixels_that_are_not_square_are_stretched(tmp_path):
    wide = write_clip(tmp_path / "a.mkv", [0, 0.04], faces(2), sample_aspect_ratio=Fraction(4, 3))
    assert {frame.shape for frame in read(wide)[0]} == {(90, 160, 3)}
    high = write_clip(tmp_path / "b.mkv", [0, 0.04], faces(2), sample_aspect_ratio=Fraction(3, 4))
    frames = read(high)[0]
    assert {frame.shape for frame in frames} == {(120, 120, 3)}
    expected = cv2.resize(faces(1)[0], (120, 120), interpolation=cv2.INTER_CUBIC)
    assert np.abs(frames[0].astype(int) - expected).mean() < 10


def packets_of(path):
    """Places of the pictures' packets in a file: list of (start, size)."""
    with av.open(str(path)) as container:
        return [(p.pos, p.size) for p in container.demux(video=0) if p.size]


def zeroed(path, start, size):
    data = bytearray(path.read_bytes())
    data[start : start + size] = bytes(size)
    path.write_bytes(data)
    return path


def still(count, key=4):
    """Options that make each frame decodable again soon behind a damage."""
    return {"times": [k / 25 for k in range(count)], "options": {"crf": "10", "bf": "0",
            "g": str(key), "x264-params": "scenecut=0"}}  # fmt: skip


def test_a_hole_in_the_middle_costs_only_its_frames(tmp_path):
    path = write_clip(tmp_path / "a.mp4", **still(40))
    start, size = packets_of(path)[17]
    frames, times, end, told = read(zeroed(path, start, size))
    assert times == pytest.approx([k / 25 for k in range(40) if k != 17], abs=1e-3)
    assert end == pytest.approx(1.6, abs=1e-3)
    assert told == "a.mp4: damaged, 1 frame missing, at 0.68 s (1)"
    shown = numbers(frames)
    assert shown[:17] == list(range(17))
    assert shown[19:] == list(range(20, 40))  # from the next whole picture on


def test_a_lost_end_keeps_its_time(tmp_path):
    path = write_clip(tmp_path / "a.mp4", **still(20))
    for start, size in packets_of(path)[16:]:
        zeroed(path, start, size)
    _, times, end, told = read(path)
    assert len(times) == 16
    assert end == pytest.approx(0.8, abs=1e-3)
    assert "4 frames missing, at 0.64 s (4)" in told


def test_lost_packets_of_a_stream(tmp_path):
    path = write_clip(
        tmp_path / "a.ts",
        codec="mpeg2video",
        base=Fraction(1, 25),
        **{**still(40), "options": {"g": "4"}},
    )
    data = path.read_bytes()
    packets = [data[k : k + 188] for k in range(0, len(data), 188)]
    middle = len(packets) // 2
    path.write_bytes(b"".join(packets[:middle] + packets[middle + len(packets) // 5 :]))
    frames, times, end, told = read(path)
    assert 28 <= len(frames) < 40
    assert end == pytest.approx(1.6, abs=0.05)
    missing = 40 - len(frames)
    assert f"damaged, {missing} frame" in told
    # Each is shown at its own time: what it shows is its number.
    whole = [n == round(time * 25) for n, time in zip(numbers(frames), times)]
    assert sum(whole) >= len(frames) - 4


@needs_ffprobe
@pytest.mark.parametrize("ending", ["mkv", "mp4", "avi", "ts"])
def test_damaged_files_give_what_ffprobe_counts(tmp_path, ending):
    codec = "libx264" if ending != "avi" else "mpeg4"
    settings = still(60) if codec == "libx264" else {"times": still(60)["times"], "options": {}}
    path = write_clip(tmp_path / f"a.{ending}", codec=codec, **settings)
    size = path.stat().st_size
    frames, times, _, _ = read(zeroed(path, size // 2, size // 20))
    expected, _ = probe(path)
    assert len(frames) == len(expected)
    assert 15 < len(frames) <= 60
    if ending != "avi":
        start = expected[0] if ending == "ts" else 0
        assert times == pytest.approx([time - start for time in expected], abs=2e-3)


def test_a_long_pause_of_the_picture_with_sound_going_on(tmp_path):
    """Ten thousand packets of sound between two pictures."""
    path = tmp_path / "a.mkv"
    container = av.open(str(path), "w")
    track = container.add_stream("pcm_s16le", rate=8000, layout="mono")
    stream = container.add_stream("mpeg4", rate=25)
    stream.width, stream.height, stream.pix_fmt = 160, 48, "yuv420p"
    for k, pts in enumerate([0, 1, 125, 126]):
        frame = av.VideoFrame.from_ndarray(number(k), format="bgr24").reformat(format="yuv420p")
        frame.pts = pts
        for packet in stream.encode(frame):
            container.mux(packet)
        for piece in range(10000 if k == 1 else 0):
            silence = av.AudioFrame(format="s16", layout="mono", samples=4)
            silence.sample_rate, silence.pts = 8000, 4 * piece
            container.mux(track.encode(silence))
    container.mux(stream.encode(None))
    container.close()
    frames, times, _, told = read(path)
    assert numbers(frames) == [0, 1, 2, 3]
    assert times == pytest.approx([0, 0.04, 5, 5.04], abs=2e-3)
    assert told is None  # of four steps one cannot say what is usual


def test_files_put_one_behind_the_other(tmp_path):
    one = write_clip(tmp_path / "a.ts", [k / 25 for k in range(30)])
    small = [number(k, (80, 32)) for k in range(10)]
    two = write_clip(tmp_path / "b.ts", [k / 25 for k in range(10)], small)
    (tmp_path / "c.ts").write_bytes(one.read_bytes() + two.read_bytes())
    frames, times, end, told = read(tmp_path / "c.ts")
    assert [frame.shape[:2] for frame in frames] == [(48, 160)] * 30 + [(32, 80)] * 10
    assert numbers(frames) == [*range(30), *range(10)]
    assert times == pytest.approx([k / 25 for k in range(40)], abs=2e-3)
    assert (end, told) == (pytest.approx(1.6, abs=2e-3), None)


@pytest.mark.parametrize(
    ("codec", "ending", "pixels"), [("gif", "gif", "rgb8"), ("apng", "png", "rgb24")]
)
def test_animations(tmp_path, codec, ending, pixels):
    times = [0, 0.1, 0.3, 0.6]
    kind = "apng" if codec == "apng" else None
    path = write_clip(
        tmp_path / f"a.{ending}", times, codec=codec, pixels=pixels, format=kind,
        base=Fraction(1, 100),
    )  # fmt: skip
    frames, found, _, _ = read(path)
    assert numbers(frames) == [0, 1, 2, 3]
    assert found == pytest.approx(times, abs=1e-3)


def test_an_animated_webp(tmp_path):
    from PIL import Image

    pictures = [Image.fromarray(number(k)[:, :, ::-1]) for k in range(4)]
    pictures[0].save(
        tmp_path / "a.webp", save_all=True, append_images=pictures[1:], lossless=True,
        duration=[100, 200, 0, 300],
    )  # fmt: skip
    frames, times, end, _ = read(tmp_path / "a.webp")
    assert numbers(frames) == [0, 1, 2, 3]
    assert times == pytest.approx([0, 0.1, 0.3, 0.4])  # browsers give 0 a tenth of a second
    assert end == pytest.approx(0.7)
    data = (tmp_path / "a.webp").read_bytes()
    (tmp_path / "b.webp").write_bytes(data[: len(data) // 2])
    with pytest.raises(UserError):
        read(tmp_path / "b.webp")


def test_interlaced_film_shows_no_combs(tmp_path):
    """Each field is of its own moment: a bar that moves is torn into teeth."""
    pictures = []
    for k in range(8):
        picture = np.full((64, 160, 3), 40, np.uint8)
        for row in range(64):
            left = 16 * k + 8 * (row % 2)
            picture[row, left : left + 24] = 220
        pictures.append(picture)
    path = write_clip(
        tmp_path / "a.mpg", [k / 25 for k in range(8)], pictures, codec="mpeg2video",
        options={"flags": "+ilme+ildct", "b": "4000000"}, base=Fraction(1, 25),
    )  # fmt: skip

    def teeth(frame):
        grey = frame[:, :, 1].astype(int)
        inner = np.minimum(abs(grey[1:-1] - grey[:-2]), abs(grey[1:-1] - grey[2:]))
        return (inner > 60).mean()

    frames, times, _, _ = read(path)
    assert len(frames) == 8
    assert times == pytest.approx([k / 25 for k in range(8)], abs=1e-3)
    assert teeth(pictures[3]) > 0.05
    assert max(teeth(frame) for frame in frames) < 0.01


@pytest.mark.parametrize("matrix", ["bt709", "bt601"])
@pytest.mark.parametrize("full", [False, True])
def test_colours_are_what_the_file_says(tmp_path, matrix, full):
    """Against the definition of the colour space, by hand."""
    blue, green, red = colour = np.array([40, 60, 200])
    kr, kb = {"bt709": (0.2126, 0.0722), "bt601": (0.299, 0.114)}[matrix]
    luma = kr * red + (1 - kr - kb) * green + kb * blue
    cb, cr = (blue - luma) / (2 - 2 * kb), (red - luma) / (2 - 2 * kr)
    if full:
        planes = luma, cb + 128, cr + 128
    else:
        planes = 16 + luma * 219 / 255, 128 + cb * 224 / 255, 128 + cr * 224 / 255
    path = tmp_path / "a.mkv"
    container = av.open(str(path), "w")
    stream = container.add_stream("ffv1", rate=25)
    stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv444p"
    stream.codec_context.colorspace = {"bt709": 1, "bt601": 6}[matrix]
    stream.codec_context.color_range = 2 if full else 1
    values = np.stack([np.full((48, 64), round(float(plane)), np.uint8) for plane in planes])
    container.mux(stream.encode(av.VideoFrame.from_ndarray(values, format="yuv444p")))
    container.mux(stream.encode(None))
    container.close()
    assert np.abs(read(path)[0][0].astype(int) - colour).max() <= 3


def test_names_that_are_no_text_or_look_like_an_address(tmp_path):
    whole = write_clip(tmp_path / "a.mp4", [0, 0.04]).read_bytes()
    for name in (
        b"12:30.mp4",
        b"\xff\xfe.mp4",
        "ü💩.mp4".encode(),
        b"x" * 246 + b".mp4",
        b"%d.mp4",
    ):
        path = os.path.join(os.fsencode(tmp_path), name)
        with open(path, "wb") as file:
            file.write(whole)
        assert len(read(os.fsdecode(path))[0]) == 2


def test_sound_alone_is_no_video(tmp_path):
    container = av.open(str(tmp_path / "a.mp4"), "w")
    track = container.add_stream("aac", rate=48000, layout="mono")
    frame = av.AudioFrame.from_ndarray(tone(0, 0.1), format="fltp", layout="mono")
    frame.sample_rate = 48000
    for packet in [*track.encode(frame), *track.encode(None)]:
        container.mux(packet)
    container.close()
    with pytest.raises(UserError, match="holds no moving picture"):
        open_source(str(tmp_path / "a.mp4"))


def test_a_source_lets_go_of_its_file(tmp_path):
    path = write_clip(tmp_path / "a.mp4", [k / 25 for k in range(50)])

    def open_files():
        folder = "/proc/self/fd"
        links = []
        for name in os.listdir(folder):
            try:
                links.append(os.readlink(f"{folder}/{name}"))
            except OSError:
                continue
        return sum(str(path) == link for link in links)

    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("needs /proc")
    with open_source(str(path)) as source:
        assert next(source.timed())[1] == 0
        assert open_files() == 1
    assert open_files() == 0
    assert threading.active_count() >= 1


def test_a_clock_that_starts_anew_goes_on():
    clock = MonotonicClock()
    stamps = [0, 1, 2, 0, 1, None, 1.0, 1.0, 1.5]
    times = [clock(stamp, 1.0) for stamp in stamps]
    assert times[:6] == [0, 1, 2, 3, 4, 5]
    assert times[6] == 6 or times[6] > 5
    assert all(a < b for a, b in zip(times, times[1:]))


def test_timestamps_out_of_order_give_way_to_those_of_decoding():
    stamps = BestTimestamp()
    pts, dts = [1, 3, 4, 2, 7, 6, 5], [2, 3, 4, 5, 6, 7, 8]
    found = [stamps(*pair) for pair in zip(pts, dts)]
    assert found[3:] == [5, 6, 7, 8]
    assert [BestTimestamp()(None, 4), BestTimestamp()(3, None), BestTimestamp()(None, None)] == [
        4,
        3,
        None,
    ]
