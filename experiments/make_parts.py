"""Divide real pictures into a detector's training and development sets; the test stays away.

Writes OUT/faces.csv, strangers.csv and scenes.csv with the column ``split``: train, or val for
what develops (one in twenty people, one in ten runs of scenes). What the pictures' own tables
mark val is in none of them: it is the sealed test of eval_sealed.py. Packed pictures of
strangers are unpacked into OUT. They show real people: keep the folder to yourself.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from experiments.core.expected import expecting

PEOPLE = ("faces.csv", "strangers.csv")


def parse_args(argv=None):
    """The command line."""
    parser = cli.parser(expecting(__doc__, "make_parts"))
    add = parser.add_argument
    shared = cli.ROOT.parent / "shared" / "data"
    help_text = "folder with faces.csv, strangers.csv, scenes.csv (default ../shared/data)"
    add("--shared", type=Path, default=shared, metavar="DIR", help=help_text)
    out = cli.ROOT / "data" / "parts"
    add("--out", type=Path, default=out, help="folder to write (default data/parts)")
    return parser.parse_args(argv)


def main(argv=None):
    """Write the three tables."""
    args = parse_args(argv)
    from common.output import make_folder, write_csv
    from experiments.detector.parts import SEALED, part_of_person, part_of_scene, read, unpack

    make_folder(args.out, parents=True)
    for name in (*PEOPLE, "scenes.csv"):
        columns, rows = read(args.shared / name)
        for row in rows:
            row["split"] = (
                part_of_scene(row["path"], row["split"])
                if name == "scenes.csv"
                else part_of_person(row["person"], row["split"])
            )
        rows = [row for row in rows if row["split"] != SEALED]
        if name == "strangers.csv" and (args.shared / "strangers" / "pictures.npz").exists():
            unpack(args.shared, rows, args.out)
        else:
            for row in rows:
                row["path"] = os.path.relpath(args.shared / row["path"], args.out)
        write_csv(args.out / name, columns, rows)
        kept = sum(row["split"] != "train" for row in rows)
        print(f"{args.out / name}: {len(rows) - kept} rows train, {kept} develop")


if __name__ == "__main__":
    cli.run(main)
