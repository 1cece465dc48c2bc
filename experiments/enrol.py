"""Teach the shipped smiley net one more face, from pictures collected by Smielfy.

    python experiments/enrol.py --data data/smielfy/collected --out mine.npz
    python pipeline/run_video.py VIDEO --smiles mine.npz

Half of every batch is old people, so that they are not forgotten; the old weights stay as
they are. Accuracy is told before and after, on shots that did not teach; the net that is
written has then learned from all her pictures, in as many batches.
"""

import itertools
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from experiments.core.expected import expecting

FEWEST_SURE = 8  # of a person's pictures that must be above a threshold


def parse_args(argv):
    """Read the command line."""
    parser = cli.parser(expecting(__doc__, "enrol"))
    add = parser.add_argument
    add("--data", type=Path, required=True, help="folder with manifest.csv, or a CSV file")
    add("--person", help="whose pictures (default: the only person in it)")
    smiles = cli.ROOT / "weights" / "real.npz"
    add("--smiles", type=Path, default=smiles,
        help="net to start from (default: the shipped one for real people)")  # fmt: skip
    add("--old", type=Path, help="data set of old people (default: the pictures shipped for this)")
    add("--seed", type=int, default=0)
    add("--json", action="store_true", help="print the progress as JSON lines, for programs")
    add("--out", type=Path, required=True, help="file to write the new weights to")
    return parser.parse_args(argv)


def pictures_of(data, person):
    """Rows and pictures of one person: (list of dict, list of Mipmap).

    Raises
    ------
    UserError
        If the person is not named and not the only one, or is not there.
    """
    from common.crops import Mipmap
    from common.tables import manifest_path, read_images
    from dataset.manifest import read_manifest

    rows = read_manifest(data)
    people = sorted({row["person"] for row in rows})
    if person is None and len(people) > 1:
        raise cli.UserError(f"{data} shows {len(people)} people: name one by --person")
    rows = [row for row in rows if row["person"] == (person or people[0])]
    if not rows:
        raise cli.UserError(f"{data} shows no {person}")
    return rows, [Mipmap(image) for image in read_images(manifest_path(data), rows)]


def own_threshold(votes, rows):
    """The share from which on nine of ten of a person's test pictures are named right.

    Parameters
    ----------
    votes : list of pipeline.vote.Vote
    rows : list of dict
        Of the same pictures.

    Returns
    -------
    float or None
        None where no share will do, or fewer than `FEWEST_SURE` test pictures.
    """
    import numpy as np

    from experiments.real.measures import sure_from

    share = np.array([one.shares.max() for one in votes])
    right = np.array([one.smiley == row["smiley"] for one, row in zip(votes, rows)], bool)
    threshold = sure_from(share, right, fewest=FEWEST_SURE)
    return None if np.isnan(threshold) else round(float(threshold), 4)


def old_pictures(data):
    """Rows and pictures that keep the net from forgetting: those of a data set, or the shipped."""
    from experiments.smileys import replay
    from experiments.smileys.data import SmileyData

    if data is None:
        return replay.load()
    found = SmileyData.read(data)
    return found.rows, found.pictures


def name_pictures(network, meta, rows, pictures):
    """What the vote says of test pictures: (`own_threshold`, dicts of path, smiley, seen)."""
    from common.tables import box_of
    from pipeline.vote import Voter

    voter = Voter.of(network, meta)
    votes = [voter.vote(picture, box_of(row)) for row, picture in zip(rows, pictures)]
    answers = [
        {"path": row["path"], "smiley": row["smiley"], "seen": vote.smiley}
        for row, vote in zip(rows, votes)
    ]
    return own_threshold(votes, rows), answers


def print_accuracy(found):
    """Say how right the net was before and after, if there were pictures to test it on."""
    if not found["tested"]:
        return
    what = "shots that did not teach"
    if not found["whole"]:
        what = "neighbouring frames of the same shots"
    print(
        f"accuracy on {found['tested']} pictures of {what}: {found['before']:.2f} before, "
        f"{found['after']:.2f} after; the net written has learned from all {found['taught']}"
    )


def line_printer(steps):
    """What is called after each batch: for programs every fifth time a JSON line."""
    from common.output import line

    done = itertools.count(1)

    def tick(_):
        number = next(done)
        if number % 5 == 0:
            print(line({"done": number, "steps": steps}), flush=True)

    return tick


def main(argv=None):
    """Run the script; ``argv`` as for argparse."""
    arguments = parse_args(argv)
    from common.output import check_output, line

    check_output(arguments.out, arguments.smiles)
    from tqdm import tqdm

    from experiments.core.training import set_seed
    from experiments.personal.fine_tuning import Accuracy, FineTuner, check_smileys, hold_out
    from experiments.real.measures import RIGHT
    from experiments.smileys import replay
    from nets.weights import load_network, save_weights

    rows, pictures = pictures_of(arguments.data, arguments.person)
    set_seed(arguments.seed)
    network, meta = load_network(arguments.smiles, "smiles")
    normalized = meta["normalized"]
    check_smileys(rows, meta["classes"], arguments.data)
    old = old_pictures(arguments.old)
    check_smileys(old[0], meta["classes"], arguments.old or replay.REPLAY)
    train, test, whole = hold_out(rows)

    def part(indices):
        return [rows[k] for k in indices], [pictures[k] for k in indices]

    accuracy = Accuracy(network, meta["classes"], normalized)
    before = accuracy(*part(test)) if test else None
    tuner = FineTuner(network, meta["classes"], old, arguments.seed, normalized)
    # Who names old pictures has those whom the net knows: nothing need be kept back for them.
    settings = {"share": 1.0} if arguments.old else {}
    rounds = [train, range(len(rows))] if test else [train]  # the second one is for use
    steps = tuner.settings.steps * len(rounds)
    after, threshold, answers = None, None, []
    with tqdm(total=steps, desc="learning", unit="batch", disable=arguments.json) as bar:
        tick = line_printer(steps) if arguments.json else lambda _: bar.update()
        tuner(part(train), tick, **settings)
        if test:
            after = accuracy(*part(test))
            threshold, answers = name_pictures(network, meta, *part(test))
            tuner.reset()
            tuner(part(rounds[1]), tick, **settings)
    save_weights(
        arguments.out,
        network,
        "smiles",
        classes=meta["classes"],
        origin=f"experiments/enrol.py from {arguments.smiles.name}, {len(rows)} pictures",
        normalized=normalized,
        sure={"threshold": threshold, "wanted": RIGHT, "tested": len(test)},
    )
    found = {"before": before, "after": after, "tested": len(test), "whole": whole}
    found |= {"taught": len(rows), "answers": answers}
    if arguments.json:
        print(line(found), flush=True)
        return
    print_accuracy(found)
    print(f"wrote {arguments.out}; use it by --smiles, or remove it to undo")


if __name__ == "__main__":
    cli.run(main)
