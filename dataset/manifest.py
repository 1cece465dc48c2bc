"""The description of a data set of smileys: ``manifest.csv``, one row a picture.

Columns: ``path`` (relative to the file), ``person``, ``smiley`` (a slug), ``clip``
(names the continuous shot a frame came from), ``frame`` (its number there), and
``x,y,w,h`` (the square of the face in pixels of that picture).

Sets made elsewhere are read as they are: ``label`` may stand for ``smiley`` and
``serial`` for ``frame``; without ``clip``, all pictures of one person and smiley
are one clip.
"""

import csv
from pathlib import Path

from cli import ROOT, UserError
from dataset.tables import BOX, complain, read_table, text

SMILEYS = ROOT / "dataset" / "smileys.csv"
ALIASES = {"smiley": "label", "frame": "serial"}


def manifest_path(data):
    """A data set is named by its folder or by the CSV file itself."""
    data = Path(data)
    return data / "manifest.csv" if data.is_dir() else data


def read_manifest(data):
    """Read and check a manifest.

    Parameters
    ----------
    data : path-like
        A folder with ``manifest.csv``, or a CSV file.

    Returns
    -------
    list of dict
        With the keys path, person, smiley, clip, frame (text), x, y, w, h (float)
        and line.

    Raises
    ------
    UserError
        Naming every bad row by its line.
    """
    path = manifest_path(data)
    names = {}
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            header = next(csv.reader(file), [])
    except (OSError, UnicodeDecodeError, csv.Error):
        header = []  # read_table says what is wrong
    for name, alias in ALIASES.items():
        names[name] = alias if name not in header and alias in header else name
    columns = {"path": text, "person": text, names["smiley"]: text, names["frame"]: text, **BOX}
    rows = read_table(path, columns, optional=["clip"])
    for row in rows:
        for name, found in names.items():
            row[name] = row.pop(found)
        row["clip"] = row.get("clip") or f"{row['person']}/{row['smiley']}"
    seen, problems = {}, []
    for row in rows:
        if row["w"] <= 0 or row["h"] <= 0:
            problems.append((row["line"], "the box has no size"))
        if not (path.parent / row["path"]).is_file():
            problems.append((row["line"], f"no picture {row['path']}"))
        if row["path"] in seen:
            problems.append((row["line"], f"{row['path']} is on line {seen[row['path']]} too"))
        seen.setdefault(row["path"], row["line"])
    complain(path, problems)
    return rows


def classes_of(rows):
    """Names of the classes in a manifest: in the order of ``smileys.csv``, then by name."""
    order = {slug: k for k, slug in enumerate(read_smileys())}
    return sorted({row["smiley"] for row in rows}, key=lambda name: (order.get(name, 999), name))


def read_smileys(path=SMILEYS):
    """The table of smileys: dict of slug to a dict with emoticon, emoji and how."""
    try:
        with open(path, newline="", encoding="utf-8") as file:
            return {row["slug"]: row for row in csv.DictReader(file)}
    except (OSError, KeyError) as error:
        raise UserError(f"cannot read the smileys' table {path}: {error}") from None
