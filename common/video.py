"""Moving pictures in: a file, an animation, a folder, a camera, a stream (`open_source`)."""

import time
from pathlib import Path

import av
import cv2
import numpy as np
from PIL import Image

from common.cli import UserError
from common.decoder import DEFAULT_FPS, VideoDecoder
from common.images import (
    check_file,
    folder_pictures,
    is_animated_webp,
    is_picture,
    read_image,
    silent,
)
from common.truncation import is_truncated

SHORTEST, BROWSERS = 0.011, 0.1  # seconds: a WebP's picture shorter than the first lasts the second


class Source:
    """Frames, each at its time; a context manager that lets go of the file at its end.

    Attributes
    ----------
    name : str
    fps : float
        Frames a second, as far as there is one rate.
    count : int or None
        Number of frames, if it is known beforehand; some files are wrong about it.
    """

    count, fps = None, DEFAULT_FPS

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __iter__(self):
        """Yield the frames alone, as from `timed`."""
        return (image for image, _, _ in self.timed())

    def timed(self):
        """Yield (image, time, end) once: uint8 (H, W, 3) BGR, and from when to when, in seconds."""
        raise NotImplementedError

    def close(self):
        """Let go of what is open."""

    def sound(self, slow):
        """The sound beside the frames, slowed (`common.sound.Sound`), None if there is none.

        Raises
        ------
        UserError
            If there is sound that cannot be had.
        """

    def warning(self):
        """One line on what is missing, None if nothing is; after the last frame."""


class Video(Source):
    """A video file or a stream, as FFmpeg reads it.

    Attributes
    ----------
    decoder : common.decoder.VideoDecoder
    """

    def __init__(self, name, address):
        self.decoder = VideoDecoder(name, address)
        self.name, self.fps, self.count = name, self.decoder.fps, self.decoder.count
        self._frames = self.decoder.timed()
        self._first = next(self._frames, None)
        if self._first is None:
            self.decoder.close()
            raise UserError(f"{name} holds no frame that can be read: try another file")

    def timed(self):
        """See `Source.timed`."""
        yield self._first
        yield from self._frames

    def close(self):
        """Let go of the file."""
        self._frames.close()
        self.decoder.close()

    def sound(self, slow):
        """See `Source.sound`."""
        from common.sound import Sound

        if not self.decoder.has_sound():
            return None
        if not self.decoder.address.startswith("file:"):
            raise UserError("a stream's sound is left out: it can be read only once")
        try:
            return Sound(self.decoder.address, self.decoder.start, slow)
        except (av.FFmpegError, OSError, ValueError):
            raise UserError(f"the sound of {self.name} cannot be read: it is left out") from None

    def warning(self):
        """See `Source.warning`."""
        return self.decoder.warning()


class Animation(Source):
    """An animated WebP, which not every FFmpeg reads, by Pillow."""

    def __init__(self, path):
        self.name = path.name
        try:
            self._picture = Image.open(path, formats=("WEBP",))
            self.count = self._picture.n_frames
        except (OSError, SyntaxError, ValueError):
            raise UserError(f"{path} is damaged: copy it again") from None

    def timed(self):
        """See `Source.timed`."""
        start = 0.0
        for index in range(self.count):
            image = self.picture(index)
            length = self._picture.info.get("duration", 0) / 1000
            end = start + (length if length >= SHORTEST else BROWSERS)
            yield image, start, end
            start = end

    def picture(self, index):
        """One picture by its number: uint8 (H, W, 3), BGR."""
        try:
            self._picture.seek(index)
            image = np.asarray(self._picture.convert("RGB"))[:, :, ::-1]
        except (OSError, SyntaxError, ValueError, EOFError):
            raise UserError(f"picture {index} of {self.name} is damaged") from None
        return np.ascontiguousarray(image)

    def close(self):
        """Let go of the file."""
        self._picture.close()


class Camera(Source):
    """A camera, as OpenCV reads it: frames come when they come, so that time is the clock's."""

    def __init__(self, index):
        self.name = f"camera{index}"
        with silent():
            self._capture = cv2.VideoCapture(index)
            opened = self._capture.isOpened()
        if not opened or self._read() is None:
            self.close()
            raise UserError(f"no camera {index}: connect one, or name a video file")
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self.fps = fps if 1 <= fps <= 240 else DEFAULT_FPS

    def timed(self):
        """The clock starts with the first frame, not while the nets are compiled."""
        self._read()  # stale by now
        begun = None
        while True:
            frame, clock = self._read(), time.monotonic()
            if frame is None:
                return
            begun = clock if begun is None else begun
            yield frame, clock - begun, clock - begun + 1 / self.fps

    def close(self):
        """Let go of the camera."""
        self._capture.release()

    def _read(self):
        ok, frame = self._capture.read()
        if not ok:
            return None
        return cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR) if frame.ndim == 2 else frame


class Folder(Source):
    """A folder of pictures in the natural order of their names, at 25 frames a second."""

    def __init__(self, folder):
        self.name = Path(folder).resolve().name
        self._paths = folder_pictures(folder)
        self.count = len(self._paths)
        if not self._paths:
            raise UserError(f"{folder} holds no pictures: name a video, or a folder of frames")
        for path in self._paths:
            check_file(path)

    def timed(self):
        """The sizes of the frames may differ."""
        for index, path in enumerate(self._paths):
            yield read_image(path), index / self.fps, (index + 1) / self.fps


def open_source(name):
    """Open what the user named.

    Parameters
    ----------
    name : str
        A video file, a folder of pictures, a camera's number, or a stream's address.

    Returns
    -------
    Source

    Raises
    ------
    UserError
        If there is no such thing, or no frame can be read from it.
    """
    path = Path(name)
    if path.is_dir():
        return Folder(path)
    if name.isdecimal() and not path.exists():
        return Camera(int(name))
    if "://" in name and not path.exists():
        return Video(name, name)
    check_file(path)
    if is_picture(path):
        raise UserError(
            f"{name} is a picture, not a video: name its folder, "
            "or use pipeline/detect.py to find its faces"
        )
    if is_animated_webp(path):
        return Animation(path)
    if is_truncated(path):
        raise UserError(f"{name} is truncated, its end is missing: copy it again")
    return Video(path.name, f"file:{path}")
