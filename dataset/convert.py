"""Makes a data set of a folder tree person/smiley/*.jpg: writes manifest.csv into it.

python dataset/convert.py FOLDER [--detect]

The pictures of one folder are one clip, in the natural order of their names; folders
below person/smiley are clips of their own.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

import os

from common.cli import UserError
from common.images import EXTENSIONS, natural_key
from common.output import rounded_box
from common.smileys import read_smileys
from common.tables import manifest_path, read_picture
from dataset.manifest import COLUMNS, add_names_option, classes_of, write_manifest
from dataset.manifest_summary import summary
from pipeline.options import add_detector_options, smallest_face

NAMED = 20  # files named in one message


def parse_args(argv):
    """Read the command line."""
    parser = cli.parser(__doc__)
    parser.add_argument("folder", type=Path, help="folder of folders, one a person")
    parser.add_argument(
        "--detect",
        action="store_true",
        help="look for the face with the detector (default: it fills the picture)",
    )
    add_names_option(parser)
    add_detector_options(parser, "a tenth of the picture's shorter side, at least 24")
    return parser.parse_args(argv)


def main(argv=None):
    """Run the script; ``argv`` as for argparse."""
    arguments = parse_args(argv)
    folder = arguments.folder
    smileys = None if arguments.any_smiley else read_smileys()
    rows, others = read_tree(folder, smileys)
    path = manifest_path(folder)
    if path.exists():
        raise UserError(f"{path} exists already: remove it first")
    if others:
        note(f"{len(others)} files are no pictures by their names", folder, others)
    find = whole_picture
    if arguments.detect:
        from pipeline.cascade import Detector

        find = finder(Detector.load(arguments.weights), arguments.min_face)
    faceless = add_boxes(folder, rows, find)
    if faceless:
        note(f"no face found in {len(faceless)} pictures, left out", folder, faceless)
    rows = [row for row in rows if "w" in row]
    if not rows:
        raise UserError(f"no face found in any picture of {folder}: try without --detect")
    write_manifest(folder, rows)
    print(summary(path, rows, classes_of(rows) if smileys is None else [*smileys]))


def read_tree(folder, smileys=None):
    """Rows of all pictures below a folder, still without boxes.

    Parameters
    ----------
    folder : path-like
    smileys : collection of str, optional
        Allowed names of the second level.

    Returns
    -------
    (list of dict, list of Path)
        The rows, and the files that are no pictures.

    Raises
    ------
    UserError
        Naming all pictures that lie too high, and all unknown smileys.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(f"no folder {folder}: name one with a folder a person")
    files = list(files_below(folder))
    pictures = [p for p in files if p.suffix.lower() in EXTENSIONS]
    others = [p for p in files if p not in set(pictures)]
    if not pictures:
        raise UserError(f"{folder} holds no pictures: name a folder with person/smiley/*.jpg")
    parts = {p: p.relative_to(folder).parts for p in pictures}
    high = [p for p in pictures if len(parts[p]) < 3]
    if high:
        raise UserError(f"not in a folder person/smiley: {names(folder, high)}")
    unknown = {p.parent for p in pictures if smileys is not None and parts[p][1] not in smileys}
    if unknown:
        raise UserError(
            f"no smileys of common/smileys.csv, rename or use --any-smiley: "
            f"{names(folder, unknown)}"
        )
    rows, frames = [], {}
    for picture in sorted(pictures, key=natural_path):
        person, *clip, _ = parts[picture]
        frame = frames[picture.parent] = frames.get(picture.parent, -1) + 1
        values = (picture.relative_to(folder).as_posix(), person, clip[0], "/".join(clip))
        rows.append(dict(zip(COLUMNS, (*values, str(frame)))))
    return rows, others


def files_below(folder):
    """All files in a folder and the folders in it, links followed; hidden ones are none.

    A link to a folder that holds it is not entered again.
    """
    entered = set()
    for place, folders, files in os.walk(folder, followlinks=True):
        status = os.stat(place)
        if (status.st_dev, status.st_ino) in entered:
            folders.clear()
            continue
        entered.add((status.st_dev, status.st_ino))
        yield from (
            Path(place) / name
            for name in files
            if not name.startswith(".") and os.path.isfile(os.path.join(place, name))
        )


def add_boxes(folder, rows, find):
    """Set x, y, w, h of the rows in which ``find(picture)`` finds a box.

    Returns
    -------
    list of Path
        The pictures without a face.

    Raises
    ------
    UserError
        Naming all pictures that cannot be read.
    """
    from tqdm import tqdm

    broken, faceless = [], []
    for row in tqdm(rows, unit=" pictures", leave=False, disable=None):
        path = Path(folder) / row["path"]
        picture = read_picture(path)
        if picture is None:
            broken.append(path)
            continue
        box = find(picture)
        if box is None:
            faceless.append(path)
        else:
            row.update(zip("xywh", box))
    if broken:
        raise UserError(f"no readable pictures, mend or remove them: {names(folder, broken)}")
    return faceless


def whole_picture(picture):
    """The box of the whole picture."""
    return 0, 0, picture.shape[1], picture.shape[0]


def finder(detector, min_face=None):
    """Make a function that finds the best face of a picture, or None."""

    def find(picture):
        boxes, _ = detector.detect(picture, min_face or smallest_face(picture))
        return rounded_box(inside(boxes[0], picture.shape)) if len(boxes) else None

    return find


def inside(box, shape):
    """Move a square into a picture of this shape, and shrink it if it is larger."""
    height, width = shape[:2]
    x, y, w, h = box
    side = min(max(w, h), width, height)
    x, y = x + (w - side) / 2, y + (h - side) / 2
    return min(max(x, 0), width - side), min(max(y, 0), height - side), side, side


def names(folder, paths):
    """Name some files on one line."""
    found = sorted((path.relative_to(folder) for path in paths), key=natural_path)
    more = f", and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return ", ".join(map(str, found[:NAMED])) + more


def natural_path(path):
    """Sort key by which frame 2 comes before frame 10, folder by folder."""
    return [natural_key(part) for part in path.parts]


def note(text, folder, paths):
    """Tell on stderr what was left out."""
    print(f"note: {text}: {names(folder, paths)}", file=sys.stderr)


if __name__ == "__main__":
    cli.run(main)
