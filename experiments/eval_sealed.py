"""Evaluate detectors on people and scenes that nothing here has learnt from or was chosen on.

The pictures are what the tables of ../shared/data mark val: photos of strangers as they stand,
the same strangers composed into the val scenes, and these scenes empty. They are made anew in a
temporary folder. Each use is counted in OUT/uses.csv before the pictures are searched: a test
that is looked at often is one more set to tune on. Several --weights make one use.
"""

import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from experiments.core.expected import expecting

RATES = (0.03, 0.1)


def parse_args(argv=None):
    """The command line."""
    parser = cli.parser(expecting(__doc__, "eval_sealed"))
    add = parser.add_argument
    shared = cli.ROOT.parent / "shared" / "data"
    help_text = "folder with strangers.csv, strangers/, scenes.csv (default ../shared/data)"
    add("--shared", type=Path, default=shared, metavar="DIR", help=help_text)
    default = [cli.ROOT / "weights"]
    add("--weights", type=Path, nargs="+", default=default, metavar="DIR", help="nets to evaluate")
    add("--min-face", type=float, default=24, help="smallest face in pixels (default 24)")
    add("--iou", type=float, default=0.4, help="overlap that counts (default 0.4)")
    add("--count", type=int, help="of each kind of picture, only so many (another test)")
    add("--out", type=Path, default=cli.ROOT / "results" / "detector" / "sealed")
    return parser.parse_args(argv)


def pictures(shared, folder, count):
    """All pictures of the test: list of `Sealed`."""
    from common.tables import read_picture
    from experiments.detector.hard_faces import Person, pose_of
    from experiments.detector.parts import SEALED, part_of_person, part_of_scene, read, unpack
    from experiments.detector.sealed import COMPOSED, Sealed, compose
    from experiments.detector.truth import LANDMARKS, Picture

    rows = [
        row
        for row in read(shared / "strangers.csv")[1]
        if part_of_person(row["person"], row["split"]) == SEALED
    ]
    unpack(shared, rows, folder)
    people, found = [], []
    for row in rows:
        path, box = folder / row["path"], tuple(float(row[key]) for key in "xywh")
        pose, roll = pose_of({key: float(row[key]) for key in LANDMARKS})
        people.append(Person(row["person"], read_picture(path), box, pose, roll))
        kind = "close" if path.name.startswith("a") else "photo"
        picture = Picture(path, "photos", [box], [{"kind": kind, "pose": pose}], complete=False)
        found.append(Sealed(picture, [row["person"]], row["person"]))
    found = found[:count]
    scenes, hands = {}, []
    for row in read(shared / "scenes.csv")[1]:
        if part_of_scene(row["path"], row["split"]) == SEALED:
            path = shared / row["path"]
            scenes[row["path"]] = path
            if row["kind"] == "hand":
                hands.append(read_picture(path))
    behind = {name: read_picture(path) for name, path in scenes.items() if "hand" not in name}
    for name, path in list(scenes.items())[:count]:
        kind = "nature" if "nature" in name else "hand" if "hand" in name else "room"
        found.append(Sealed(Picture(path, f"empty: {kind}"), [], name))
    number = COMPOSED if count is None else count
    return found + list(compose(people, behind, hands, folder, number))


def evaluate(sealed, run, iou):
    """Numbers of one detector: dict."""
    import numpy as np

    from experiments.detector.metrics import localisation
    from experiments.detector.sealed import resampled

    report = {"threshold": run.threshold}
    assigned = run.assigned([one.picture for one in sealed], iou)
    scores = [scores for _, scores in run.found]
    sets = np.array([one.picture.name for one in sealed])
    for name in dict.fromkeys(sets):
        chosen = np.flatnonzero(sets == name)
        part = [sealed[k].picture for k in chosen]
        faces = sum(len(picture.boxes) for picture in part)
        above = [assigned[k][scores[k] >= run.threshold] for k in chosen]
        said = {"pictures": len(part)}
        if faces:
            said["faces"] = faces
            said["recall"] = sum((answers >= 0).sum() for answers in above) / faces
        if part[0].complete:
            said["false a picture"] = sum((answers == -1).sum() for answers in above) / len(part)
        report[name] = said
    whole = np.flatnonzero(sets != "photos")
    for rate in RATES:
        chosen = [sealed[k] for k in whole]
        results = run.results([one.picture for one in sealed], assigned, whole)
        drawn = resampled(chosen, [assigned[k] for k in whole], [scores[k] for k in whole], rate)
        report[f"recall at {rate:g}"] = [results.recall_at(rate)[0], *ends(drawn)]
        _, threshold = results.recall_at(rate)
        hits = [
            (assigned[k][scores[k] > threshold] >= 0).sum()
            for k in np.flatnonzero(sets == "photos")
        ]
        report[f"photos at {rate:g}"] = float(np.mean(hits)) if hits else None
    errors = [
        localisation(box, run.found[k][0], iou)
        for k in np.flatnonzero(sets == "photos")
        for box in sealed[k].picture.boxes
    ]
    errors = np.array([error for error in errors if error]).reshape(-1, 2)
    for name, values in (("centre", errors[:, 0]), ("size", 2 ** abs(errors[:, 1]))):
        found = np.percentile(values, (50, 95)).tolist() if len(values) else None
        report[f"{name}, median and 95 %"] = found
    return report


def ends(drawn):
    """A 95 % interval's ends."""
    import numpy as np

    return np.percentile(drawn, (2.5, 97.5)).tolist()


def main(argv=None):
    """Count the use, search, write OUT/use-N.json."""
    args = parse_args(argv)
    from common.output import make_folder, write_file
    from experiments.detector.runs import run_ours
    from experiments.detector.sealed import count_use, digest

    make_folder(args.out, parents=True)
    with tempfile.TemporaryDirectory() as folder:
        sealed = pictures(args.shared, Path(folder), args.count)
        what = digest([one.picture.path for one in sealed])
        use = count_use(args.out / "uses.csv", args.weights, what)
        print(f"use {use} of the sealed test", file=sys.stderr)
        found = []
        for weights in args.weights:
            run = run_ours([one.picture for one in sealed], weights, args.min_face)
            found.append({"weights": weights.name, **evaluate(sealed, run, args.iou)})
    report = json.dumps({"use": use, "iou": args.iou, "detectors": found}, indent=1) + "\n"
    write_file(args.out / f"use-{use}.json", report)
    print(report)


if __name__ == "__main__":
    cli.run(main)
