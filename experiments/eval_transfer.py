"""Does a net that knows rendered people only read real faces? Five expressions, chance 0.2.

The pictures of a set of acted expressions go through the whole pipeline (detector, best
square, vote); among the five smileys that mean what was acted, the one with the largest
share is the answer. Augmentation for strangers was chosen on half of the people: `--half second`
are the others.
"""

import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from experiments.core.expected import expecting
from pipeline.best_square import best_square

# Label of the set: smiley that means it.
MEANING = {
    "happy": "smile",
    "surprise": "surprise",
    "sad": "sad",
    "angry": "angry",
    "neutral": "neutral",
}


def answer(shares, classes):
    """The expression whose smiley has the largest share; shares (classes,) in their order."""
    share = dict(zip(classes, shares))
    return max(MEANING, key=lambda label: share[MEANING[label]])


def read_face(image, labelled, detector, voter):
    """The answer to a picture, by the whole pipeline, and whether the face was found.

    Where it was not, the labelled box (x, y, w, h) is read.
    """
    boxes, scores = detector.detect(image, max(24, 0.5 * labelled[2]))
    chosen = best_square(boxes, scores)
    box = labelled if chosen is None else boxes[chosen]
    return answer(voter.vote(image, box).shares, voter.classes), chosen is not None


def half_of(people, half):
    """Every other person by name, from the first or the second on; all without a half."""
    people = sorted(people)
    return {"first": people[::2], "second": people[1::2], None: people}[half]


def main(argv=None):
    """Print the share of right answers, by expression, and what each was taken for."""
    parser = cli.parser(expecting(__doc__, "eval_transfer"))
    parser.add_argument("--data", type=Path, required=True, help="manifest of acted expressions")
    parser.add_argument("--weights", type=Path, default=cli.ROOT / "weights", metavar="DIR")
    parser.add_argument(
        "--half", choices=("first", "second"), help="of the people, every other one by name"
    )
    parser.add_argument("--smiles", type=Path, metavar="FILE", help="default DIR/smiles.npz")
    args = parser.parse_args(argv)

    import numpy as np
    from tqdm import tqdm

    from common.tables import box_of, manifest_path, read_images
    from dataset.manifest import read_manifest
    from pipeline.cascade import Detector
    from pipeline.vote import Voter

    path = manifest_path(args.data)
    rows = read_manifest(path)
    images = read_images(path, rows)
    kept = [(row, image) for row, image in zip(rows, images) if row["smiley"] in MEANING]
    if not kept:
        raise cli.UserError(f"{args.data} has none of the labels {', '.join(MEANING)}")
    people = half_of({row["person"] for row, _ in kept}, args.half)
    kept = [(row, image) for row, image in kept if row["person"] in people]
    if not kept:
        raise cli.UserError(f"{args.data} has one person: there is no second half")
    detector = Detector.load(args.weights)
    voter = Voter.load(args.smiles or args.weights / "smiles.npz")
    missing = set(MEANING.values()) - set(voter.classes)
    if missing:
        raise cli.UserError(f"the net does not know {', '.join(sorted(missing))}")
    counts, unfound = Counter(), 0
    for row, image in tqdm(kept, unit=" pictures"):
        read, found = read_face(image, box_of(row), detector, voter)
        unfound += not found
        counts[row["smiley"], read] += 1
    recalls = []
    for label in MEANING:
        total = sum(counts[label, other] for other in MEANING)
        if total:
            recalls.append(counts[label, label] / total)
            taken = ", ".join(f"{other} {counts[label, other]}" for other in MEANING)
            print(f"{label} as {MEANING[label]}: {recalls[-1]:.3f} of {total} ({taken})")
    right = sum(counts[label, label] for label in MEANING)
    print(
        f"right: {right / len(kept):.3f} of {len(kept)} pictures, mean over expressions "
        f"{np.mean(recalls):.3f}; no face found in {unfound} (the labelled box was taken)"
    )


if __name__ == "__main__":
    cli.run(main)
