"""Measure enrolment on real people: a few pictures a smiley, tested on other ways of acting.

    python experiments/eval_enrol_real.py --data expressions.csv --boxes haar --people second

DATA is a labelled set with the columns person and performance (how it was acted): pictures of
some performances train, those of the others test. The person's labels are all that is taught;
what others lose is measured on the people of the same part who were not taught. With
--landmarks each is also taught by one neutral picture alone, made to pull all 17 smileys. Writes
table.csv, a row for each number of pictures with intervals over people, people.csv and REPORT.md.
"""

import itertools
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from common.arguments import count, number
from experiments.core.expected import expecting


def parse_args(argv):
    """Read the command line."""
    parser = cli.parser(expecting(__doc__, "eval_enrol_real"))
    add = parser.add_argument
    root = cli.ROOT
    add("--data", type=Path, required=True, metavar="CSV", help="labelled set: CSV file or folder")
    add("--smiles", type=Path, default=root / "weights" / "real.npz", help="net to start from")
    add("--people", choices=("all", "first", "second", "choose"), default="all",
        help="half of the people, in the order of their names; choose: every other one of the "
             "first half, by whom the settings of teaching were chosen (default all)")  # fmt: skip
    add("--boxes", choices=("ours", "haar"), default="ours", help="who drew the labelled squares")
    add("--taught", type=count, nargs="+", default=[1, 2, 3, 5], metavar="K",
        help="pictures of each label that teach (default 1 2 3 5)")  # fmt: skip
    add("--performances", nargs="+", default=["personal", "facs"], metavar="WAY",
        help="ways of acting that teach, in this order; the others test")  # fmt: skip
    add("--landmarks", type=Path, metavar="NPZ",
        help="of neutral pictures, path as in the CSV, see dataset/make_puppets.py")  # fmt: skip
    add("--steps", type=count, help="batches of 64 windows (default: as enrol.py)")
    add("--rate", type=number(0), help="first step size of Adam (default: as enrol.py)")
    add("--share", type=number(0, 1), help="of what is learnt that is kept (default: as enrol.py)")
    add("--limit", type=count, help="teach so many of the people only")
    add("--seeds", type=count, default=1, help="how often each is taught (default 1)")
    add("--out", type=Path, default=root / "results" / "enrol_real", help="folder for the results")
    return parser.parse_args(argv)


def read_people(data, part, boxes):
    """The labelled pictures of a part of the people: (`LabelledPeople`, their paths)."""
    import numpy as np

    from common.crops import Mipmap
    from experiments.personal.real_people import LabelledPeople
    from experiments.real.acted import performers
    from experiments.real.labelled import read_labelled

    found = read_labelled(data, "all" if part == "choose" else part, boxes)
    kept = set(performers(found.people, "choose") if part == "choose" else found.people)
    kept = np.flatnonzero([name in kept for name in found.people])
    people = LabelledPeople(
        [Mipmap(found.picture(k)) for k in kept],
        *(values[kept] for values in (found.boxes, found.labels, found.people, found.ways)),
        found.groups,
    )
    return people, [found.paths[k] for k in kept]


def puppets_of(people, paths, args):
    """The neutral picture that teaches a person first, made to pull all smileys: dict by name.

    Who has no neutral picture to spare for teaching is left out, and all without --landmarks.
    """
    from common.tables import manifest_path
    from experiments.personal.puppets import pull_all, read_source

    folder, found = manifest_path(args.data).parent, {}
    for name in sorted(set(people.names)) if args.landmarks else ():
        teach, _ = people.divide(name, 1, args.performances)
        for k in teach:
            if people.groups[people.labels[k]] == ("neutral",):
                inner = paths[k].relative_to(folder).as_posix()
                found[name] = pull_all(read_source(paths[k], args.landmarks, inner, name))
    return found


def main(argv=None):
    """Run the script; ``argv`` as for argparse."""
    args = parse_args(argv)
    from tqdm import tqdm

    from common.output import make_folder, write_csv, write_file
    from experiments.core.results import command_line
    from experiments.core.training import set_seed
    from experiments.personal.fine_tuning import FineTuner
    from experiments.personal.real_people import (
        COLUMNS,
        PUPPETS,
        LabelAccuracy,
        fine_tune_one,
        report,
        summary,
    )
    from experiments.smileys import replay
    from nets.weights import load_network

    make_folder(args.out, parents=True)
    people, paths = read_people(args.data, args.people, args.boxes)
    missing = sorted(set(args.performances) - set(people.ways))
    if missing:
        raise cli.UserError(f"{args.data} has no picture of the performance {', '.join(missing)}")
    settings = {name: getattr(args, name) for name in ("steps", "rate", "share")}
    settings = {name: value for name, value in settings.items() if value is not None}
    names = sorted(set(people.names))[: args.limit]
    puppets = puppets_of(people, paths, args)
    plans = [*itertools.product(names, args.taught)]
    plans += [(name, PUPPETS) for name in names if name in puppets]
    rows, old = [], replay.load()
    with tqdm(total=args.seeds * len(plans), desc="teaching", unit="person") as bar:
        for seed in range(args.seeds):
            set_seed(seed)
            network, meta = load_network(args.smiles, "smiles")
            accuracy = LabelAccuracy(network, meta["classes"], people, meta["normalized"])
            tuner = FineTuner(network, meta["classes"], old, seed, meta["normalized"])
            for name, each in plans:
                part = puppets[name] if each == PUPPETS else None
                ways = args.performances
                rows.append(fine_tune_one(tuner, accuracy, name, each, ways, part, **settings))
                write_csv(args.out / "people.csv", COLUMNS, rows, digits=4)
                bar.update()
    table = summary(rows)
    write_csv(args.out / "table.csv", list(table[0]), table, digits=6)
    command = command_line("python experiments/eval_enrol_real.py", argv)
    steps = args.steps or tuner.settings.steps
    text = report(table, args.data.name, command, steps, len(people.groups))
    write_file(args.out / "REPORT.md", text)
    print(text)
    return 0


if __name__ == "__main__":
    cli.run(main)
