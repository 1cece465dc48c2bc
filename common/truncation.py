"""Tells from a video file's own headers whether its end is missing.

OpenCV plays a truncated AVI or WebM up to the break and reports no error, and of a
truncated MP4 it says only that it cannot be opened.
"""

import os


def is_truncated(path):
    """Whether a file promises more bytes than it has; False for formats not known here.

    Known are MP4 and MOV (every box states its size), AVI (RIFF), and Matroska and WebM
    (EBML). A size of zero, or Matroska's "unknown", means "to the end of the file".
    """
    length = os.path.getsize(path)
    with open(path, "rb") as file:
        head = file.read(64)
        if head[4:8] == b"ftyp":
            return _boxes_end(file) > length
        if head[:4] == b"RIFF":
            return 8 + int.from_bytes(head[4:8], "little") > length
        if head[:4] == b"\x1a\x45\xdf\xa3":
            return _segment_end(head) > length
    return False


def _boxes_end(file):
    """Where the last top-level box of an MP4 file ends."""
    start = 0
    while True:
        file.seek(start)
        head = file.read(16)
        if len(head) < 8:
            return start + len(head)
        size = int.from_bytes(head[:4], "big")
        if size == 1:
            size = int.from_bytes(head[8:16], "big")
        if size < 8:  # zero: to the end of the file
            return 0
        start += size


def _segment_end(head):
    """Where the segment of a Matroska file ends, or 0 if its head does not say."""
    size, start = _ebml_size(head, 4)
    start += size
    if head[start : start + 4] != b"\x18\x53\x80\x67":
        return 0
    size, start = _ebml_size(head, start + 4)
    return start + size


def _ebml_size(data, start):
    """Size written at ``start`` in EBML's variable length, and where it ends; 0 if unknown."""
    first = data[start] if start < len(data) else 0
    width = 9 - first.bit_length()
    value = int.from_bytes(data[start : start + width], "big") & ((1 << 7 * width) - 1)
    unknown = value == (1 << 7 * width) - 1
    return (0 if unknown else value), start + width
