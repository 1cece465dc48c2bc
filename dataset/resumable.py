"""A data set that is made in parts: a run that was stopped goes on where it was."""

import csv
import json
import shutil

from common.cli import UserError
from common.output import write_csv, write_file

PARTS = ".parts"  # in the set's folder: a table of rows for each finished part


def begin(out, settings, tables=("manifest.csv",), **added):
    """Make a set's folder, or go on in it.

    Parameters
    ----------
    out : pathlib.Path
    settings : dict
        JSON, all that the files depend on.
    tables : sequence of str
        What a complete set holds.
    **added
        Settings, with what they were in sets that are older than they.

    Returns
    -------
    bool
        Whether the set is complete.

    Raises
    ------
    UserError
        If the folder holds something else, or a set of other settings, or cannot be written.
    """
    note = out / "settings.json"
    try:
        if note.exists():
            if {**added, **json.loads(note.read_text())} != settings:
                raise UserError(f"{out} holds a data set of other options; choose another --out")
        elif out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise UserError(f"{out} is not empty and holds no data set; choose another --out")
        if note.exists() and all((out / name).exists() for name in tables):
            shutil.rmtree(out / PARTS, ignore_errors=True)
            return True
        (out / PARTS).mkdir(parents=True, exist_ok=True)
        write_file(note, json.dumps(settings, indent=1))
    except OSError as error:
        raise UserError(f"cannot write to {out}: {error.strerror}") from error
    return False


def is_made(out, part):
    """Whether the rows of a part are there, by the name of their file."""
    return (out / PARTS / part).exists()


def join(out, parts, table, columns):
    """Write the rows of finished parts as one table, if there are any; returns them."""
    rows = []
    for part in parts:
        with open(out / PARTS / part, newline="", encoding="utf-8") as file:
            rows += list(csv.reader(file))[1:]
    if rows:
        write_csv(out / table, columns, rows)
    return rows
