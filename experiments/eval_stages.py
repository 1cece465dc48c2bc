"""Count in which stage of the cascade faces are lost, and what passes falsely.

Each face that is not found dies in the small net, in suppression and calibration of its
windows, in the big net, in the vote, or as a box too far off. Writes a table, one row a set.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from experiments.core.expected import expecting


def parse_args(argv=None):
    """The command line."""
    parser = cli.parser(expecting(__doc__, "eval_stages"))
    add = parser.add_argument
    help_text = "one row a face: path,x,y,w,h; all faces boxed, what else is found is false"
    add("--images", type=Path, nargs="*", default=[], metavar="CSV", help=help_text)
    help_text = "people's photos where others may stand unboxed; perhaps split"
    add("--faces", type=Path, nargs="*", default=[], metavar="CSV", help=help_text)
    add("--scenes", type=Path, nargs="*", default=[], metavar="CSV", help="without faces")
    add("--split", default="val", help="of --faces and --scenes (default val)")
    add("--weights", type=Path, default=cli.ROOT / "weights", metavar="DIR")
    add("--threshold", type=float, help="least score of a face (default: the weights')")
    help_text = "set the threshold where so many false squares a picture pass, over all sets"
    add("--rate", type=float, help=help_text)
    add("--min-face", type=float, default=24, help="smallest face in pixels (default 24)")
    add("--iou", type=float, default=0.4, help="overlap that counts (default 0.4)")
    add("--out", type=Path, required=True, metavar="CSV", help="table to write")
    args = parser.parse_args(argv)
    if not args.images + args.faces:
        raise cli.UserError("name pictures with faces by --images or --faces")
    return args


def read(args):
    """All pictures: list of `truth.Picture`."""
    from experiments.detector.truth import read_empty, read_set, set_name

    pictures = [picture for path in args.images for picture in read_set(path, set_name(path))]
    for path in args.faces:
        pictures += read_set(path, f"photos of {path.stem}", False, args.split)
    for path in args.scenes:
        pictures += read_empty(path, "without faces", args.split)
    return pictures


def named(pictures):
    """Names of the sets, and of the kinds of faces in them where the tables tell."""
    sets = dict.fromkeys(picture.name for picture in pictures)
    kinds = (
        f"{picture.name}: {tag['kind']}"
        for picture in pictures
        for tag in picture.tags
        if tag["kind"]
    )
    return [*sets, *dict.fromkeys(kinds)]


def threshold_at(rate, pictures, found, assigned):
    """The least threshold at which so many false squares a picture pass, over complete pictures."""
    import numpy as np

    from experiments.detector.promise import least

    complete = [k for k, picture in enumerate(pictures) if picture.complete]
    if not complete:
        raise cli.UserError("--rate needs pictures whose faces are all boxed, or none")
    false = np.concatenate([found[k].scores[assigned[k] == -1] for k in complete])
    return least(np.sort(false)[::-1], np.ones(len(false)), len(complete), rate)


def table_row(name, false, faces, threshold):
    """The row of a set, or of a kind of faces in it.

    ``false`` is the number of false squares, "" where it is not known; ``faces`` are tuples
    (names, stage, localisation).
    """
    import numpy as np

    from experiments.detector.stages import STAGES

    here = [face for face in faces if name in face[0]]
    lost = [stage for _, stage, _ in here]
    errors = np.array([error for *_, error in here if error]).reshape(-1, 2)
    off = np.column_stack([errors[:, 0], 2 ** abs(errors[:, 1])])
    spread = np.percentile(off, (50, 95), axis=0).T.ravel() if len(off) else [""] * 4
    return {
        "faces": len(lost),
        **{stage: lost.count(stage) for stage in STAGES},
        "false": false,
        "threshold": float(threshold),
        **dict(zip(("centre", "centre 95 %", "size", "size 95 %"), spread)),
    }


def main(argv=None):
    """Search, count, write."""
    args = parse_args(argv)
    from tqdm import tqdm

    from common.tables import read_picture
    from experiments.core.results import write_rows
    from experiments.detector.metrics import localisation
    from experiments.detector.runs import OURS, Run
    from experiments.detector.stages import stage_of
    from pipeline.cascade import Detector

    pictures = read(args)
    detector = Detector.load(args.weights)
    found = [
        detector.stages(read_picture(picture.path), args.min_face, threshold=0)
        for picture in tqdm(pictures, unit=" pictures", mininterval=5)
    ]
    run = Run(OURS, [(one.boxes, one.scores) for one in found])
    assigned = run.assigned(pictures, args.iou)
    threshold = detector.big_threshold if args.threshold is None else args.threshold
    if args.rate is not None:
        threshold = threshold_at(args.rate, pictures, found, assigned)
    faces = [
        (
            {picture.name, f"{picture.name}: {tag['kind']}"},
            stage_of(box, one, threshold, args.iou),
            localisation(box, one.boxes[one.scores >= threshold], args.iou),
        )
        for picture, one in zip(pictures, found)
        for box, tag in zip(picture.boxes, picture.tags)
    ]
    rows = []
    for name in named(pictures):
        chosen = [k for k, picture in enumerate(pictures) if picture.name == name]
        false = ""
        if chosen and pictures[chosen[0]].complete:
            false = int(
                sum((assigned[k][found[k].scores >= threshold] == -1).sum() for k in chosen)
            )
        row = table_row(name, false, faces, threshold)
        rows.append({"set": name, "pictures": len(chosen) or "", **row})
    write_rows(args.out, rows)
    print(args.out.read_text(encoding="utf-8"))


if __name__ == "__main__":
    cli.run(main)
