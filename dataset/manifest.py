"""The description of a data set of smileys: ``manifest.csv``, one row a picture.

Columns: ``path`` (relative to the file), ``person``, ``smiley`` (a slug), ``clip``
(names the continuous shot a frame came from), ``frame`` (its number there), and
``x,y,w,h`` (the square of the face in pixels of that picture).

Sets made elsewhere are read as they are: ``label`` may stand for ``smiley`` and
``serial`` for ``frame``; without ``clip``, all pictures of one person and smiley
are one clip, and without ``frame`` their order is the rows'; without ``x,y,w,h``
the face fills each picture.

As a program, it checks a data set and prints what is in it::

    python dataset/manifest.py FOLDER
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

import contextlib
import csv
import fcntl
import io
import os
import posixpath

from common.cli import UserError
from common.output import atomic_write
from common.smileys import read_smileys
from common.tables import (
    BOX,
    complain,
    manifest_path,
    parse_table,
    read_header,
    read_lines,
    read_picture,
    text,
)
from dataset.manifest_checks import frame_number, inner_path, picture_problem, row_problems

COLUMNS = ("path", "person", "smiley", "clip", "frame", "x", "y", "w", "h")
ALIASES = {"smiley": "label", "frame": "serial"}
SHOWN = 60  # bad rows described in one message


def read_manifest(data, smileys=None, pictures=False):
    """Read and check a manifest.

    Parameters
    ----------
    data : path-like
        A folder with ``manifest.csv``, or a CSV file.
    smileys : collection of str, optional
        The allowed names; by default any.
    pictures : bool
        Whether to decode every picture. If anything else is wrong they are decoded
        anyway, so that one message names all that has to be mended.

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
    rows, problems = parse_manifest(read_lines(path), path, whole=False)
    for row in rows:
        if not {*BOX} & {*row}:
            row.update(zip(BOX, whole_picture(path.parent, row)))
        problems += [(row["line"], problem) for problem in row_problems(path.parent, row, smileys)]
    if problems or pictures:
        for row in rows:
            problem = picture_problem(path.parent, row)
            problems += [(row["line"], problem)] if problem else []
    complain(path, problems, SHOWN)
    return rows


def whole_picture(folder, row):
    """The box of a row's whole picture, which has no size where it cannot be read: 4 floats."""
    picture = read_picture(folder / row["path"]) if "path" in row else None
    height, width = (0, 0) if picture is None else picture.shape[:2]
    return 0.0, 0.0, float(width), float(height)


def parse_manifest(lines, path, whole=True):
    """Rows of a manifest given by its lines, and what is wrong with it apart from the pictures.

    Not ``whole``, it may lack the frames, which are the lines' numbers then, or the boxes.

    Returns
    -------
    (list of dict, list of (line, text))
        As from `common.tables.parse_table`.
    """
    header = read_header(lines, path)
    names = {
        name: alias if name not in header and alias in header else name
        for name, alias in ALIASES.items()
    }
    frame = frame_number if names["frame"] == "frame" else text
    columns = {
        "path": inner_path, "person": text, names["smiley"]: text, names["frame"]: frame, **BOX,
    }  # fmt: skip
    if "clip" in header:
        columns["clip"] = text
    if not whole:
        for group in ({names["frame"]}, {*BOX}):
            if not group & {*header}:
                columns = {name: columns[name] for name in columns if name not in group}
    rows, problems = parse_table(lines, path, columns)
    seen = {}
    for row in rows:
        for name, found in names.items():
            if found in row:
                row[name] = row.pop(found)
        # Elsewhere a serial need not be unique.
        if names["frame"] == "frame" and "clip" in header and {"person", "clip", "frame"} <= {*row}:
            key = (row["person"], row["clip"], int(row["frame"]))
            what = f"frame {row['frame']} of clip {row['clip']}"
            problems += repeated(seen, key, row["line"], what)
        if "path" in row:
            key = posixpath.normpath(row["path"])
            problems += repeated(seen, key, row["line"], row["path"])
        if names["frame"] not in columns:
            row["frame"] = str(row["line"])
        row.setdefault("clip", f"{row.get('person')}/{row.get('smiley')}")
    return rows, problems


def repeated(seen, key, line, what):
    """The problem, in a list, of a row whose key is on another line too."""
    first = seen.setdefault(key, line)
    return [] if first == line else [(line, f"{what} is on line {first} too")]


def write_manifest(data, rows):
    """Write a manifest, whole or not at all.

    Parameters
    ----------
    data : path-like
        A folder, or the CSV file.
    rows : iterable of dict
        With the keys of `COLUMNS`; others are left out.
    """
    path = manifest_path(data)
    with locked(path):
        replace(path, rows)


def append(data, rows):
    """Add rows to a manifest; many processes may do so at once.

    The pictures must be there already. The manifest is made if there is none, and is
    replaced whole: whoever reads, and whatever kills the writer, sees no half row.

    Raises
    ------
    UserError
        If the rows repeat a path or a frame, naming the line each would get; nothing
        is added then.
    """
    update(data, lambda old: [*old, *rows])


def extend(data, rows):
    """Add rows that the caller knows to be new, at a cost that does not grow with the manifest.

    A last line that a kill or a full disk left half is cut off. Where the manifest is not there
    yet, or has other columns, this is `append`.

    Raises
    ------
    UserError
        If it cannot be written; it is as before then.
    """
    path = manifest_path(data)
    header = (",".join(COLUMNS) + "\n").encode()
    with locked(path):
        known = path.exists()
        if known:
            with open(path, "r+b") as file:
                known = file.read(len(header)) == header
                if known:
                    end = cut_half_line(file)
                    try:
                        file.write(csv_lines(rows).encode())
                        file.flush()
                        os.fsync(file.fileno())
                    except OSError:
                        with contextlib.suppress(OSError):
                            os.ftruncate(file.fileno(), end)
                        raise
    if not known and rows:
        append(data, rows)


def cut_half_line(file):
    """Cut off what follows a file's last end of line, go there, and return the place."""
    size = file.seek(0, os.SEEK_END)
    end = size
    while end:
        first = max(0, end - 4096)
        file.seek(first)
        found = file.read(end - first).rfind(b"\n")
        if found >= 0:
            end = first + found + 1
            break
        end = first
    if end < size:
        file.truncate(end)
    file.seek(end)
    return end


def rows_text(rows):
    """A whole manifest as text."""
    return ",".join(COLUMNS) + "\n" + csv_lines(rows)


def csv_lines(rows):
    """Rows as lines of a manifest, without its header."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerows([format_value(row[name]) for name in COLUMNS] for row in rows)
    return file.getvalue()


def update(data, change):
    """Replace the rows of a manifest, which may not be there yet, by ``change(rows)``."""
    path = manifest_path(data)
    with locked(path):
        rows = []
        if path.exists():
            lines = read_lines(path)
            if any(lines[1:]):
                rows, problems = parse_manifest(lines, path)
                complain(path, problems, SHOWN)
        replace(path, change(rows))


def replace(path, rows):
    """Write a manifest whole or not at all; the caller holds the lock."""
    content = rows_text(rows)
    lines = content.split("\n")
    if any(lines[1:]):  # nothing is written that could not be read
        complain(path, parse_manifest(lines, path)[1], SHOWN)
    with (
        atomic_write(path) as temporary,
        open(temporary, "w", encoding="utf-8", newline="") as file,
    ):
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def format_value(value):
    """A value as the file holds it: numbers to a thousandth of a pixel."""
    if isinstance(value, str):
        return value
    return f"{float(value):.3f}".rstrip("0").rstrip(".")


@contextlib.contextmanager
def locked(path):
    """Keep other writers of a manifest waiting. The file beside it stays; it is empty."""
    try:
        with open(path.with_name(f".{path.name}.lock"), "a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror or error}") from None


def classes_of(rows):
    """Names of the classes in a manifest: in the order of ``smileys.csv``, then by name."""
    order = {slug: k for k, slug in enumerate(read_smileys())}
    return sorted({row["smiley"] for row in rows}, key=lambda name: (order.get(name, 999), name))


def parse_args(argv):
    """Read the command line."""
    parser = cli.parser("Checks data sets and prints what is in them.")
    parser.add_argument(
        "data", nargs="+", type=Path, help="folders with manifest.csv, or CSV files"
    )
    add_names_option(parser)
    return parser.parse_args(argv)


def add_names_option(parser):
    """Add ``--any-smiley`` to a parser."""
    parser.add_argument(
        "--any-smiley",
        action="store_true",
        help="allow names that are not in common/smileys.csv, as in sets made elsewhere",
    )


def main(argv=None):
    """Run the script; ``argv`` as for argparse."""
    from dataset.manifest_summary import summary

    arguments = parse_args(argv)
    smileys = None if arguments.any_smiley else read_smileys()
    for data in arguments.data:
        rows = read_manifest(data, smileys, pictures=True)
        print(
            summary(manifest_path(data), rows, classes_of(rows) if smileys is None else [*smileys])
        )


if __name__ == "__main__":
    cli.run(main)
