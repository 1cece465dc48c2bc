"""Decoded frames as pictures that a person would see: upright, undistorted, uint8 BGR."""

from collections import deque
from fractions import Fraction

import av
import av.filter
import numpy as np

from common import hdr
from common.orientation import apply_display_matrix, display_matrix

MATRICES = {1: "bt709", 4: "fcc", 7: "smpte240m", 9: "bt2020", 10: "bt2020"}  # by H.273's number
HD = (1280, 577)  # from this width or height on, players take unnamed colours for BT.709
FULL_RANGE = 2
LONGEST = 4  # times as long as wide: beyond, a pixel's shape is an error in the file


def is_hd(width, height):
    """Whether players take unnamed colours of pictures of this size for BT.709."""
    return width >= HD[0] or height >= HD[1]


def square_size(width, height, aspect):
    """Size of a picture once its pixels are square: the shorter way is stretched.

    Parameters
    ----------
    aspect : Fraction or None
        Width of a pixel by its height.
    """
    if not aspect or aspect == 1 or not 1 / LONGEST <= aspect <= LONGEST:
        return width, height
    if aspect > 1:
        return round(width * aspect), height
    return width, round(height / aspect)


class FrameConverter:
    """Converts the frames of one stream to pictures, however they change on the way.

    Interlaced frames are deinterlaced (FFmpeg's bwdif: a picture a frame), HDR ones mapped
    (`common.hdr`), pixels made square, and all is turned as the file says.

    Parameters
    ----------
    stream : av.video.stream.VideoStream
    """

    def __init__(self, stream):
        self._stream = stream
        self._context = stream.codec_context
        self._given = self._context.sample_aspect_ratio
        self._graph, self._key, self._interlaced = None, None, False
        self._waiting = deque()  # what came with the frames inside the graph

    def convert(self, frame, companion):
        """Pictures that are ready once ``frame`` has come: list of (picture, companion).

        ``companion`` comes out again with its frame's picture: of interlaced film one
        frame later.
        """
        self._interlaced = self._interlaced or frame.interlaced_frame
        key = (
            frame.width, frame.height, frame.format.name, frame.colorspace, frame.color_range,
            self._aspect(), self._context.color_trc, self._interlaced,
        )  # fmt: skip
        ready = []
        if key != self._key:
            ready = self.flush()
            self._graph, self._key = self._build_graph(frame, self._aspect()), key
        self._waiting.append((display_matrix(frame), companion))
        self._graph.push(frame)
        return ready + self._pull()

    def flush(self):
        """The last pictures, as from `convert`; the next frame begins anew."""
        if self._graph is None:
            return []
        self._graph.push(None)
        ready = self._pull()
        self.reset()
        return ready

    def reset(self):
        """Drop what is inside: the stream was sought."""
        self._graph, self._key = None, None
        self._waiting.clear()

    def _aspect(self):
        # The container's word counts, unless the stream changes its own on the way, as
        # television does between films.
        now = self._context.sample_aspect_ratio
        return now if now != self._given else self._stream.sample_aspect_ratio

    def _build_graph(self, frame, aspect):
        unnamed = "bt709" if is_hd(frame.width, frame.height) else "bt601"
        matrix = unnamed if frame.colorspace == 2 else MATRICES.get(frame.colorspace, "bt601")
        full = frame.color_range == FULL_RANGE or frame.format.name.startswith("yuvj")
        self._transfer = self._context.color_trc
        deep = self._transfer in (hdr.PQ, hdr.HLG)
        size = square_size(frame.width, frame.height, aspect and Fraction(aspect))
        way = "bilinear" if size == (frame.width, frame.height) else "bicubic"
        steps = [
            ("scale", f"{size[0]}:{size[1]}:in_color_matrix={matrix}"
                      f":in_range={'pc' if full else 'tv'}:flags={way}"),
            ("format", "bgr48le" if deep else "bgr24"),
            ("buffersink", None),
        ]  # fmt: skip
        if self._interlaced:
            steps.insert(0, ("bwdif", "mode=send_frame:deint=interlaced"))
        graph = av.filter.Graph()
        source = graph.add_buffer(
            width=frame.width,
            height=frame.height,
            format=frame.format,
            time_base=self._stream.time_base,
        )
        return configured(graph, source, steps)

    def _pull(self):
        ready = []
        for frame in pull_frames(self._graph):
            image = frame.to_ndarray()
            if image.dtype == np.uint16:
                image = hdr.to_screen(image, self._transfer)
            matrix, companion = self._waiting.popleft()
            ready.append((apply_display_matrix(image, matrix), companion))
        return ready


def configured(graph, last, steps):
    """The graph with filters behind ``last``, (name, options) each behind the one before."""
    for name, options in steps:
        following = graph.add(name, options)
        last.link_to(following)
        last = following
    graph.configure()
    return graph


def pull_frames(graph):
    """Yield the frames that are ready in a graph of FFmpeg's filters."""
    while True:
        try:
            yield graph.pull()
        except (BlockingIOError, EOFError):
            return
