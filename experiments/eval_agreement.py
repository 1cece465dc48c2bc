"""Measure whether the detector says the same of a picture at half its size, mirrored, grey, turned.

Of the faces found in each picture as it is: how many stay found once it is changed, and how many
false squares are new, by picture. Writes a table, one row a change.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

import cv2
import numpy as np

from experiments.core.expected import expecting


def parse_args(argv=None):
    """The command line."""
    parser = cli.parser(expecting(__doc__, "eval_agreement"))
    add = parser.add_argument
    add("--images", type=Path, required=True, metavar="CSV", help="one row a face: path,x,y,w,h")
    names = ["half", "mirrored", "grey"]
    help_text = (
        "half, mirrored, grey, or degrees to turn by, clockwise (default half mirrored grey)"
    )
    add("--changes", nargs="+", default=names, metavar="CHANGE", help=help_text)
    add("--limit", type=int, help="only the first pictures")
    add("--weights", type=Path, default=cli.ROOT / "weights", metavar="DIR")
    add("--min-face", type=float, default=24, help="smallest face in pixels (default 24)")
    add("--iou", type=float, default=0.4, help="overlap that counts (default 0.4)")
    add("--out", type=Path, required=True, metavar="CSV", help="table to write")
    args = parser.parse_args(argv)
    for name in args.changes:
        if name not in names and not name.lstrip("-").isdigit():
            raise cli.UserError(f"--changes: {name} is neither of {', '.join(names)} nor degrees")
    return args


def changed(image, boxes, change):
    """A picture changed, and where its boxes are then.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)
    boxes : ndarray (N, 4)
    change : str
        ``half``, ``mirrored``, ``grey``, or whole degrees: clockwise about the middle, on a canvas
        that holds all of it. Turned squares are upright and as large as before.

    Returns
    -------
    (ndarray of uint8, ndarray (N, 4))
    """
    height, width = image.shape[:2]
    x, y, w, h = boxes.T
    if change == "half":
        size = max(1, round(width / 2)), max(1, round(height / 2))
        scale = np.tile(np.divide(size, (width, height)), 2)
        return cv2.resize(image, size, interpolation=cv2.INTER_AREA), boxes * scale
    if change == "mirrored":
        return np.ascontiguousarray(image[:, ::-1]), np.stack([width - x - w, y, w, h], axis=1)
    if change == "grey":
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        return cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), boxes
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -float(change), 1)
    wide, high = (round(side) for side in np.abs(matrix[:, :2]) @ (width, height))
    matrix[:, 2] += (wide - width) / 2, (high - height) / 2
    centres = np.stack([x + w / 2, y + h / 2], axis=1) @ matrix[:, :2].T + matrix[:, 2]
    matrix[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5  # OpenCV counts from pixels' centres
    turned = cv2.warpAffine(image, matrix, (wide, high), borderMode=cv2.BORDER_REPLICATE)
    return turned, np.column_stack([centres - boxes[:, 2:] / 2, boxes[:, 2:]])


def compared(detector, picture, change, before, args):
    """(faces found before, of these now, false squares before, new ones) of one picture.

    Faces that the change makes smaller than the smallest looked for are left out.
    """
    from common.tables import read_picture
    from experiments.detector.metrics import FALSE, assign
    from pipeline.suppression import overlaps

    found, answers = before
    image = read_picture(picture.path)
    image, moved = changed(image, np.concatenate([picture.truth, found]), change)
    truth, found = moved[: len(picture.boxes)], moved[len(picture.boxes) :]
    boxes, scores = detector.detect(image, args.min_face)
    now = assign(truth, [], boxes, scores, args.iou)
    large = {k for k, box in enumerate(truth) if min(box[2:]) >= args.min_face}
    known = {int(k) for k in answers if k >= 0} & large
    false = found[answers == FALSE]
    new = sum((overlaps(box, false) < args.iou).all() for box in boxes[now == FALSE])
    return len(known), len(known & {int(k) for k in now}), len(false), int(new)


def main(argv=None):
    """Search all pictures as they are and changed, write the table."""
    args = parse_args(argv)
    from tqdm import tqdm

    from common.tables import read_picture
    from experiments.core.results import write_rows
    from experiments.detector.metrics import assign
    from experiments.detector.truth import read_set, set_name
    from pipeline.cascade import Detector

    pictures = read_set(args.images, set_name(args.images))[: args.limit]
    detector = Detector.load(args.weights)
    counts = {change: np.zeros(4, int) for change in args.changes}
    for picture in tqdm(pictures, unit=" pictures", mininterval=5):
        boxes, scores = detector.detect(read_picture(picture.path), args.min_face)
        before = boxes, assign(picture.truth, picture.ignored, boxes, scores, args.iou)
        for change in args.changes:
            counts[change] += compared(detector, picture, change, before, args)
    rows = [
        {
            "change": change, "pictures": len(pictures), "found": found, "stay": stay,
            "share": stay / max(found, 1), "false before": false, "new false": new,
        }
        for change, (found, stay, false, new) in counts.items()
    ]  # fmt: skip
    write_rows(args.out, rows)
    print(args.out.read_text(encoding="utf-8"))


if __name__ == "__main__":
    cli.run(main)
