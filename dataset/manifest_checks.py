"""What can be wrong with one row of a manifest."""

import difflib
import os
import re

from common.tables import BadValue, box_of, read_picture, text

ROUNDING = 1.0  # pixels by which a box may leave its picture


def frame_number(value):
    """Converter for a frame's number, which stays text."""
    if not re.fullmatch("[0-9]+", value.strip()):
        raise BadValue("not a number from 0 on")
    return value.strip()


def inner_path(value):
    """Converter for a path relative to the manifest that stays inside its folder."""
    value = text(value)
    if value.startswith(("/", "\\")) or re.match("[A-Za-z]:", value):
        raise BadValue("which is absolute: name it from the manifest's folder")
    if ".." in re.split(r"[/\\]", value):
        raise BadValue("which leaves the manifest's folder")
    return value


def row_problems(folder, row, smileys=None):
    """Yield what is wrong with a row, as far as can be told without decoding its picture."""
    if "path" in row:
        file = folder / row["path"]
        if os.path.isdir(file):  # unlike pathlib's, it takes a name too long for any file
            yield f"{row['path']} is a folder, not a picture"
        elif not os.path.isfile(file):
            yield f"no picture {row['path']}"
    if "smiley" in row and smileys is not None and row["smiley"] not in smileys:
        close = difflib.get_close_matches(row["smiley"], smileys, n=1)
        yield f"no smiley {row['smiley']!r}" + (f" (meant {close[0]}?)" if close else "")
    if row.get("w", 1) <= 0 or row.get("h", 1) <= 0:
        yield "the box has no size"


def picture_problem(folder, row):
    """What is wrong with a row's picture, or with its box there; None if nothing is."""
    if "path" not in row or not os.path.isfile(folder / row["path"]):
        return None  # said already
    picture = read_picture(folder / row["path"])
    if picture is None:
        return f"no readable picture {row['path']}"
    height, width = picture.shape[:2]
    if not {*"xywh"} <= {*row}:
        return None
    x, y, w, h = box_of(row)
    # A box without a size was named already, but it may lie outside, too.
    beyond = max(-x, -y, x + max(w, 0) - width, y + max(h, 0) - height)
    return f"box outside the picture, {width}x{height}" if beyond > ROUNDING else None
