"""Draw what augmentation makes of a picture: a row a source, the original first.

    python augment/show.py --only rotation blur --out turned.png
    python augment/show.py --data data/smileys

Without `--data` the source is a drawn face. Takes seconds.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

import cv2
import numpy as np

from augment.drawn import BOX as DRAWN
from augment.drawn import drawn_face
from augment.transforms import Augmentation, augment
from common.arguments import count, number
from common.crops import crop
from common.output import atomic_write, check_output
from common.tables import BOX, box_of, manifest_path, read_images, read_table, text

NAMES = list(Augmentation.__dataclass_fields__)


def parse_args(argv):
    """The command line."""
    parser = cli.parser(__doc__)
    parser.add_argument("--data", help="folder with manifest.csv, or a CSV file of faces")
    parser.add_argument("--rows", type=count, default=8, help="number of sources")
    parser.add_argument("--columns", type=count, default=15, help="variations of each")
    parser.add_argument("--size", type=count, default=48, help="side of a window in pixels")
    parser.add_argument("--strength", type=number(0), default=1.0, help="of all transforms, from 0")
    parser.add_argument("--only", choices=NAMES, nargs="+", metavar="NAME",
                        help=f"these transforms alone: {', '.join(NAMES)}")  # fmt: skip
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("augmentation.png"),
                        help="PNG or JPEG to write")  # fmt: skip
    return parser.parse_args(argv)


def sources(data, rows, rng):
    """Yield (picture, box) of so many faces."""
    if data is None:
        for _ in range(rows):
            yield drawn_face(), DRAWN
        return
    path = manifest_path(data)
    table = read_table(path, {"path": text, **BOX})
    chosen = [table[k] for k in rng.choice(len(table), min(rows, len(table)), replace=False)]
    for row, image in zip(chosen, read_images(path, chosen)):
        yield image, box_of(row)


def contact_sheet(pairs, settings, columns, size, rng):
    """Draw the sheet: uint8 (rows * size, (columns + 1) * size, 3)."""
    sheet = []
    for picture, box in pairs:
        variations = [augment(rng, picture, box, settings, size) for _ in range(columns)]
        sheet.append(np.hstack([crop(picture, [box], size)[0], *variations]))
    return np.vstack(sheet)


def main(argv=None):
    """Write the sheet."""
    args = parse_args(argv)
    check_output(args.out)
    settings = Augmentation().scaled(args.strength)
    if args.only:
        settings = settings.only(*args.only)
    rng = np.random.default_rng(args.seed)
    pairs = sources(args.data, args.rows, rng)
    sheet = contact_sheet(pairs, settings, args.columns, args.size, rng)
    with atomic_write(args.out) as temporary:
        cv2.imwrite(str(temporary), sheet)
    print(f"{args.out}: {sheet.shape[0] // args.size} sources, {args.columns} variations each")


if __name__ == "__main__":
    cli.run(main)
