"""Pictures from files: read as 8-bit BGR, with errors a person can read."""

import contextlib
import os
import re
import sys
from pathlib import Path

import cv2
import numpy as np

from common.cli import UserError

EXTENSIONS = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".gif")


@contextlib.contextmanager
def silent():
    """Keep out of stderr what C libraries print there about a broken file.

    libpng and FFmpeg write to the file descriptor itself; the caller says it better.
    """
    sys.stderr.flush()
    saved = os.dup(2)
    level = cv2.getLogLevel()
    try:
        cv2.setLogLevel(0)
        with open(os.devnull, "w") as null:
            os.dup2(null.fileno(), 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        cv2.setLogLevel(level)


def check_file(path):
    """Raise a `UserError` unless ``path`` is a file that can be read and is not empty."""
    path = Path(path)
    try:
        if path.is_dir():
            raise UserError(f"{path} is a folder: name the files in it, for example {path}/*.jpg")
        with open(path, "rb") as file:
            if not file.read(1):
                raise UserError(f"{path} is empty: copy it again")
    except FileNotFoundError:
        raise UserError(f"no file {path}: check its name") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"cannot read {path}: {reason}") from None


def is_picture(path):
    """Whether a file holds a picture OpenCV reads, whatever its name says; not an animation."""
    with open(path, "rb") as file:
        if file.read(4) == b"GIF8":
            return False
    with silent():
        return cv2.haveImageReader(str(path))


def read_image(path):
    """Read a picture.

    Parameters
    ----------
    path : path-like
        Grey, 16-bit and transparent pictures are converted; a rotation noted by the
        camera (EXIF) is applied.

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
    try:
        with silent():
            image = cv2.imdecode(data, cv2.IMREAD_COLOR)
    except cv2.error:  # more pixels than OpenCV accepts
        image = None
    if image is None:
        raise UserError(
            f"{path} is no picture that OpenCV reads, or it is truncated: copy or convert it again"
        )
    return image


def natural_key(path):
    """Sort key by which frame 2 comes before frame 10."""
    parts = re.split(r"(\d+)", Path(path).name.lower())
    return [(int(part), "") if part.isdigit() else (0, part) for part in parts]


def folder_pictures(folder):
    """Pictures of a folder, told by their names' endings, in natural order."""
    found = [p for p in Path(folder).iterdir() if p.suffix.lower() in EXTENSIONS and p.is_file()]
    return sorted(found, key=natural_key)
