"""Moving pictures in (`open_source`) and out (`VideoWriter`)."""

import itertools
import os
import time
from pathlib import Path

import cv2

from common.cli import UserError
from common.containers import is_truncated
from common.images import check_file, folder_pictures, is_picture, read_image, silent
from common.output import beside, check_output, finish

# FFmpeg's remarks on broken packets would tear the progress bar.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

DEFAULT_FPS = 25.0  # for folders, and where a file names no possible rate
POSSIBLE_FPS = (1.0, 240.0)  # browsers' WebM says 1000, which is its clock, not its rate
SLOWEST_FPS = 5.0  # some players stumble over videos of fewer frames a second
CODECS = {".mp4": "mp4v", ".mov": "mp4v", ".mkv": "mp4v", ".avi": "XVID", ".webm": "VP80"}


class Source:
    """Frames of a video file or stream, each at its time.

    Attributes
    ----------
    name : str
    fps : float
    count : int or None
        Number of frames, if it is known beforehand; some files are wrong about it.
    """

    def __init__(self, name, capture):
        self.name = name
        self._capture = capture
        fps = capture.get(cv2.CAP_PROP_FPS)
        self.fps = fps if POSSIBLE_FPS[0] <= fps <= POSSIBLE_FPS[1] else DEFAULT_FPS
        count = capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.count = int(count) if count > 0 else None
        self._first = self._read()
        if self._first is None:
            raise UserError(f"{name} holds no frame that can be read: try another file")

    def __iter__(self):
        """Yield uint8 (H, W, 3) BGR frames, as large as each is delivered."""
        frame = self._first
        while frame is not None:
            yield frame
            frame = self._read()
        self._capture.release()

    def time(self, frames):
        """Seconds from the start to the end of the first ``frames`` frames."""
        return frames / self.fps

    def _read(self):
        ok, frame = self._capture.read()
        if not ok:
            return None
        return cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR) if frame.ndim == 2 else frame


class Camera(Source):
    """A camera: frames come when they come, so that time is the clock's."""

    def __init__(self, index):
        with silent():
            capture = cv2.VideoCapture(index)
            if not capture.isOpened():
                raise UserError(f"no camera {index}: connect one, or name a video file")
            super().__init__(f"camera{index}", capture)
        self.count = None

    def __iter__(self):
        """Yield frames; the clock starts with the first, not while the nets are compiled."""
        self._start = time.monotonic()
        self._first = self._read()
        return super().__iter__()

    def time(self, frames):
        """Seconds since the camera started."""
        return time.monotonic() - self._start


class Folder(Source):
    """A folder of pictures in the natural order of their names, at 25 frames a second."""

    def __init__(self, folder):
        self.name = Path(folder).resolve().name
        self.fps = DEFAULT_FPS
        self._paths = folder_pictures(folder)
        self.count = len(self._paths)
        if not self._paths:
            raise UserError(f"{folder} holds no pictures: name a video, or a folder of frames")
        for path in self._paths:
            check_file(path)

    def __iter__(self):
        """Yield uint8 (H, W, 3) BGR frames; their sizes may differ."""
        return map(read_image, self._paths)


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
    is_stream = "://" in name
    if not is_stream:
        check_file(path)
        if is_picture(path):
            raise UserError(f"{name} is a picture, not a video: use pipeline/detect.py for it")
        if is_truncated(path):
            raise UserError(f"{name} is truncated, its end is missing: copy it again")
    with silent():
        capture = cv2.VideoCapture(name)
        if not capture.isOpened():
            raise UserError(f"{name} is no video that OpenCV opens: convert it to MP4, or mend it")
        return Source(name if is_stream else path.name, capture)


def slowed_fps(fps, slow):
    """Rate of a video ``slow`` times as long.

    Each frame is shown longer by a lower rate, down to `SLOWEST_FPS`; beyond, the rate
    stays and frames are repeated.
    """
    return fps / slow if fps / slow >= min(fps, SLOWEST_FPS) else fps


class VideoWriter:
    """Writes a video beside its name and renames it at the end; a context manager.

    After Ctrl-C the frames so far become the file, after any other error, or without
    a frame, nothing is left.

    Parameters
    ----------
    path : path-like
        The ending chooses the codec, see `CODECS`.
    fps : float
    """

    def __init__(self, path, fps):
        self.path = Path(path)
        self.fps = fps
        self.frames = 0
        self._writer = None
        check_video_output(path)

    def __enter__(self):
        return self

    def write(self, frame, end):
        """Show a frame until ``end`` seconds from the start of the video.

        Parameters
        ----------
        frame : ndarray of uint8 (H, W, 3)
            Height and width are even and the same for all frames.
        end : float
            As many copies are written as bring the video to that length.
        """
        if self._writer is None:
            height, width = frame.shape[:2]
            fourcc = cv2.VideoWriter_fourcc(*CODECS[self.path.suffix.lower()])
            with silent():
                self._writer = cv2.VideoWriter(
                    str(beside(self.path)), fourcc, self.fps, (width, height)
                )
            if not self._writer.isOpened():
                raise UserError(f"OpenCV cannot write {self.path}: try a name ending in .avi")
        for _ in itertools.repeat(None, round(end * self.fps) - self.frames):
            self._writer.write(frame)
            self.frames += 1

    def __exit__(self, kind, error, trace):
        if self._writer is not None:
            self._writer.release()
        keep = self.frames and (kind is None or issubclass(kind, KeyboardInterrupt))
        # OpenCV does not say when the disk is full.
        lost = keep and count_frames(beside(self.path)) < self.frames - 1
        finish(self.path, keep and not lost)
        if lost:
            raise UserError(f"{self.path} could not be written: is the disk full?")


def count_frames(path):
    """Number of frames a video file says it has, -1 if it cannot be opened."""
    with silent():
        capture = cv2.VideoCapture(str(path))
        return capture.get(cv2.CAP_PROP_FRAME_COUNT) if capture.isOpened() else -1


def check_video_output(path):
    """Raise a `UserError` unless a video can be written at ``path``."""
    if Path(path).suffix.lower() not in CODECS:
        raise UserError(f"cannot write {path}: name a file ending in {', '.join(CODECS)}")
    check_output(path)
