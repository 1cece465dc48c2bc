"""Draw faces that no camera has seen: smileys, line drawings, cartoons, and busts of grey stone.

Beside the busts, the same rendered people in colour. Writes OUT/*.png and OUT/faces.csv, one row
a picture; the column kind says what it shows, and how large. The same options give the same
pictures. eval_stages.py and eval_agreement.py say what the detector makes of them.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from common.arguments import count, whole
from experiments.core.expected import expecting

COLUMNS = ("path", "x", "y", "w", "h", "kind", "person", "scene")


def parse_args(argv=None):
    """The command line."""
    parser = cli.parser(expecting(__doc__, "make_odd_faces"))
    add = parser.add_argument
    help_text = "sides of the faces in pixels (default 32 64 128)"
    add("--sides", type=whole(16), nargs="+", default=[32, 64, 128], help=help_text)
    add("--count", type=count, default=20, help="of each kind and side (default 20)")
    add("--seed", type=whole(0), default=0)
    out = cli.ROOT / "data" / "odd"
    add("--out", type=Path, default=out, help="folder to write (default data/odd)")
    args = parser.parse_args(argv)
    if max(args.sides) > 150:
        parser.error("--sides: at most 150, the pictures are 400 pixels wide")
    return args


def main(argv=None):
    """Draw the pictures, then write the table."""
    args = parse_args(argv)
    import cv2
    from tqdm import tqdm

    from common.output import make_folder, write_csv, write_file
    from experiments.detector.odd_faces import KINDS, draw

    make_folder(args.out, parents=True)
    rows = []
    tasks = [(k, s, n) for k in KINDS for s in args.sides for n in range(args.count)]
    for kind, side, number in tqdm(tasks, unit=" pictures", mininterval=5):
        image, box = draw(kind, side, args.seed, number)
        name = f"{kind.replace(' ', '-')}-{side}-{number:02d}.png"
        write_file(args.out / name, cv2.imencode(".png", image)[1].tobytes())
        where = [f"{value:.1f}" for value in box]
        rows.append([name, *where, f"{kind}, {side}", f"{kind} {number}", name])
    write_csv(args.out / "faces.csv", COLUMNS, rows)
    print(f"{len(rows)} pictures: {args.out / 'faces.csv'}")


if __name__ == "__main__":
    cli.run(main)
