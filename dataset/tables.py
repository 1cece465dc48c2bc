"""Read the CSV files that describe pictures; every bad row is named, none is skipped."""

import csv
from pathlib import Path

import cv2

from cli import UserError

SHOWN = 20  # bad rows named in one message


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
    path = Path(path)
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            header = reader.fieldnames or []
            missing = [name for name in columns if name not in header]
            if missing:
                raise UserError(f"{path} lacks the column {', '.join(missing)}")
            rows, problems = [], []
            for row in reader:
                value = {name: row[name] for name in optional if name in header}
                value["line"] = reader.line_num
                for name, convert in columns.items():
                    try:
                        value[name] = convert(row[name])
                    except (TypeError, ValueError):
                        problems.append((reader.line_num, f"{name} is {row[name]!r}"))
                rows.append(value)
    except FileNotFoundError:
        raise UserError(f"no file {path}") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"cannot read {path}: {error}") from None
    complain(path, problems)
    if not rows:
        raise UserError(f"{path} has no rows")
    return rows


def complain(path, problems):
    """Raise one `UserError` that names all problems, pairs of (line, text), if there are any."""
    if problems:
        shown = "; ".join(f"line {line}: {text}" for line, text in sorted(problems)[:SHOWN])
        more = f"; and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
        raise UserError(f"{path} has bad rows: {shown}{more}")


def text(value):
    """Converter for a column that must not be empty."""
    if not value or not value.strip():
        raise ValueError
    return value.strip()


BOX = dict.fromkeys("xywh", float)


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
        image = cv2.imread(str(folder / row["path"]))
        if image is None:
            problems.append((row["line"], f"no readable picture {row['path']}"))
        elif "w" in row and not meets(row, image.shape):
            problems.append((row["line"], f"box outside the picture {row['path']}"))
        images.append(image)
    complain(path, problems)
    return images


def meets(row, shape):
    """Whether a row's box has a size, and its centre lies in a picture of this shape."""
    x, y, w, h = (row[key] for key in "xywh")
    return w > 0 and h > 0 and 0 <= x + w / 2 < shape[1] and 0 <= y + h / 2 < shape[0]


def box_of(row):
    """The box of a row as a tuple (x, y, w, h)."""
    return tuple(row[key] for key in "xywh")
