"""Run the whole pipeline on whole frames of known truth: faces found, smileys named.

The frames are those of `make data` (frames.csv): new shots of the women of the data set.
"""

import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from experiments.core.expected import expecting

IOU = 0.5  # of the best square with the true box, for a face to count as found


def main(argv=None):
    """Print the counts."""
    parser = cli.parser(expecting(__doc__, "eval_frames"))
    default = cli.ROOT / "data" / "smileys" / "frames.csv"
    parser.add_argument("--frames", type=Path, default=default, help="CSV: path,smiley,x,y,w,h")
    parser.add_argument("--weights", type=Path, default=cli.ROOT / "weights", metavar="DIR")
    parser.add_argument("--min-face", type=float, default=36, help="in pixels (default 36)")
    args = parser.parse_args(argv)

    from tqdm import tqdm

    from common.tables import BOX, box_of, read_images, read_table, text
    from pipeline.best_square import best_square
    from pipeline.cascade import Detector
    from pipeline.suppression import overlaps
    from pipeline.vote import Voter

    rows = read_table(args.frames, {"path": text, "smiley": text, **BOX})
    images = read_images(args.frames, rows)
    detector, voter = Detector.load(args.weights), Voter.load(args.weights / "smiles.npz")
    found = best_found = others = 0
    total, right = Counter(), Counter()
    for row, image in zip(tqdm(rows, unit=" frames"), images):
        boxes, scores = detector.detect(image, args.min_face)
        overlap = overlaps(box_of(row), boxes)
        found += (overlap >= IOU).any()
        others += (overlap < IOU).sum()
        total[row["smiley"]] += 1
        chosen = best_square(boxes, scores)
        if chosen is not None:
            best_found += overlap[chosen] >= IOU
            right[row["smiley"]] += voter.vote(image, boxes[chosen]).smiley == row["smiley"]
    print(
        f"face found in {found} of {len(rows)} frames, by the best square in {best_found}; "
        f"{others} other squares"
    )
    print(f"smiley right in {sum(right.values())} of {len(rows)} frames")
    print(", ".join(f"{name} {right[name]}/{count}" for name, count in total.items()))


if __name__ == "__main__":
    cli.run(main)
