"""Files that appear whole or not at all: written under a temporary name, then renamed."""

import contextlib
import csv
import hashlib
import json
import os
import re
import tempfile
from pathlib import Path

from common.cli import UserError

LONGEST_NAME = 255  # bytes of a file's name, on most disks
_claims = {}  # open lock files of this process's outputs


def fitting(stem, ending):
    """A file's name, whose stem is cut where it would be longer than a name may be."""
    whole = os.fsencode(stem + ending)
    if len(whole) <= LONGEST_NAME:
        return stem + ending
    mark = f"-{hashlib.sha1(whole).hexdigest()[:8]}"  # names cut alike stay different
    room = LONGEST_NAME - len(os.fsencode(mark + ending))
    return os.fsencode(stem)[:room].decode("utf-8", "ignore") + mark + ending


def temporary_path(path):
    """Name to write to before the rename: ``a.mp4`` gives ``a.part.mp4``.

    The ending stays, since OpenCV tells the format by it.
    """
    path = Path(path)
    return path.with_name(fitting(path.stem, f".part{path.suffix}"))


def finish(path, keep):
    """Give a file written beside its name, or remove it."""
    if keep:
        os.replace(temporary_path(path), path)
    else:
        temporary_path(path).unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_write(path):
    """Give the name to write a file to; it takes its place at the end, or after an error none."""
    try:
        yield temporary_path(path)
    except BaseException:
        finish(path, keep=False)
        raise
    finish(path, keep=True)


def write_file(path, data):
    """Write bytes, or text as UTF-8, to a temporary file and put it in the file's place."""
    with atomic_write(path) as temporary:
        temporary.write_bytes(data.encode() if isinstance(data, str) else data)


def write_csv(path, columns, rows, digits=None):
    """Write a table, whole or not at all.

    Parameters
    ----------
    path : path-like
    columns : sequence of str
        The header.
    rows : iterable of dict with these keys, or of sequences in their order
    digits : int, optional
        Floats are rounded to so many significant ones.
    """
    with (
        atomic_write(path) as temporary,
        open(temporary, "w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            values = [row[name] for name in columns] if isinstance(row, dict) else row
            writer.writerow(
                f"{v:.{digits}g}" if digits and isinstance(v, float) else v for v in values
            )


def check_output(path, *others):
    """Raise a `UserError` unless a file can be written at ``path``; called before any work.

    Until this process ends, no other one can write there. ``others`` are files that it must
    not replace, such as what is read.
    """
    path = Path(path)
    if path.resolve() in [Path(other).resolve() for other in others]:
        raise UserError(f"{path} is named twice: give what is written a name of its own")
    if path.is_dir():
        raise UserError(f"{path} is a folder: name a file to write")
    if path.exists() and not path.is_file():  # root would replace /dev/null by a plain file
        raise UserError(f"{path} is a device or a pipe: name a file to write")
    if not path.parent.exists():
        raise UserError(f"no folder {path.parent}: make it first, or write elsewhere")
    claim(path)
    check_writable(path)


def claim(path):
    """Raise a `UserError` if another process is about to write a file at ``path``.

    The lock goes with the process, however it ends.
    """
    try:
        import fcntl
    except ImportError:  # not on this system
        return
    name = hashlib.sha1(os.fsencode(Path(path).resolve())).hexdigest()
    if name in _claims:
        return
    folder = Path(tempfile.gettempdir()) / f"smileys-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        lock = open(folder / name, "w")  # noqa: SIM115 - held until the process ends
    except OSError:  # no place for locks: then each must take care
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise UserError(
            f"another run is writing {path}: wait for it, or name another file"
        ) from None
    _claims[name] = lock


def check_writable(path):
    """Raise a `UserError` unless a file can be made beside ``path``."""
    try:
        temporary_path(path).open("wb").close()
        temporary_path(path).unlink()
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}; write elsewhere") from None


def make_folder(path, parents=False):
    """Make a folder if it is not there; raise a `UserError` unless files can be written to it.

    With ``parents`` the folders above it are made, too.
    """
    try:
        Path(path).mkdir(exist_ok=True, parents=parents)
    except OSError as error:
        raise UserError(f"cannot make the folder {path}: {error.strerror}") from None
    check_writable(Path(path) / "probe")


class PrintedLines:
    """JSON lines on the standard output, in the place of `JsonLines`."""

    def __enter__(self):
        return self

    def write(self, value):
        """Print one line, at once."""
        print(line(value), flush=True)

    def __exit__(self, *_):
        pass


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
            self.file = temporary_path(self.path).open("w", encoding="utf-8")
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
    """Write a value as one line of JSON; names keep their letters.

    Bytes of a name that are no text become escapes, as Python's own: ``json.loads`` and
    `os.fsencode` give them back.
    """
    text = json.dumps(value, ensure_ascii=False)
    return re.sub("[\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", text)


def rounded_box(box):
    """Box as JSON holds it: [x, y, w, h], tenths of a pixel."""
    return [round(float(side), 1) for side in box]
