"""Small clips of the kinds that people have, made with PyAV from drawn pictures."""

import json
import shutil
import struct
import subprocess
from fractions import Fraction
from multiprocessing import get_context

import av
import numpy as np
import pytest

from tests.conftest import drawn_face

RATE = 48000
needs_ffprobe = pytest.mark.skipif(not shutil.which("ffprobe"), reason="needs ffprobe (FFmpeg)")


def number(value, size=(160, 48)):
    """A picture that shows a number in ten binary digits."""
    bits = [255 * (value >> bit & 1) for bit in range(10)]
    row = np.repeat(np.array(bits, np.uint8), size[0] // 10)
    return np.ascontiguousarray(np.broadcast_to(row[None, :, None], (size[1], size[0], 3)))


def number_in(picture):
    """The number that a picture shows."""
    height, width = picture.shape[:2]
    bits = picture[height // 2, width // 20 :: width // 10, 0] > 127
    return sum(1 << k for k, bit in enumerate(bits) if bit)


def tone(start, length, frequency=440.0):
    """A sine as float32 (1, N)."""
    at = np.arange(round(length * RATE)) / RATE + start
    return (0.5 * np.sin(2 * np.pi * frequency * at)).astype(np.float32)[None]


def write_clip(path, times, pictures=None, codec="libx264", sound=None, **settings):
    """Write a clip of pictures at these times, in seconds; the last one lasts as the first.

    Parameters
    ----------
    path : path-like, or a file object with ``settings["format"]``
    pictures : list of ndarray (H, W, 3), optional
        By default each shows its number.
    sound : (float, float), optional
        Start and length of a tone, in seconds.
    settings
        ``format`` of the container, ``pixels``, ``options`` of the encoder, and attributes of
        the encoder's context.
    """
    pictures = [number(k) for k in range(len(times))] if pictures is None else pictures
    kind, pixels = settings.pop("format", None), settings.pop("pixels", "yuv420p")
    options = settings.pop("options", {"crf": "10", "bf": "0"} if codec == "libx264" else {})
    target = path if hasattr(path, "write") else str(path)
    container = av.open(target, "w", format=kind)
    steps = np.diff(times)
    stream = container.add_stream(codec, rate=Fraction(1 / steps.min()).limit_denominator(1001))
    stream.options = options
    stream.height, stream.width = pictures[0].shape[:2]
    stream.pix_fmt = pixels
    base = settings.pop("base", Fraction(1, 1000))
    stream.codec_context.time_base = base
    for name, value in settings.items():
        setattr(stream.codec_context, name, value)
    lengths = {round(t / base): round((s or 0) / base) for t, s in zip(times, [*steps, steps[0]])}
    track = sound and container.add_stream("aac", rate=RATE, layout="mono")

    def mux(packets):
        for packet in packets:
            packet.duration = lengths.get(packet.pts, 0)
            container.mux(packet)

    if track:
        frame = av.AudioFrame.from_ndarray(tone(*sound), format="fltp", layout="mono")
        frame.sample_rate, frame.pts = RATE, round(sound[0] * RATE)
        frame.time_base = Fraction(1, RATE)
        for packet in [*track.encode(frame), *track.encode(None)]:
            container.mux(packet)
    for time, picture in zip(times, pictures):
        frame = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(format=pixels)
        frame.pts, frame.time_base = round(time / base), base
        mux(stream.encode(frame))
    mux(stream.encode(None))
    container.close()
    return path


def write_clip_apart(path, *args, **settings):
    """`write_clip` in a process of its own.

    For SVT-AV1: run as root it makes the calling thread a real-time one, and all that is started
    from it later. Two threads that wait for each other then hold all processors for good.
    """
    # A fresh interpreter: a fork of a process whose threads hold locks may never end.
    child = get_context("spawn").Process(target=write_clip, args=(path, *args), kwargs=settings)
    child.start()
    child.join()
    assert child.exitcode == 0
    return path


def turn(path, matrix):
    """Write a display matrix into the head of an MP4's only track."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40
    a, b, c, d = (value << 16 for value in matrix)
    data[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return path


def probe(path):
    """FFmpeg's own account of a file's pictures: their times, and the file's length, in seconds."""
    command = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-of", "json"]
    fields = "frame=best_effort_timestamp_time:format=duration"
    found = subprocess.run(
        [*command, "-show_entries", fields, str(path)], capture_output=True, check=True
    )
    found = json.loads(found.stdout)
    times = [float(frame["best_effort_timestamp_time"]) for frame in found["frames"]]
    return times, float(found["format"].get("duration", "nan"))


def faces(count, width=120, height=90):
    """Drawn faces that move to the right."""
    return [drawn_face(width, height, shift=k) for k in range(count)]
