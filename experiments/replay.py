"""Old pictures, few and small, that keep a network from forgetting while it learns a new face.

    python experiments/replay.py --data data/smileys

packs them for those who have the shipped weights and not the rendered set: of every
woman and smiley the first and the last frame, as JPEG, 96 pixels square, the face's square
in the middle half.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

cli.use_project_python()

REPLAY = cli.ROOT / "weights" / "replay.npz"
SIDE = 96  # pixels; the face has half of them, as many as the network's window
BOX = (24, 24, 48, 48)
QUALITY = 75


def kept(rows):
    """Indices of the first and the last frame of each person and smiley."""
    ends = {}
    for index, row in enumerate(rows):
        ends.setdefault((row["person"], row["smiley"]), []).append(index)
    return sorted({index for shots in ends.values() for index in (shots[0], shots[-1])})


def pack(rows, pictures, path):
    """Write pictures of a data set, cut and packed, to a file."""
    import cv2
    import numpy as np

    from common.crops import crop
    from common.output import written
    from dataset.tables import box_of

    jpegs = []
    for row, picture in zip(rows, pictures):
        x, y, w, h = box_of(row)
        square = crop(picture, [(x - w / 2, y - h / 2, 2 * w, 2 * h)], SIDE)[0]
        jpegs.append(cv2.imencode(".jpg", square, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].ravel())
    arrays = {
        "jpegs": np.concatenate(jpegs),
        "lengths": np.array([len(jpeg) for jpeg in jpegs]),
        "smileys": np.array([row["smiley"] for row in rows]),
        "people": np.array([row["person"] for row in rows]),
    }
    with written(path) as beside, open(beside, "wb") as file:
        np.savez(file, **arrays)


def load(path=REPLAY):
    """Read packed pictures: (rows with smiley, person and box, list of Mipmap)."""
    import zipfile

    import cv2
    import numpy as np

    from common.crops import Mipmap

    try:
        with np.load(path, allow_pickle=False) as file:
            data, lengths = file["jpegs"], file["lengths"]
            names = zip(file["smileys"].tolist(), file["people"].tolist())
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        raise cli.UserError(f"cannot read the old pictures {path}: check out the file") from None
    parts = np.split(data, np.cumsum(lengths)[:-1])
    box = dict(zip("xywh", BOX))
    rows = [{"smiley": smiley, "person": person, **box} for smiley, person in names]
    return rows, [Mipmap(cv2.imdecode(part, cv2.IMREAD_COLOR)) for part in parts]


def main(argv=None):
    """Run the script; ``argv`` as for argparse."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    default = cli.ROOT / "data" / "smileys"
    parser.add_argument("--data", type=Path, default=default, help="rendered set (data/smileys)")
    parser.add_argument("--out", type=Path, default=REPLAY, help="default weights/replay.npz")
    arguments = parser.parse_args(argv)
    from common.output import check_output
    from experiments.smileys.data import SmileyData

    check_output(arguments.out)
    data = SmileyData.read(arguments.data)
    pack(*data.of(kept(data.rows)), arguments.out)
    print(f"{arguments.out}: {len(kept(data.rows))} of {len(data.rows)} pictures of {data.hash()}")


if __name__ == "__main__":
    cli.run(main)
