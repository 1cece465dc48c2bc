"""Any frame of a video by its number, always the same picture."""

from bisect import bisect_left
from collections import OrderedDict
from pathlib import Path

import cv2
from tqdm import tqdm

from common.cli import UserError
from common.images import folder_pictures, read_image, silent
from common.video import Camera, open_source

CACHE = 300e6  # bytes of frames kept decoded
AHEAD = 100  # frames rather decoded in between than sought


def open_frames(name):
    """Open a video file or a folder of pictures; returns `Frames`."""
    source = open_source(name)
    if isinstance(source, Camera) or "://" in name:
        raise UserError(f"{name} cannot be labelled: record it to a file first")
    return PictureFrames(name) if Path(name).is_dir() else VideoFrames(name, source)


class Frames:
    """Frames of a video, with the last ones kept in memory.

    Attributes
    ----------
    size : (width, height)
    fps : float
    """

    def __init__(self):
        self._cache = OrderedDict()
        self._keep = max(4, int(CACHE // (3 * self.size[0] * self.size[1])))

    def __getitem__(self, index):
        """Frame by its number: uint8 (H, W, 3), BGR."""
        if not 0 <= index < len(self):
            raise IndexError(index)
        if index not in self._cache:
            self._cache[index] = self._read(index)
            if len(self._cache) > self._keep:
                self._cache.popitem(last=False)
        self._cache.move_to_end(index)
        return self._cache[index]


class PictureFrames(Frames):
    """The pictures of a folder in the natural order of their names."""

    def __init__(self, folder):
        self._paths = folder_pictures(folder)
        shapes = {}
        for path in tqdm(self._paths, "reading", unit=" pictures", leave=False, disable=None):
            shapes.setdefault(read_image(path).shape, path)
        if len(shapes) > 1:
            one, other = list(shapes.values())[:2]
            raise UserError(f"{one} and {other} are not of one size: they are no video's frames")
        height, width, _ = next(iter(shapes))
        self.size, self.fps = (width, height), 25.0
        super().__init__()

    def __len__(self):
        return len(self._paths)

    def _read(self, index):
        return read_image(self._paths[index])


class VideoFrames(Frames):
    """Frames of a video file.

    OpenCV's seeking misses by some frames in many files. All times are therefore read
    once; after seeking, a frame's time says which one it is.
    """

    def __init__(self, name, source):
        self.name, self.fps = name, source.fps
        first = next(iter(source))
        self.size = (first.shape[1], first.shape[0])
        self._times = []
        self._open()
        bar = tqdm(total=source.count, desc="reading", unit=" frames", leave=False, disable=None)
        with bar:
            while self._capture.grab():
                self._times.append(self._capture.get(cv2.CAP_PROP_POS_MSEC))
                bar.update()
        self._seekable = all(a < b for a, b in zip(self._times, self._times[1:]))
        self._open()
        super().__init__()

    def __len__(self):
        return len(self._times)

    def _open(self):
        with silent():
            self._capture = cv2.VideoCapture(self.name)
        self._at = -1  # number of the frame grabbed last

    def _grab(self):
        if not self._capture.grab():
            raise UserError(f"frame {self._at + 1} of {self.name} cannot be read any more")
        self._at += 1

    def _read(self, index):
        if not self._at <= index <= self._at + AHEAD or self._at < 0:
            self._seek(index)
        while self._at < index:
            self._grab()
        ok, frame = self._capture.retrieve()
        if not ok:
            raise UserError(f"frame {index} of {self.name} cannot be read any more")
        return cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR) if frame.ndim == 2 else frame

    def _seek(self, index):
        """Come to a frame or to one before it."""
        if self._seekable and index > AHEAD:
            self._capture.set(cv2.CAP_PROP_POS_FRAMES, index)
            if self._capture.grab():
                time = self._capture.get(cv2.CAP_PROP_POS_MSEC)
                at = bisect_left(self._times, time - 1e-3)
                if at <= index and abs(self._times[at] - time) <= 1e-3:
                    self._at = at
                    return
            self._seekable = False
        self._open()
