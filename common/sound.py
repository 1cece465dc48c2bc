"""A video's sound, slowed with its pitch kept, a piece at a time beside the pictures."""

from fractions import Fraction

import av
import av.filter

from common.decoder import MonotonicClock
from common.frame_converter import configured, pull_frames

RATE = 48000  # Hz, which every codec here takes
SLOWEST = 0.5  # of FFmpeg's atempo: slower by several of them in a row


def tempos(slow):
    """Tempos, each at least `SLOWEST`, that slow down ``slow`` times together."""
    steps, tempo = [], 1 / slow
    while tempo < SLOWEST:
        steps.append(SLOWEST)
        tempo /= SLOWEST
    return [*steps, tempo] if tempo != 1 else steps


class Sound:
    """The best stream of sound in a file.

    Gaps, and what is missing before the first sound, become silence.

    Parameters
    ----------
    address : str
        As for `common.decoder.VideoDecoder`.
    start : float
        Timestamp that is time 0, in seconds.
    slow : float
    """

    def __init__(self, address, start, slow):
        self.start, self.slow = start, slow
        self._container = av.open(address)
        self._stream = self._container.streams.best("audio")
        self.layout = "mono" if self._stream.codec_context.layout.nb_channels == 1 else "stereo"
        self.rate = RATE
        self._pieces = self._slowed()
        self._waiting = None

    def until(self, end=None):
        """Yield the next frames that begin before ``end`` seconds of the slowed video; None: all.

        Yields
        ------
        av.AudioFrame
            Float, of `RATE` Hz, one after the other from time 0 on.
        """
        while True:
            if self._waiting is None:
                self._waiting = next(self._pieces, None)
            if self._waiting is None or (end is not None and self._waiting.time >= end):
                return
            piece, self._waiting = self._waiting, None
            yield piece

    def close(self):
        """Let go of the file."""
        self._pieces.close()
        self._container.close()

    def _slowed(self):
        graph = av.filter.Graph()
        source = graph.add_abuffer(
            sample_rate=RATE, format="fltp", layout=self.layout, time_base=f"1/{RATE}"
        )
        steps = [("aresample", "async=1:first_pts=0")]
        steps += [("atempo", str(tempo)) for tempo in tempos(self.slow)]
        steps += [("asetpts", "N/SR/TB"), ("abuffersink", None)]
        configured(graph, source, steps)
        for frame in self._plain():
            graph.push(frame)
            yield from pull_frames(graph)
        graph.push(None)
        yield from pull_frames(graph)

    def _plain(self):
        """All frames that can be decoded, in one format, with time 0 at `start`."""
        made, resampler, clock = None, None, MonotonicClock()
        for frame in self._decoded():
            kind = frame.format.name, frame.layout.name, frame.sample_rate
            if kind != made:  # a television's sound changes with the film
                resampler, made = av.AudioResampler("fltp", self.layout, RATE), kind
            stamp = None if frame.pts is None else float(frame.pts * frame.time_base) - self.start
            time = clock(stamp, frame.samples / frame.sample_rate)
            frame.pts = None
            for piece in resampler.resample(frame):
                piece.pts, piece.time_base = round(time * RATE), Fraction(1, RATE)
                time += piece.samples / RATE
                yield piece

    def _decoded(self):
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except (av.FFmpegError, OSError):
                return
            try:
                yield from packet.decode()
            except (av.FFmpegError, OSError):
                continue
