"""Find from which share on a smiley net's answers are right nine times in ten, and note it.

    python experiments/set_confidence.py --data acted.csv:second fer/manifest.csv --out real.npz

The threshold is chosen on half of the people and told of the other half, through the detector,
with the vote of 45 windows, among all smileys. It goes into the weights, as `sure`; without it
Smielfy shows every answer as a guess. FILE:first or FILE:second takes half of a set's people:
name only people who neither trained nor chose the net.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from experiments.core.expected import expecting

HALVES = ("all", "first", "second")


def parse_args(argv):
    """Read the command line."""
    parser = cli.parser(expecting(__doc__, "set_confidence"))
    add = parser.add_argument
    add("--data", nargs="+", required=True, metavar="CSV[:HALF]", help="labelled sets of faces")
    weights = cli.ROOT / "weights"
    add("--smiles", type=Path, default=weights / "real.npz", metavar="FILE", help="net to measure")
    add("--weights", type=Path, default=weights, metavar="DIR", help="folder of the detector")
    add("--seed", type=int, default=0, help="of the halves that choose and tell")
    add("--out", type=Path, required=True, metavar="FILE", help="weights to write; may be --smiles")
    return parser.parse_args(argv)


def split_name(text):
    """(path, half) of what ``--data`` names."""
    path, _, half = text.rpartition(":")
    return (Path(path), half) if path and half in HALVES else (Path(text), "all")


def pooled(outcomes):
    """One `Outcome` of several; people of different sets are different people."""
    import numpy as np

    from experiments.real.measures import ALL, Outcome

    people = [[f"{number}/{who}" for who in one.people] for number, one in enumerate(outcomes)]
    join = np.concatenate
    return Outcome(
        join([one.truth for one in outcomes]),
        join([np.array(names) for names in people]),
        {ALL: join([one.right[ALL] for one in outcomes])},
        join([one.chosen for one in outcomes]),
        join([one.share for one in outcomes]),
    )


def main(argv=None):
    """Run the script; ``argv`` as for argparse."""
    arguments = parse_args(argv)
    from common.output import check_output

    check_output(arguments.out)
    from experiments.real.answers import DETECTOR, detected, our_answers, whole_where_missing
    from experiments.real.labelled import read_labelled
    from experiments.real.measures import RIGHT, evaluate, not_sure
    from nets.weights import note

    outcomes = []
    for path, half in map(split_name, arguments.data):
        data = read_labelled(path, half, "ours")
        boxes = whole_where_missing(data), detected(data, arguments.weights)
        answers = our_answers(data, arguments.smiles, *boxes)
        outcomes += [evaluate(data, one) for one in answers if one.way == DETECTOR]
    outcome = pooled(outcomes)
    found = not_sure(outcome, arguments.seed)
    sure = {
        "threshold": found["threshold"] if found["count"] else None,
        "wanted": RIGHT,
        "right": found["right"] if found["count"] else None,
        "shown": found["shown"],
        "count": found["count"],
        "people": len(set(outcome.people)),
        "sets": [split_name(text)[0].stem for text in arguments.data],
    }
    note(arguments.smiles, arguments.out, sure=sure)
    print(json.dumps(sure, indent=2))


if __name__ == "__main__":
    cli.run(main)
