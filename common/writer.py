"""Videos out: H.264 as browsers and chats play it, each picture at its own time, with sound."""

import contextlib
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import av.filter

from common.cli import UserError
from common.frame_converter import configured, is_hd, pull_frames
from common.output import check_output, finish, temporary_path

CLOCK = 90000  # ticks a second: those of MPEG, which hold every usual rate
KEY_EVERY = 4.0  # seconds from one picture that a player can jump to, to the next
BT709, LIMITED = 1, 1  # of ITU-T H.273: what HD players take colours for


@dataclass(frozen=True)
class Format:
    """How a file of one ending is written.

    Parameters
    ----------
    container, picture, sound : str
        FFmpeg's names of the muxer and the encoders; without sound None.
    pixels : str
    options : dict
        Of the picture's encoder.
    clock : int or None
        Ticks a second of the pictures' times; None: one rate for all pictures.
    flags : dict
        Of the muxer.
    """

    container: str
    picture: str = "libx264"
    sound: str = "aac"
    pixels: str = "yuv420p"
    # Without B-frames times are what they are, and a cut file plays to its end.
    options: dict = field(
        default_factory=lambda: {"preset": "superfast", "crf": "20", "bf": "0", "threads": "1"},
        hash=False,
    )
    clock: int = CLOCK
    flags: dict = field(default_factory=dict, hash=False)


VP9 = {"deadline": "realtime", "cpu-used": "8", "crf": "30", "b": "0", "row-mt": "1"}
MPEG4 = {"flags": "+qscale", "global_quality": str(4 * 118)}  # 118: FFmpeg's unit of quality
FORMATS = {
    ".mp4": Format("mp4", flags={"movflags": "+faststart"}),
    ".mov": Format("mov", flags={"movflags": "+faststart"}),
    ".mkv": Format("matroska", clock=1000),
    ".webm": Format("webm", "libvpx-vp9", "libopus", options=VP9, clock=1000),
    ".avi": Format("avi", "mpeg4", "libmp3lame", options=MPEG4, clock=None),
    ".gif": Format("gif", "gif", None, "pal8", options={}, clock=100),
}
# Browsers show a GIF's picture that is to last a hundredth of a second for a tenth.
GIF_SHORTEST = 2


class VideoWriter:
    """Writes a video beside its name and renames it at the end; a context manager.

    After Ctrl-C the frames so far become the file, after any other error, or without
    a frame, nothing is left.

    Parameters
    ----------
    path : path-like
        The ending chooses container and codecs, see `FORMATS`.
    fps : float
        About how many pictures a second there will be; of an .avi, exactly.
    sound : common.sound.Sound, optional
        Written up to the end of the pictures; `whole` lets it go on behind them.
    """

    def __init__(self, path, fps, sound=None):
        self.path, self.fps = Path(path), fps
        check_video_output(path)
        self._format = FORMATS[self.path.suffix.lower()]
        self._sound = sound if self._format.sound else None
        self._container = None
        self._last = None  # ticks of the last picture
        self._lengths = {}  # in ticks, of pictures inside the encoder
        self._end = 0.0
        self.whole = True

    def __enter__(self):
        return self

    def write(self, frame, start, end):
        """Show a frame from ``start`` to ``end``, in seconds from the video's beginning.

        Parameters
        ----------
        frame : ndarray of uint8 (H, W, 3)
            Height and width are even and the same for all frames.
        start, end : float
            Each frame begins where the one before ended, or later: then that one stays.
        """
        with self._telling():
            if self._container is None:
                self._open(*frame.shape[1::-1])
            for tick in self._ticks(start, end):
                if self._last is not None and tick < self._last + self._shortest:
                    continue  # finer than the format's clock
                self._last = tick
                picture = av.VideoFrame.from_ndarray(frame, format="bgr24")
                picture.pts, picture.time_base = tick, self._base
                self._lengths[tick] = max(1, round(end / self._base) - tick)
                self._encode(picture)
            self._end = max(end, self._end)
            self._write_sound(start)

    def _ticks(self, start, end):
        """Ticks at which a frame is written: one, but several where there is one rate."""
        if self._format.clock:
            return [round(start * self._format.clock)]
        before = -1 if self._last is None else self._last
        return range(before + 1, round(end * self.fps))

    def _open(self, width, height):
        kind, rate = self._format, Fraction(max(self.fps, 0.01)).limit_denominator(1001)
        options = dict(kind.flags)
        if kind.container == "gif":  # which does not ask how long the last picture lasts
            options["final_delay"] = str(max(GIF_SHORTEST, round(kind.clock / self.fps)))
        self._base = Fraction(1, kind.clock) if kind.clock else 1 / rate
        self._shortest = GIF_SHORTEST if kind.container == "gif" else 1
        self._container = av.open(
            f"file:{temporary_path(self.path)}", "w", format=kind.container, options=options
        )
        self._stream = self._container.add_stream(
            kind.picture, rate=rate, options=dict(kind.options)
        )
        self._stream.width, self._stream.height = width, height
        self._stream.pix_fmt = kind.pixels
        context = self._stream.codec_context
        context.time_base = self._base
        if kind.pixels == "yuv420p":
            context.gop_size = max(1, min(250, round(KEY_EVERY * self.fps)))
            context.color_range = LIMITED
        named = kind.container != "avi"  # which cannot say what its colours mean
        if named:
            context.colorspace = context.color_primaries = context.color_trc = BT709
        matrix = "bt709" if named or is_hd(width, height) else "bt601"
        self._graph = encoder_graph(width, height, kind.pixels, self._base, matrix)
        if self._sound:
            self._track = self._container.add_stream(kind.sound, rate=self._sound.rate)
            self._track.codec_context.layout = self._sound.layout

    def _encode(self, frame):
        """Encode what comes out of the graph for one more frame, or None for the last ones."""
        self._graph.push(frame)
        for picture in pull_frames(self._graph):
            self._mux(self._stream.encode(picture))

    def _mux(self, packets):
        for packet in packets:
            length = self._lengths.pop(packet.pts, None)
            if length and packet.stream is self._stream:
                packet.duration = length
            self._container.mux(packet)

    def _write_sound(self, end):
        if self._sound:
            for piece in self._sound.until(end):
                self._mux(self._track.encode(piece))

    def _close(self):
        """Write what encoders and muxer still hold."""
        self._encode(None)
        self._mux(self._stream.encode(None))
        self._write_sound(None if self.whole else self._end)
        if self._sound:
            self._mux(self._track.encode(None))
        self._container.close()

    def __exit__(self, kind, error, trace):
        keep = self._container is not None and (kind is None or issubclass(kind, KeyboardInterrupt))
        try:
            if keep:
                self.whole = self.whole and kind is None
                with self._telling():
                    self._close()
        except BaseException:
            keep = False
            raise
        finally:
            if not keep and self._container is not None:
                with contextlib.suppress(av.FFmpegError, OSError):
                    self._container.close()
            if self._sound:
                self._sound.close()
            finish(self.path, keep)

    @contextlib.contextmanager
    def _telling(self):
        try:
            yield
        except (av.FFmpegError, OSError) as error:
            reason = error.strerror or error
            raise UserError(f"{self.path} cannot be written: {reason}") from None


def encoder_graph(width, height, pixels, base, matrix):
    """A graph that makes of BGR pictures what an encoder takes; a GIF's each with its palette."""
    graph = av.filter.Graph()
    source = graph.add_buffer(width=width, height=height, format="bgr24", time_base=base)
    if pixels == "pal8":
        sink = graph.add("buffersink")
        split = graph.add("split")
        palette = graph.add("palettegen", "stats_mode=single")
        use = graph.add("paletteuse", "new=1")
        source.link_to(split)
        split.link_to(palette, 0, 0)
        split.link_to(use, 1, 0)
        palette.link_to(use, 0, 1)
        use.link_to(sink)
        graph.configure()
        return graph
    scale = f"out_color_matrix={matrix}:out_range=tv:flags=bilinear"
    steps = [("scale", scale), ("format", pixels), ("buffersink", None)]
    return configured(graph, source, steps)


def check_video_output(path):
    """Raise a `UserError` unless a video can be written at ``path``."""
    if Path(path).suffix.lower() not in FORMATS:
        raise UserError(f"cannot write {path}: name a file ending in {', '.join(FORMATS)}")
    check_output(path)
