"""Any frame of a video by its number, always the same picture."""

from bisect import bisect_left
from collections import OrderedDict
from pathlib import Path

import cv2
from tqdm import tqdm

from common.cli import UserError
from common.images import folder_pictures, read_image
from common.video import Camera, Video, open_source

CACHE = 300e6  # bytes of frames kept decoded
AHEAD = 100  # frames rather decoded in between than sought
EXACT = 1e-4  # seconds by which the time of one frame may differ


def open_frames(name):
    """Open a video file or a folder of pictures; returns `Frames`."""
    source = open_source(name)
    if isinstance(source, Camera) or "://" in name:
        raise UserError(f"{name} cannot be labelled: record it to a file first")
    if Path(name).is_dir():
        return PictureFrames(name)
    return VideoFrames(source.decoder) if isinstance(source, Video) else AnimationFrames(source)


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


class AnimationFrames(Frames):
    """Pictures of an animation that Pillow reads."""

    def __init__(self, animation):
        self._animation = animation
        times = [end for _, _, end in animation.timed()]
        self.fps = len(times) / times[-1]
        self.size = animation.picture(0).shape[1::-1]
        super().__init__()

    def __len__(self):
        return self._animation.count

    def _read(self, index):
        return self._animation.picture(index)


class VideoFrames(Frames):
    """Frames of a video file.

    All times are read once; after seeking, which misses by some frames in many files, a
    frame's time says which one it is.
    """

    def __init__(self, decoder):
        self.name, self._decoder = decoder.name, decoder
        self._times = []
        decoder.rewind()
        bar = tqdm(total=decoder.count, desc="reading", unit=" frames", leave=False, disable=None)
        with bar:
            for _, time in decoder.decoded():
                self._times.append(time)
                bar.update()
        length = self._times[-1] - self._times[0]
        self.fps = (len(self) - 1) / length if length > 0 else decoder.fps
        self._seekable = not decoder.restarted
        self._begin()
        self._next()
        self.size = self._image.shape[1::-1]
        super().__init__()

    def __len__(self):
        return len(self._times)

    def _begin(self):
        self._decoder.rewind()
        self._frames, self._at, self._image = self._decoder.timed(), -1, None

    def _next(self):
        found = next(self._frames, None)
        if found is None:
            raise UserError(f"frame {self._at + 1} of {self.name} cannot be read any more")
        self._at, self._image = self._at + 1, found[0]

    def _read(self, index):
        if not self._at <= index <= self._at + AHEAD or self._at < 0:
            self._seek(index)
        while self._at < index:
            self._next()
        return fitted(self._image, self.size)

    def _seek(self, index):
        """Come to a frame or to one before it."""
        if self._seekable and index > AHEAD:
            self._decoder.seek(self._times[index])
            self._frames = self._decoder.timed()
            found = next(self._frames, None)
            if found is not None:
                at = bisect_left(self._times, found[1] - EXACT)
                if at <= index and abs(self._times[at] - found[1]) <= EXACT:
                    self._at, self._image = at, found[0]
                    return
            self._seekable = False
        self._begin()


def fitted(frame, size):
    """A frame in the size of the first: where a video changes it, the window does not."""
    if frame.shape[1::-1] == size:
        return frame
    return cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
