"""Files that appear whole or not at all: written beside under another name, then renamed."""

import contextlib
import csv
import json
import os
from pathlib import Path

from common.cli import UserError


def beside(path):
    """Name to write to before the rename: ``a.mp4`` gives ``a.part.mp4``.

    The ending stays, since OpenCV tells the format by it.
    """
    path = Path(path)
    return path.with_name(f"{path.stem}.part{path.suffix}")


def finish(path, keep):
    """Give a file written beside its name, or remove it."""
    if keep:
        os.replace(beside(path), path)
    else:
        beside(path).unlink(missing_ok=True)


@contextlib.contextmanager
def written(path):
    """Give the name to write a file to; it takes its place at the end, or after an error none."""
    try:
        yield beside(path)
    except BaseException:
        finish(path, keep=False)
        raise
    finish(path, keep=True)


def write_file(path, data):
    """Write bytes beside the file, then put them in its place."""
    beside(path).write_bytes(data)
    finish(path, keep=True)


def write_csv(path, columns, rows):
    """Write rows (tuples) beside the file, then put them in its place."""
    with open(beside(path), "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
    finish(path, keep=True)


def check_output(path, *others):
    """Raise a `UserError` unless a file can be written at ``path``; called before any work.

    ``others`` are files that it must not replace, such as what is read.
    """
    path = Path(path)
    if path.resolve() in [Path(other).resolve() for other in others]:
        raise UserError(f"{path} is named twice: give what is written a name of its own")
    if path.is_dir():
        raise UserError(f"{path} is a folder: name a file to write")
    if not path.parent.exists():
        raise UserError(f"no folder {path.parent}: make it first, or write elsewhere")
    try:
        beside(path).open("wb").close()
        beside(path).unlink()
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}; write elsewhere") from None


def make_folder(path):
    """Make a folder if it is not there; raise a `UserError` unless files can be written to it."""
    try:
        Path(path).mkdir(exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot make the folder {path}: {error.strerror}") from None
    check_output(Path(path) / "probe")


class JsonLines:
    """A JSON-lines file, as a context manager.

    It is renamed to its name at the end, also after Ctrl-C: the lines so far are whole.
    After any other error it is removed.

    Parameters
    ----------
    path : path-like or None
        None swallows all lines.
    """

    def __init__(self, path):
        self.path = path and Path(path)

    def __enter__(self):
        if self.path:
            self.file = beside(self.path).open("w", encoding="utf-8")
        return self

    def write(self, value):
        """Add one line."""
        if not self.path:
            return
        try:
            self.file.write(line(value) + "\n")
            self.file.flush()
        except OSError as error:
            raise UserError(f"cannot write {self.path}: {error.strerror}") from None

    def __exit__(self, kind, error, trace):
        if not self.path:
            return
        with contextlib.suppress(OSError):  # said by `write` before
            self.file.close()
        finish(self.path, kind is None or issubclass(kind, KeyboardInterrupt))


def line(value):
    """Write a value as one line of JSON; names keep their letters."""
    return json.dumps(value, ensure_ascii=False)


def rounded_box(box):
    """Box as JSON holds it: [x, y, w, h], tenths of a pixel."""
    return [round(float(side), 1) for side in box]
