"""Measure enrolment on real people: a few pictures a smiley, tested on other ways of acting.

    python experiments/eval_enrol_real.py --data expressions.csv --boxes haar --people first

Minutes: a teaching takes --steps batches. DATA is a labelled set with the columns person and
performance (how it was acted): pictures of one performance train, those of the others test.
The person's labels are all that is taught; what others lose is measured on the people of the
same half who were not taught. Writes table.csv and REPORT.md.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from common.arguments import count
from experiments.core.expected import expecting


def parse_args(argv):
    """Read the command line."""
    parser = cli.parser(expecting(__doc__, "eval_enrol_real"))
    add = parser.add_argument
    root = cli.ROOT
    add("--data", type=Path, required=True, metavar="CSV", help="labelled set: CSV file or folder")
    add("--smiles", type=Path, default=root / "weights" / "real.npz", help="net to start from")
    add("--people", choices=("all", "first", "second"), default="all",
        help="half of the people, in the order of their names (default all)")  # fmt: skip
    add("--boxes", choices=("ours", "haar"), default="ours", help="who drew the labelled squares")
    add("--taught", type=count, nargs="+", default=[1, 2, 3, 5], metavar="K",
        help="pictures of each label that teach (default 1 2 3 5)")  # fmt: skip
    add("--performance", default="personal", help="the way of acting that teaches (personal)")
    add("--steps", type=int, help="batches of 64 windows (default: as enrol.py)")
    add("--limit", type=int, help="teach so many of the people only")
    add("--seed", type=int, default=0)
    add("--out", type=Path, default=root / "results" / "enrol_real", help="folder for the results")
    return parser.parse_args(argv)


def main(argv=None):
    """Run the script; ``argv`` as for argparse."""
    args = parse_args(argv)
    from tqdm import tqdm

    from common.crops import Mipmap
    from common.output import make_folder, write_csv, write_file
    from experiments.core.results import command_line
    from experiments.personal.fine_tuning import STEPS, FineTuner
    from experiments.personal.real_people import (
        COLUMNS,
        LabelAccuracy,
        LabelledPeople,
        fine_tune_one,
        report,
    )
    from experiments.real.labelled import read_labelled
    from experiments.smileys import replay
    from nets.weights import load_network

    make_folder(args.out, parents=True)
    steps = args.steps or STEPS
    found = read_labelled(args.data, args.people, args.boxes)
    if args.performance not in found.ways:
        raise cli.UserError(f"{args.data} has no picture of the performance {args.performance}")
    pictures = [Mipmap(found.picture(k)) for k in range(len(found.paths))]
    people = LabelledPeople(
        pictures, found.boxes, found.labels, found.people, found.ways, found.groups
    )  # fmt: skip
    network, meta = load_network(args.smiles, "smiles")
    normalized = meta["normalized"]
    accuracy = LabelAccuracy(network, meta["classes"], people, normalized)
    tuner = FineTuner(network, meta["classes"], replay.load(), args.seed, normalized)
    names = sorted(set(people.names))[: args.limit]
    rows = []
    with tqdm(total=len(names) * len(args.taught), desc="teaching", unit="person") as bar:
        for name in names:
            for count in args.taught:
                row = fine_tune_one(tuner, accuracy, people, name, count, args.performance, steps)
                rows.append(row)
                write_csv(args.out / "table.csv", COLUMNS, rows, digits=4)
                bar.update()
    command = command_line("python experiments/eval_enrol_real.py", argv)
    text = report(rows, args.data.name, command, steps, len(people.groups))
    write_file(args.out / "REPORT.md", text)
    print(text)
    return 0


if __name__ == "__main__":
    cli.run(main)
