"""Videos written: as browsers play them, each picture at its time, with its sound."""

import json
import subprocess

import av
import numpy as np
import pytest

from common.cli import UserError
from common.output import JsonLines, temporary_path
from common.sound import Sound, tempos
from common.truncation import is_truncated
from common.video import open_source
from common.writer import FORMATS, VideoWriter, check_video_output
from tests.common.clips import needs_ffprobe, number, number_in, probe, write_clip
from tests.conftest import drawn_face, read_video

UNEVEN = [0.0, 0.1, 0.5, 2.0, 2.05, 3.0]


def write(path, times, end, sound=None, fps=2.0):
    with VideoWriter(path, fps, sound) as video:
        for k, (start, stop) in enumerate(zip(times, [*times[1:], end])):
            video.write(number(k), start, stop)


@pytest.mark.parametrize("ending", [ending for ending in FORMATS if ending != ".avi"])
def test_each_picture_is_shown_at_its_time(tmp_path, ending):
    write(tmp_path / f"a{ending}", UNEVEN, 3.5)
    with open_source(str(tmp_path / f"a{ending}")) as source:
        frames, times, ends = zip(*source.timed())
    assert [number_in(frame) for frame in frames] == list(range(6))
    assert times == pytest.approx(UNEVEN, abs=6e-3)
    assert ends[-1] == pytest.approx(3.5, abs=6e-3)
    assert not is_truncated(tmp_path / f"a{ending}")
    assert [path.name for path in tmp_path.iterdir()] == [f"a{ending}"]


def test_an_avi_repeats_pictures(tmp_path):
    write(tmp_path / "a.avi", [0.0, 0.1, 0.5], 1.0, fps=10.0)
    frames, rate = read_video(tmp_path / "a.avi")
    assert rate == 10
    assert [number_in(frame) for frame in frames] == [0, 1, 1, 1, 1, 2, 2, 2, 2, 2]


@needs_ffprobe
@pytest.mark.parametrize("fps", [25, 30000 / 1001, 480, 0.5])
@pytest.mark.parametrize("slow", [1, 2.5, 12])
def test_slow_lengthens_the_video_to_a_frame(tmp_path, fps, slow):
    times = [slow * k / fps for k in range(8)]
    write(tmp_path / "a.mp4", times, slow * 8 / fps, fps=fps / slow)
    found, length = probe(tmp_path / "a.mp4")
    assert found == pytest.approx(times, abs=1e-4)
    assert length == pytest.approx(slow * 8 / fps, abs=1e-2)


def test_browsers_and_chats_play_what_is_written(tmp_path):
    path = tmp_path / "a.mp4"
    write(path, UNEVEN, 3.5)
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")  # it plays before all of it has come


@pytest.mark.parametrize("ending", FORMATS)
def test_colours_stay(tmp_path, ending):
    image = np.zeros((64, 96, 3), np.uint8)
    image[:, :32], image[:, 32:64], image[:, 64:] = (40, 60, 200), (200, 180, 30), (90, 120, 100)
    with VideoWriter(tmp_path / f"a{ending}", 25) as video:
        video.write(image, 0, 0.04)
        video.write(image, 0.04, 0.08)
    with open_source(str(tmp_path / f"a{ending}")) as source:
        frame = next(iter(source)).astype(int)
    for left in (8, 40, 72):
        assert np.abs(frame[16:48, left : left + 16] - image[0, left]).max() <= 8


def write_a_frame(folder, error):
    with VideoWriter(folder / "a.mp4", 25) as video, JsonLines(folder / "a") as lines:
        video.write(drawn_face(), 0, 0.04)
        lines.write({"ä": 1})
        raise error


def test_after_an_error_or_without_frames_nothing_is_left(tmp_path):
    with pytest.raises(RuntimeError):
        write_a_frame(tmp_path, RuntimeError)
    with VideoWriter(tmp_path / "b.mp4", 25):
        pass
    assert list(tmp_path.iterdir()) == []


def test_an_older_file_stays_until_the_end(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"older")
    with VideoWriter(path, 25) as video:
        video.write(drawn_face(), 0, 0.04)
        assert path.read_bytes() == b"older"
        assert temporary_path(path).name == "a.part.mp4"
    assert len(read_video(path)[0]) == 1


def test_interrupt_keeps_what_was_written(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        write_a_frame(tmp_path, KeyboardInterrupt)
    assert len(read_video(tmp_path / "a.mp4")[0]) == 1
    assert (tmp_path / "a").read_text(encoding="utf-8") == '{"ä": 1}\n'


def test_unknown_ending(tmp_path):
    with pytest.raises(UserError, match="ending in"):
        check_video_output(tmp_path / "a.txt")


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path, monkeypatch):
    def full(self, packet):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(VideoWriter, "_mux", full)
    with pytest.raises(UserError, match="No space left"):
        write(tmp_path / "a.mp4", UNEVEN, 3.5)
    assert list(tmp_path.iterdir()) == []


def sound_in(path):
    """(samples, rate, time of the first) of a file's sound, one channel."""
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
    samples = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    return samples, frames[0].sample_rate, frames[0].time


def pitch(samples, rate):
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return spectrum.argmax() * rate / len(samples)


def with_sound(path, slow, source, whole=True):
    with open_source(str(source)) as film:
        sound = film.sound(slow)
        with VideoWriter(path, film.fps / slow, sound) as video:
            video.whole = whole
            for frame, start, end in film.timed():
                video.write(frame, slow * start, slow * end)
                if not whole and end > 0.5:
                    break
    return path


@pytest.mark.parametrize("ending", [ending for ending, kind in FORMATS.items() if kind.sound])
@pytest.mark.parametrize("slow", [1, 4])
def test_sound_is_slowed_and_keeps_its_pitch(tmp_path, ending, slow):
    source = write_clip(tmp_path / "in.mp4", [k / 10 for k in range(12)], sound=(0, 1.2))
    samples, rate, _ = sound_in(with_sound(tmp_path / f"out{ending}", slow, source))
    assert len(samples) / rate == pytest.approx(1.2 * slow, abs=0.1)
    middle = samples[len(samples) // 4 : 3 * len(samples) // 4]
    assert pitch(middle, rate) == pytest.approx(440, abs=6)
    assert np.abs(middle).max() > 0.3


def test_sound_that_begins_late_begins_late(tmp_path):
    source = write_clip(tmp_path / "in.mkv", [k / 10 for k in range(20)], sound=(1.0, 1.0))
    samples, rate, first = sound_in(with_sound(tmp_path / "out.mkv", 2, source))
    loud = np.nonzero(np.abs(samples) > 0.2)[0]
    assert first + loud[0] / rate == pytest.approx(2.0, abs=0.1)


def test_a_cut_video_has_no_longer_sound(tmp_path):
    source = write_clip(tmp_path / "in.mp4", [k / 10 for k in range(30)], sound=(0, 3.0))
    samples, rate, _ = sound_in(with_sound(tmp_path / "out.mp4", 2, source, whole=False))
    assert len(samples) / rate == pytest.approx(2 * 0.6, abs=0.05)


@needs_ffprobe
def test_sound_and_picture_end_together_for_ffprobe(tmp_path):
    source = write_clip(tmp_path / "in.mp4", [k / 10 for k in range(12)], sound=(0, 1.2))
    path = with_sound(tmp_path / "out.mp4", 3, source)
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_entries"]
    found = subprocess.run(
        [*command, "stream=codec_type,duration", str(path)], capture_output=True, check=True
    )
    lengths = [float(stream["duration"]) for stream in json.loads(found.stdout)["streams"]]
    assert lengths == pytest.approx([3.6, 3.6], abs=0.05)


def test_tempos_multiply_to_what_is_wanted():
    for slow in (1, 1.5, 2, 3, 10, 1000):
        steps = tempos(slow)
        assert np.prod(steps) == pytest.approx(1 / slow)
        assert all(0.5 <= step <= 1 for step in steps)


def test_damaged_sound_is_carried_as_far_as_it_goes(tmp_path):
    source = write_clip(tmp_path / "in.mp4", [k / 10 for k in range(12)], sound=(0, 1.2))
    with av.open(str(source)) as container:
        packets = [(p.pos, p.size) for p in container.demux(audio=0) if p.size]
    data = bytearray(source.read_bytes())
    for start, size in packets[10:20]:
        data[start : start + size] = b"\xff" * size
    source.write_bytes(data)
    sound = Sound(f"file:{source}", 0.0, 2)
    length = sum(piece.samples for piece in sound.until()) / sound.rate
    sound.close()
    assert length == pytest.approx(2.4, abs=0.2)
