"""Any labelled set of faces, for measuring: pictures, boxes, people, and what each label means."""

import csv
from dataclasses import dataclass

import numpy as np

from common.cli import UserError
from common.tables import finite, manifest_path, read_picture, read_table, text
from experiments.real.vocabulary import meaning

HALVES = ("all", "first", "second")
# A Haar cascade cuts faces closer than we do: what to add to its left and top, and our side, as
# shares of its side. Measured on the eyes (`experiments/eval_realism.py`).
HAAR = (-0.13, -0.02, 1.265)


@dataclass
class LabelledSet:
    """A labelled set without the pictures whose label is no smiley.

    Parameters
    ----------
    paths : list of pathlib.Path
    boxes : ndarray (N, 4)
        The faces' squares as our detector draws them; NaN where the set has none.
    labels, people : ndarray of str (N,)
    ways : ndarray of str (N,)
        How each was acted, the column ``performance``; empty where there is none.
    groups : dict of str to tuple of str
        Each label's smileys, in the order of their first picture.
    left_out : int
        Pictures whose label is no smiley.
    """

    paths: list
    boxes: np.ndarray
    labels: np.ndarray
    people: np.ndarray
    ways: np.ndarray
    groups: dict
    left_out: int

    @property
    def chance(self):
        """Mean over the labels of what guessing among the set's own gets right."""
        return 1 / len(self.groups)

    def truth(self):
        """Index of each picture's label in ``groups``: (N,)."""
        number = {label: k for k, label in enumerate(self.groups)}
        return np.array([number[label] for label in self.labels])

    def picture(self, index):
        """One picture, BGR uint8; raises a `UserError` where it cannot be read."""
        image = read_picture(self.paths[index])
        if image is None:
            raise UserError(f"no readable picture {self.paths[index]}")
        return image


def read_labelled(data, half="all", boxes="ours"):
    """Read a labelled set.

    Parameters
    ----------
    data : path-like
        A folder with ``manifest.csv``, or a CSV file: ``path``, ``smiley`` or ``label``, and
        where there are any ``person`` (without, each picture shows another one) and
        ``x, y, w, h``, empty where a picture has no person or no square of its own. Rows whose
        label is empty are left out.
    half : {'all', 'first', 'second'}
        Of the people, in the order of their names.
    boxes : {'ours', 'haar'}
        Who drew the squares.

    Returns
    -------
    LabelledSet

    Raises
    ------
    UserError
    """
    path = manifest_path(data)
    rows = read_rows(path)
    people = sorted({row["person"] for row in rows})
    middle = (len(people) + 1) // 2
    kept = {"all": people, "first": people[:middle], "second": people[middle:]}[half]
    rows = [row for row in rows if row["person"] in set(kept)]
    labels = list(dict.fromkeys(row["label"] for row in rows))
    groups = {label: meaning(label) for label in labels if meaning(label)}
    labelled = [row for row in rows if row["label"] in groups]
    if len(groups) < 2:
        raise UserError(f"{data} has fewer than two smileys: there is nothing to tell apart")
    squares = np.array([[row.get(side, np.nan) for side in "xywh"] for row in labelled], float)
    if boxes == "haar":
        squares = from_haar(squares)
    return LabelledSet(
        [path.parent / row["path"] for row in labelled],
        squares,
        np.array([row["label"] for row in labelled]),
        np.array([row["person"] for row in labelled]),
        np.array([row.get("performance", "") for row in labelled]),
        groups,
        len(rows) - len(labelled),
    )


def read_rows(path):
    """Rows with a label, as `read_labelled` describes them."""
    header = read_header(path)
    name = "smiley" if "smiley" in header else "label"
    columns = {"path": text, name: str}
    columns |= {name: str.strip for name in ("person", "performance") if name in header}
    if {*"xywh"} <= {*header}:
        columns |= dict.fromkeys("xywh", finite_or_none)
    rows = read_table(path, columns)
    for row in rows:
        row["label"] = row[name].strip()
        row["person"] = row.get("person") or row["path"]
    return [row for row in rows if row["label"]]


def finite_or_none(value):
    """Converter for a number, NaN for an empty cell."""
    return finite(value) if value.strip() else float("nan")


def read_header(path):
    """Names of a CSV file's columns; what is wrong with it, `read_table` says."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            return [name.strip() for name in next(csv.reader(file), [])]
    except (OSError, ValueError, csv.Error):
        return []


def from_haar(boxes):
    """A Haar cascade's squares (N, 4) as our detector draws them."""
    x, y, w, _ = np.asarray(boxes, float).T
    return np.stack([x + HAAR[0] * w, y + HAAR[1] * w, HAAR[2] * w, HAAR[2] * w], axis=1)


def to_haar(boxes):
    """Our squares (N, 4) as a Haar cascade draws them."""
    x, y, w, _ = np.asarray(boxes, float).T
    side = w / HAAR[2]
    return np.stack([x - HAAR[0] * side, y - HAAR[1] * side, side, side], axis=1)
