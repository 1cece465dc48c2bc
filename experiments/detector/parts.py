"""The detector's training, development and test sets: people whole, scenes in runs."""

import csv
import hashlib
import re
from pathlib import Path

import numpy as np

from common.cli import UserError
from common.output import make_folder, write_file

TRAIN, DEVELOPMENT, SEALED = "train", "val", "sealed"
PEOPLE_KEPT, SCENES_KEPT = 20, 10  # one in so many people, runs of scenes, develops
RUN = 8  # neighbours by number may be rooms of one house, or hands of one person


def kept(name, one_in):
    """Whether a name is among one in so many, for ever: told by its hash, not by its place."""
    digest = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:8], "big") % one_in == 0


def part_of_person(person, split):
    """`TRAIN`, `DEVELOPMENT` or `SEALED`; people published as val are sealed."""
    if split == "val":
        return SEALED
    return DEVELOPMENT if kept(person, PEOPLE_KEPT) else TRAIN


def part_of_scene(path, split):
    """The same of a scene, by its run of `RUN` neighbours."""
    if split == "val":
        return SEALED
    return DEVELOPMENT if kept(run_of(path), SCENES_KEPT) else TRAIN


def run_of(path):
    """Name of a picture's run: pictures numbered next to each other go to one side together.

    A file without a number is a run of its own.
    """
    found = re.search(r"^(.*?)(\d+)([^\d/]*)$", str(path))
    return f"{found[1]}{int(found[2]) // RUN}" if found else str(path)


def dealt(names, count):
    """Deal names to so many groups, as evenly as can be: dict of name to 0 … count - 1.

    In their order, so that runs of each kind of scene (``house``, ``nature``, ``hand``) go to all
    groups.
    """
    return {name: place % count for place, name in enumerate(sorted(set(names)))}


def read(path):
    """Rows of a table as text: (columns, list of dict)."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            return reader.fieldnames, list(reader)
    except FileNotFoundError:
        raise UserError(f"no file {path}: name its folder by --shared") from None


def packed_pictures(folder, wanted):
    """Yield (path, bytes of its JPEG file) of the strangers whose path is wanted."""
    with np.load(folder / "strangers" / "pictures.npz") as packed:
        data, offsets, paths = packed["jpeg"], packed["offsets"], packed["path"]
    for path, start, end in zip(paths, offsets, offsets[1:]):
        if str(path) in wanted:
            yield str(path), data[start:end].tobytes()


def unpack(folder, rows, out):
    """Write the rows' pictures where they are packed, and let the rows name them."""
    make_folder(out / "strangers")
    for path, jpeg in packed_pictures(folder, {row["path"] for row in rows}):
        write_file(out / "strangers" / Path(path).name, jpeg)
    for row in rows:
        row["path"] = f"strangers/{Path(row['path']).name}"
