"""Read the CSV files that describe pictures; every bad row is named, none is skipped."""

import csv
import math
import re
import textwrap
from pathlib import Path

from common.cli import UserError
from common.images import read_image

SHOWN = 20  # bad rows described in one message; of the others only the lines are named
SAVE_AS = "save it as CSV in UTF-8, separated by commas"


def manifest_path(data):
    """A data set is named by its folder or by the CSV file itself."""
    data = Path(data)
    return data / "manifest.csv" if data.is_dir() else data


def read_csv(path):
    """Rows of a table that the project wrote: list of dict of str. For a user's: `read_table`."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def read_table(path, columns, optional=()):
    """Read a CSV file with a header.

    Parameters
    ----------
    path : path-like
    columns : dict of str to callable
        Columns that must be there, and what turns their text into a value; it
        raises ValueError for a text it does not take.
    optional : iterable of str
        Columns kept as text where the file has them.

    Returns
    -------
    list of dict
        One a row, with the columns above and ``line``, the row's line in the file.

    Raises
    ------
    UserError
        Naming all bad rows by line.
    """
    rows, problems = parse_table(read_lines(path), path, columns, optional)
    complain(path, problems)
    return rows


def parse_table(lines, path, columns, optional=()):
    """Convert a table's lines as `read_table` does, but hand back what is wrong.

    Returns
    -------
    (list of dict, list of (line, text))
        The rows, which lack the values that could not be converted, and the problems.
    """
    header = read_header(lines, path)
    missing = [name for name in columns if name not in header]
    if missing:
        hint = f"; it has {textwrap.shorten(', '.join(header), 200)}" if any(header) else ""
        if header and re.search("[;\t]", header[0]):
            hint = f": {SAVE_AS}"
        raise UserError(f"{path} lacks the column {', '.join(missing)}{hint}")
    wanted = dict.fromkeys(optional, str) | columns
    for name in wanted:
        if header.count(name) > 1:
            raise UserError(f"{path} has the column {name} twice: remove one")
    rows, problems = [], []
    for number, line in enumerate(lines[1:], 2):
        if not line:
            continue
        row = {"line": number}
        rows.append(row)
        try:
            fields = split(line)
        except (csv.Error, UnicodeEncodeError) as error:
            why = "it holds bytes that are not UTF-8" if isinstance(error, ValueError) else error
            problems.append((number, f"cannot read the row: {why}"))
            continue
        if len(fields) > len(header):
            problems.append((number, f"{len(fields)} values for {len(header)} columns"))
            continue
        fields = dict(zip(header, fields))
        for name, convert in wanted.items():
            if name not in header:
                continue
            try:
                row[name] = convert(fields[name])
            except KeyError:
                problems.append((number, f"{name} is missing"))
            except ValueError as error:
                # A reason of our own, or Python's remark on a float.
                why = f", {error}" if type(error) is BadValue else ""
                problems.append((number, f"{name} is {fields[name]!r}{why}"))
    if not rows:
        raise UserError(f"{path} has no rows")
    return rows, problems


def read_lines(path):
    """Lines of a text file in UTF-8, with or without a byte-order mark; ends of any system.

    Bytes that are not UTF-8 are kept as lone surrogates, for `parse_table` to name their line.
    """
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError:
        there = Path(path).name == "manifest.csv" and Path(path).parent.is_dir()
        hint = ": dataset/convert.py makes it of folders person/smiley" if there else ""
        raise UserError(f"no file {path}{hint}") from None
    except (OSError, ValueError) as error:
        raise UserError(f"cannot read {path}: {getattr(error, 'strerror', error)}") from None
    if b"\0" in data:
        raise UserError(f"cannot read {path}: it is no text in UTF-8; {SAVE_AS}")
    text = data.decode("utf-8-sig", errors="surrogateescape")
    return re.split("\r\n|\r|\n", text)


def read_header(lines, path):
    """Names of the columns, from the first of a table's lines."""
    try:
        return [name.strip() for name in split(lines[0])]
    except (csv.Error, UnicodeEncodeError):
        raise UserError(f"cannot read the first line of {path}: {SAVE_AS}") from None


def split(line):
    """Fields of one line of CSV. A quote that is not closed spoils its own row only."""
    line.encode()  # raises for what was not UTF-8
    return next(csv.reader([line], strict=True), [])


def complain(path, problems, shown=SHOWN):
    """Raise one `UserError` that names all problems, pairs of (line, text), if there are any."""
    lines = {}
    for line, text in sorted(problems, key=lambda problem: problem[0]):
        lines.setdefault(line, []).append(text)
    if not lines:
        return
    numbers = list(lines)
    parts = [f"line {line}: {', '.join(lines[line])}" for line in numbers[:shown]]
    if len(numbers) > shown:
        parts.append(f"and {len(numbers) - shown} more, on lines {runs(numbers[shown:])}")
    # File names may hold anything; the message stays one line.
    message = re.sub(r"\s*[\r\n]\s*", " ", "; ".join(parts))
    raise UserError(f"{path} has bad rows: {message}")


def runs(numbers):
    """Write ascending numbers shortly: ``3-5, 9``."""
    found = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in found)


class BadValue(ValueError):
    """What a converter raises to say more than that it does not take a text."""


def text(value):
    """Converter for a column that must not be empty."""
    if not value.strip():
        raise ValueError
    return value.strip()


def finite(value):
    """Converter for a number such as ``-12.5``: neither infinite, nor ``1_000``."""
    number = float(value)
    if not math.isfinite(number) or "_" in value:
        raise ValueError
    return number


BOX = dict.fromkeys("xywh", finite)


def read_images(path, rows):
    """Read the picture of each row.

    Parameters
    ----------
    path : path-like
        The CSV file, to whose folder the rows' ``path`` is relative.
    rows : list of dict, as from `read_table`

    Returns
    -------
    list of ndarray of uint8 (H, W, 3)

    Raises
    ------
    UserError
        Naming all rows whose picture cannot be read, or whose box (if the rows have
        one) does not meet the picture.
    """
    folder = Path(path).parent
    images, problems = [], []
    for row in rows:
        image = read_picture(folder / row["path"])
        if image is None:
            problems.append((row["line"], f"no readable picture {row['path']}"))
        elif "w" in row and not meets(row, image.shape):
            problems.append((row["line"], f"box outside the picture {row['path']}"))
        images.append(image)
    complain(path, problems)
    return images


def read_picture(path):
    """The picture in a file, uint8 (H, W, 3); None where there is none that can be read."""
    try:
        return read_image(path)
    except UserError:
        return None


def meets(row, shape):
    """Whether a row's box has a size, and its centre lies in a picture of this shape."""
    x, y, w, h = (row[key] for key in "xywh")
    return w > 0 and h > 0 and 0 <= x + w / 2 < shape[1] and 0 <= y + h / 2 < shape[0]


def box_of(row):
    """The box of a row as a tuple (x, y, w, h)."""
    return tuple(row[key] for key in "xywh")
