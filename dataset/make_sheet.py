"""Draw a contact sheet of a data set: one row a person, one column a smiley.

python dataset/make_sheet.py --data data/smileys --out sheet.png
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

import cv2
import numpy as np

from common.arguments import count, whole
from common.output import atomic_write, check_output
from common.smileys import read_smileys
from common.tables import manifest_path
from dataset.manifest import classes_of, read_manifest

HEADER = 20  # pixels above the pictures for the names of the smileys


def parse_args(argv=None):
    """The command line."""
    parser = cli.parser(__doc__)
    add = parser.add_argument
    default = cli.ROOT / "data" / "smileys"
    add("--data", type=Path, default=default, help="folder with manifest.csv, or a CSV file")
    add("--out", type=Path, default=Path("out/sheet.png"), help="a .png or .jpg file")
    add("--size", type=whole(8), default=96, help="side of a picture in pixels (default 96)")
    add("--people", type=count, default=20, help="rows at most (default 20)")
    return parser.parse_args(argv)


def middle_frames(rows):
    """The middle frame of each (person, smiley), as a dict of rows."""
    groups = {}
    for row in rows:
        groups.setdefault((row["person"], row["smiley"]), []).append(row)
    return {key: group[len(group) // 2] for key, group in groups.items()}


def square(image, size):
    """Fit a picture into a square of `size` pixels, centred on grey."""
    scale = size / max(image.shape[:2])
    shape = [max(1, round(side * scale)) for side in image.shape[1::-1]]
    tile = np.full((size, size, 3), 128, np.uint8)
    x, y = (size - shape[0]) // 2, (size - shape[1]) // 2
    small = cv2.resize(image, tuple(shape), interpolation=cv2.INTER_AREA)
    tile[y : y + shape[1], x : x + shape[0]] = small
    return tile


def draw_sheet(folder, rows, size, people):
    """The sheet as (h, w, 3) uint8.

    Parameters
    ----------
    folder : Path
        That the pictures' paths are relative to.
    rows : list of dict
        Of `read_manifest`.
    size : int
        Side of one picture in pixels.
    people : int
        Rows at most.
    """
    classes, chosen = classes_of(rows), middle_frames(rows)
    names = sorted({row["person"] for row in rows})[:people]
    emoticons = read_smileys()
    sheet = np.full((HEADER + size * len(names), size * len(classes), 3), 255, np.uint8)
    for column, slug in enumerate(classes):
        text = emoticons[slug]["emoticon"] if slug in emoticons else slug
        cv2.putText(sheet, text, (column * size + 6, HEADER - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.45,
                    (0, 0, 0), 1, cv2.LINE_AA)  # fmt: skip
        for line, name in enumerate(names):
            row = chosen.get((name, slug))
            image = None if row is None else cv2.imread(str(folder / row["path"]))
            if image is not None:
                y, x = HEADER + line * size, column * size
                sheet[y : y + size, x : x + size] = square(image, size)
    return sheet


def main(argv=None):
    """Draw and write the sheet."""
    args = parse_args(argv)
    if args.out.suffix.lower() not in (".png", ".jpg", ".jpeg"):
        raise cli.UserError(f"--out {args.out}: give a name that ends in .png or .jpg")
    rows = read_manifest(args.data)
    folder = manifest_path(args.data).parent
    if args.out.parent == Path("out"):  # the default, an ignored folder
        args.out.parent.mkdir(exist_ok=True)
    check_output(args.out, args.data)
    sheet = draw_sheet(folder, rows, args.size, args.people)
    with atomic_write(args.out) as temporary:
        cv2.imwrite(str(temporary), sheet)
    print(args.out)


if __name__ == "__main__":
    cli.run(main)
