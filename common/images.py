"""Pictures from files: read as 8-bit BGR, with errors a person can read."""

import contextlib
import io
import os
import re
import shlex
import sys
import threading
import warnings
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from common.cli import UserError

EXTENSIONS = (
    ".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".gif", ".heic",
    ".heif", ".avif",
)  # fmt: skip
# What Pillow is asked to know; of these it reads the second line, since OpenCV does not, or
# without the rotation that the camera noted.
FORMATS = ("JPEG", "PNG", "BMP", "TIFF", "PPM")
BY_PILLOW = ("WEBP", "GIF", "HEIF", "AVIF")
HEAD = 4096  # bytes of a file that tell what it is
MOST = 64  # chunks of a PNG's head looked at


class _Stderr:
    """File descriptor 2, which several threads may want silent at once."""

    def __init__(self):
        self._lock, self._silent = threading.Lock(), 0

    def hush(self):
        """Send to nowhere what is written, until as many calls of `restore` have come."""
        with self._lock:
            self._silent += 1
            if self._silent > 1:
                return
            with contextlib.suppress(AttributeError, ValueError):  # without one, or closed
                sys.stderr.flush()
            self._saved, self._level = os.dup(2), cv2.getLogLevel()
            cv2.setLogLevel(0)
            with open(os.devnull, "w") as null:
                os.dup2(null.fileno(), 2)

    def restore(self):
        """Undo one call of `hush`."""
        with self._lock:
            self._silent -= 1
            if self._silent:
                return
            os.dup2(self._saved, 2)
            os.close(self._saved)
            cv2.setLogLevel(self._level)


_stderr = _Stderr()


@contextlib.contextmanager
def silent():
    """Keep out of stderr what C libraries print there about a broken file.

    libpng and FFmpeg write to the file descriptor itself; the caller says it better. The
    descriptor is the whole process's: it is silent while any thread wants it so.
    """
    _stderr.hush()
    try:
        yield
    finally:
        _stderr.restore()


def check_file(path):
    """Raise a `UserError` unless ``path`` is a file that can be read and is not empty."""
    path = Path(path)
    try:
        if path.is_dir():
            files = f"{shlex.quote(str(path))}/*.jpg"
            raise UserError(f"{path} is a folder: name the files in it, for example {files}")
        with open(path, "rb") as file:
            if not file.read(1):
                raise UserError(f"{path} is empty: copy it again")
    except FileNotFoundError:
        raise UserError(f"no file {path}: check its name") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"cannot read {path}: {reason}") from None


def head(path):
    """The first `HEAD` bytes of a file."""
    with open(path, "rb") as file:
        return file.read(HEAD)


def is_animated_webp(path):
    """Whether a file is a WebP of several pictures."""
    data = head(path)
    return data[:4] == b"RIFF" and data[8:16] == b"WEBPVP8X" and bool(data[20] & 2)


def is_animated_png(data):
    """Whether a file that begins so is a PNG of several pictures: it says so before the first."""
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        return False
    start = 8
    for _ in range(MOST):
        kind = data[start + 4 : start + 8]
        if kind in (b"acTL", b"IDAT", b""):
            return kind == b"acTL"
        start += 12 + int.from_bytes(data[start : start + 4], "big")
    return False


def is_picture(path):
    """Whether a file holds one picture that can be read, whatever its name says; no animation."""
    data = head(path)
    animated = data[:4] == b"GIF8" or is_animated_png(data) or is_animated_webp(path)
    return not animated and is_readable(path)


def is_readable(path):
    """Whether a file's head is that of a picture, or of an animation whose first can be read."""
    try:
        with pillow(path):
            return True
    except Image.DecompressionBombError:  # a large one is one, too
        return True
    except (OSError, SyntaxError, ValueError):
        pass
    try:
        os.fspath(path).encode() if isinstance(path, str) else str(path).encode()
    except UnicodeEncodeError:  # OpenCV would crash on such a name
        return False
    with silent():
        return cv2.haveImageReader(str(path))


def pillow(source):
    """Open a picture by Pillow: a file's path, or its bytes in a buffer."""
    load_heif()
    known = (*FORMATS, *BY_PILLOW)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on damaged metadata, and on size
        return Image.open(source, formats=[name for name in known if name in registered()])


def load_heif():
    """Teach Pillow HEIC, if it does not know it yet."""
    if "HEIF" not in Image.OPEN:
        from pillow_heif import register_heif_opener

        register_heif_opener()


def registered():
    """Formats that this Pillow reads."""
    Image.init()
    return Image.OPEN


def read_image(path):
    """Read a picture.

    Parameters
    ----------
    path : path-like
        Grey, 16-bit and transparent pictures are converted, of an animation the first is
        taken; a rotation noted by the camera (EXIF) is applied.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
        In BGR order.

    Raises
    ------
    UserError
        If the file is missing, empty, truncated, or no picture.
    """
    check_file(path)
    # Decoding from memory, since OpenCV cannot open every name on every system.
    data = np.fromfile(path, np.uint8)
    image = decoded(data)
    if image is None:
        raise UserError(
            f"{path} is no picture that can be read, or it is truncated: copy or convert it again"
        )
    return image


def decoded(data):
    """The picture in a file's bytes, uint8 (N,), as from `read_image`; None if there is none."""
    try:
        with pillow(io.BytesIO(data)) as picture:
            if picture.format in BY_PILLOW:
                upright = ImageOps.exif_transpose(picture).convert("RGB")
                return np.ascontiguousarray(np.asarray(upright)[:, :, ::-1])
    except (UnidentifiedImageError, Image.DecompressionBombError):
        pass
    except (OSError, SyntaxError, ValueError, EOFError):  # known, but truncated
        return None
    try:
        with silent():
            return cv2.imdecode(data, cv2.IMREAD_COLOR)
    except cv2.error:  # more pixels than OpenCV accepts
        return None


def write_image(path, image):
    """Write a picture; False if that failed. OpenCV cannot open every name on every system."""
    done, data = cv2.imencode(Path(path).suffix, image)
    if not done:
        return False
    try:
        Path(path).write_bytes(data.tobytes())
    except OSError:
        return False
    return True


def natural_key(path):
    """Sort key by which frame 2 comes before frame 10."""
    parts = re.split(r"(\d+)", Path(path).name.lower())
    return [(int(part), "") if part.isdecimal() else (0, part) for part in parts]


def folder_pictures(folder):
    """Pictures of a folder, told by their names' endings, in natural order.

    Hidden files are none: a Mac writes its notes on ``1.jpg`` to ``._1.jpg``.
    """
    found = [
        path
        for path in Path(folder).iterdir()
        if path.suffix.lower() in EXTENSIONS and path.is_file() and not path.name.startswith(".")
    ]
    return sorted(found, key=natural_key)
