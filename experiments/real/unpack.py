r"""Make a labelled set of the packed faces of ../shared/data: a folder of pictures and a CSV file.

    python experiments/real/unpack.py ../shared/data/fer/valid.npz --out data/real/fer
    python experiments/real/unpack.py ../shared/data/strangers/pictures.npz \
        --table ../shared/data/strangers.csv --out data/real/strangers
    make eval-real DATA=data/real/fer

With ``votes`` a picture's label is the class that most of its ten voters chose, if more than
``--votes`` did; with ``smile``, smiling or neutral. Pictures without a clear label are left out.
These show real people: keep the folder to yourself.
"""

import csv
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

import cv2
import numpy as np

COLUMNS = ("path", "person", "label", "x", "y", "w", "h")
SMILES = ("neutral", "smiling")


def jpegs(packed):
    """The JPEG files of a packed file: list of ndarray of uint8 (H, W, 3), BGR."""
    data, offsets = packed["jpeg"], packed["offsets"]
    return [cv2.imdecode(data[a:b], cv2.IMREAD_COLOR) for a, b in zip(offsets, offsets[1:])]


def unpack(packed, table=None, least=5):
    """Labelled pictures of a packed file.

    Parameters
    ----------
    packed : mapping of str to ndarray
        As ``../shared/data/README.md`` describes it.
    table : path-like, optional
        Where ``packed`` names its pictures: the CSV file with their smileys and boxes.
    least : int
        Votes that a label must exceed.

    Yields
    ------
    (dict, ndarray of uint8 (H, W, 3))
        A row with the keys of `COLUMNS`, and its picture; a box is the whole picture where
        there is no table.
    """
    if "path" in packed:
        if table is None:
            raise cli.UserError("these pictures' labels are in a CSV file: name it by --table")
        pictures = dict(zip(map(str, packed["path"]), jpegs(packed)))
        with open(table, newline="", encoding="utf-8-sig") as file:
            for row in csv.DictReader(file):
                if row.get("smiley") and row["path"] in pictures:
                    kept = {name: row[name] for name in COLUMNS if name != "label"}
                    kept["path"] = Path(row["path"]).name
                    yield {**kept, "label": row["smiley"]}, pictures[row["path"]]
        return
    side = jpegs(packed)[0].shape[1]
    pictures = np.concatenate([strip.reshape(-1, side, side, 3) for strip in jpegs(packed)])
    for number, (label, picture) in enumerate(zip(labels_of(packed, least), pictures)):
        if label:
            row = {"path": f"{number:05d}.png", "person": f"{number:05d}", "label": label}
            yield {**row, "x": 0, "y": 0, "w": side, "h": side}, picture


def labels_of(packed, least):
    """Label of each tile, None where it is not clear."""
    if "votes" in packed:
        classes = [str(name) for name in packed["classes"]]
        return [classes[row.argmax()] if row.max() > least else None for row in packed["votes"]]
    if "smile" in packed:
        return [SMILES[int(value)] for value in packed["smile"]]
    raise cli.UserError("the file holds neither votes, nor smile, nor path: nothing to label by")


def main(argv=None):
    """Run the script; ``argv`` as for argparse."""
    parser = cli.parser(__doc__)
    add = parser.add_argument
    add("packed", type=Path, metavar="NPZ", help="packed pictures")
    add("--table", type=Path, metavar="CSV", help="table of pictures that are packed by name")
    add("--votes", type=int, default=5, help="votes of ten that a label must exceed (default 5)")
    add("--out", type=Path, required=True, metavar="DIR", help="folder to make")
    args = parser.parse_args(argv)
    from common.output import make_folder, write_csv

    try:
        with np.load(args.packed, allow_pickle=False) as file:
            packed = {name: file[name] for name in file.files}
        packed["jpeg"], packed["offsets"]
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise cli.UserError(f"{args.packed} holds no packed pictures: {error}") from None
    make_folder(args.out, parents=True)
    rows = []
    for row, picture in unpack(packed, args.table, args.votes):
        if not cv2.imwrite(str(args.out / row["path"]), picture):
            raise cli.UserError(f"cannot write {args.out / row['path']}: is the disk full?")
        rows.append(row)
    write_csv(args.out / "manifest.csv", COLUMNS, rows)
    print(f"wrote {args.out}: {len(rows)} pictures")


if __name__ == "__main__":
    cli.run(main)
