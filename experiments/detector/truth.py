"""Pictures of known truth for `eval_detector.py`, from CSV files of several forms."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from common.cli import UserError
from common.tables import (
    BOX,
    BadValue,
    complain,
    finite,
    meets,
    parse_table,
    read_header,
    read_lines,
    read_picture,
    text,
)
from experiments.detector.hard_faces import pose_of

CORNERS = dict.fromkeys(("x1", "y1", "x2", "y2"), finite)
ELLIPSE = dict.fromkeys(("major", "minor", "angle", "cx", "cy"), finite)
TOLD = ("kind", "pose", "split", "person", "scene")  # columns that a file may have
LANDMARKS = tuple(f"{part}_{axis}" for part in ("leye", "reye", "nose") for axis in "xy")


@dataclass
class Picture:
    """A picture and its true faces."""

    path: Path
    name: str  # of its set
    boxes: list = field(default_factory=list)  # (x, y, w, h) of the faces that count
    tags: list = field(default_factory=list)  # dicts of kind, pose and who, one a box
    scene: str = ""  # what is behind the faces, where the file names it
    ignored: list = field(default_factory=list)
    complete: bool = True  # False: more faces may be there, so nothing is a false positive

    @property
    def truth(self):
        """The boxes as an array (M, 4)."""
        return np.array(self.boxes, float).reshape(-1, 4)


def yes_or_no(value):
    """Converter for a column that marks a row, such as ``ignore``."""
    word = value.strip().lower()
    if word in ("", "0", "0.0", "no", "false"):
        return False
    if word in ("1", "1.0", "yes", "true", "ignore"):
        return True
    raise BadValue("neither 0 nor 1")


def set_name(path):
    """Name of a set in tables: the file's folder, and the file's name if it says more."""
    path = Path(path).resolve()
    return path.parent.name if path.stem in ("faces", "frames") else path.stem


def read_set(path, name, complete=True, split=None):
    """Read pictures of a CSV file: one row a face, in the order in which pictures first appear.

    Parameters
    ----------
    path : path-like
        With columns path and x,y,w,h or x1,y1,x2,y2 or, as FDDB has them, the ellipse's
        major,minor (radii), angle, cx, cy; perhaps ignore, kind, person, scene, pose or
        the landmarks that pose is told from.
    name : str
        Of the set.
    complete : bool
        As in `Picture`.
    split : str, optional
        Take only these rows, where the file has a column ``split``.

    Returns
    -------
    list of Picture

    Raises
    ------
    UserError
        Naming all bad rows by line.
    """
    lines = read_lines(path)
    header = read_header(lines, path)
    corners = "x1" in header and "w" not in header
    ellipses = "major" in header and "w" not in header
    columns = {"path": text, **(CORNERS if corners else ELLIPSE if ellipses else BOX)}
    if "ignore" in header:
        columns["ignore"] = yes_or_no
    if set(LANDMARKS) <= set(header):
        columns.update(dict.fromkeys(LANDMARKS, finite))
    rows, problems = parse_table(lines, path, columns, optional=TOLD)
    complain(path, problems)
    rows = of_split(path, rows, split)
    found, shapes = {}, {}
    for row in rows:
        if corners:
            x1, y1, x2, y2 = (row[key] for key in CORNERS)
            row.update(x=x1, y=y1, w=x2 - x1, h=y2 - y1)
        elif ellipses:
            row.update(zip("xywh", around(*(row[key] for key in ELLIPSE))))
        file = Path(path).parent / row["path"]
        if file not in found:
            found[file] = Picture(file, name, complete=complete, scene=row.get("scene", ""))
            shapes[file] = shape_of(file)
        if shapes[file] is None:
            problems.append((row["line"], f"no readable picture {row['path']}"))
        elif not meets(row, shapes[file]):
            problems.append((row["line"], f"box outside the picture {row['path']}"))
        box = tuple(row[key] for key in "xywh")
        if row.get("ignore"):
            found[file].ignored.append(box)
            continue
        pose = row.get("pose") or (pose_of(row)[0] if LANDMARKS[0] in row else "")
        found[file].boxes.append(box)
        who = row.get("person", "")
        found[file].tags.append({"kind": row.get("kind", ""), "pose": pose, "person": who})
    complain(path, problems)
    return list(found.values())


def around(major, minor, angle, cx, cy):
    """The upright rectangle (x, y, w, h) around an ellipse.

    Overlap (IoU) is always that of upright rectangles: a square and an ellipse as such could
    never agree.

    Parameters
    ----------
    major, minor : float
        Radii in pixels.
    angle : float
        Radians from the picture's horizontal to the major axis.
    cx, cy : float
        Centre.
    """
    wide = np.hypot(major * np.cos(angle), minor * np.sin(angle))
    high = np.hypot(major * np.sin(angle), minor * np.cos(angle))
    return cx - wide, cy - high, 2 * wide, 2 * high


def read_empty(path, name, split):
    """Pictures without faces, of a CSV file with a column path and perhaps split."""
    rows, problems = parse_table(read_lines(path), path, {"path": text}, optional=("split",))
    complain(path, problems)
    rows = of_split(path, rows, split)
    for row in rows:
        if shape_of(Path(path).parent / row["path"]) is None:
            problems.append((row["line"], f"no readable picture {row['path']}"))
    complain(path, problems)
    return [Picture(Path(path).parent / row["path"], name) for row in rows]


def of_split(path, rows, split):
    """Rows of one split; all where none is asked for, or the file tells none."""
    chosen = [row for row in rows if split is None or row.get("split", split) == split]
    if not chosen:
        raise UserError(f"{path} has no row of split {split!r}")
    return chosen


def shape_of(file):
    """Height, width and channels of a picture; None where it cannot be read."""
    picture = read_picture(file)
    return None if picture is None else picture.shape
