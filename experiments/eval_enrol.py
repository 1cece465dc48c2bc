"""Measure enrolment: five pictures a smiley of a woman the network has never seen.

    make eval-enrol

Rendered women outside the training set are taught one by one (experiments/enrol.py's way,
with the pictures shipped for it); each is tested on a shot of every smiley that did not
teach, and the old women on pictures of theirs that are not among the shipped ones.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from common.arguments import count
from experiments.core.expected import expecting

COLUMNS = (
    "plan", "person", "taught", "before", "after", "old_before", "old_after", "seconds",
)  # fmt: skip
# Which frames of which shots teach: five a smiley. The last shot is the test.
PLANS = {
    "one shot": {(0, frame) for frame in range(5)},
    "three shots": {(0, 0), (0, 4), (1, 0), (1, 4), (2, 2)},
}
TEST_SHOT = 3
GOAL, LOSS = 0.90, 0.02  # accuracy to reach; what the old women may lose


def parse_args(argv):
    """Read the command line."""
    parser = cli.parser(expecting(__doc__, "eval_enrol"))
    add = parser.add_argument
    root = cli.ROOT
    add("--people", type=count, default=5, help="new women (default 5)")
    add("--data", type=Path, default=root / "data" / "enrol", help="folder for the new women")
    add("--old", type=Path, default=root / "data" / "smileys", help="the rendered set")
    add("--smiles", type=Path, default=root / "weights" / "smiles.npz", help="net to start from")
    add("--seed", type=int, default=0, help="of the batches and of dropout")
    add("--out", type=Path, default=root / "results" / "enrol", help="folder for the results")
    return parser.parse_args(argv)


def main(argv=None):
    """Run the script; ``argv`` as for argparse."""
    args = parse_args(argv)
    import time

    from tqdm import tqdm

    from common.output import make_folder, write_csv
    from experiments.core.results import command_line
    from experiments.core.training import set_seed
    from experiments.personal.fine_tuning import Accuracy, FineTuner
    from experiments.personal.rendered_people import FIRST, render_people
    from experiments.smileys import replay
    from experiments.smileys.data import SmileyData
    from nets.weights import load_network

    make_folder(args.out, parents=True)
    render_people(args.data, args.people)
    new, old = SmileyData.read(args.data), SmileyData.read(args.old)
    packed = set(replay.kept(old.rows))
    others = old.of([k for k in range(len(old.rows)) if k not in packed][::5])
    set_seed(args.seed)
    network, meta = load_network(args.smiles, "smiles")
    normalized = meta["normalized"]
    accuracy = Accuracy(network, meta["classes"], normalized)
    tuner = FineTuner(network, meta["classes"], replay.load(), args.seed, normalized)
    old_before = accuracy(*others)
    rows = []
    bar = tqdm(total=len(PLANS) * args.people * tuner.settings.steps, desc="learning", unit="batch")
    with bar:
        for plan, frames in PLANS.items():
            for number in range(args.people):
                person = f"p{FIRST + number}"
                train, test = choose(new.rows, person, frames)
                tuner.reset()
                before = accuracy(*new.of(test))
                start = time.process_time()
                tuner(new.of(train), tick=lambda done: bar.update())
                seconds = time.process_time() - start
                after = accuracy(*new.of(test))
                found = (before, after, old_before, accuracy(*others))
                rows.append((plan, person, len(train), *(f"{value:.4f}" for value in found),
                             f"{seconds:.1f}"))  # fmt: skip
                bar.set_postfix(before=f"{before:.2f}", after=f"{after:.2f}")
                write_csv(args.out / "table.csv", COLUMNS, rows)
    command = command_line("python experiments/eval_enrol.py", argv)
    measured = {"classes": len(meta["classes"]), "old": len(others[0])}
    report = write_report(rows, args, command, f"{new.hash()} (new), {old.hash()} (old)", measured)
    print(report)


def choose(rows, person, frames):
    """Indices of a person's training and test pictures."""
    train, test = [], []
    for index, row in enumerate(rows):
        take = int(row["clip"].rpartition("-")[2])
        if row["person"] == person and (take, int(row["frame"])) in frames:
            train.append(index)
        elif row["person"] == person and take == TEST_SHOT:
            test.append(index)
    return train, test


def write_report(rows, args, command, data, measured):
    """Write ``REPORT.md``; returns its text."""
    import numpy as np

    from common.output import write_file
    from experiments.core.results import table_head

    lines = [
        "# Enrolment: one more face from five pictures a smiley",
        "",
        f"`{command}`, data {data}. {args.people} rendered women outside the training set, "
        f"{measured['classes']} smileys; chance is {1 / measured['classes']:.3f}. A woman is "
        "tested on one window of each of the five frames of a shot of every smiley that did not "
        "teach, in which she makes the smiley anew; the old women on "
        f"{measured['old']} pictures that are not among the shipped ones. The spread is the "
        "standard deviation over the women; one seed each. The seconds are the "
        "processor's, of the teaching alone.",
        "",
        *table_head(
            "| five pictures a smiley from | before | after | least "
            "| old women before | after | most lost |"
        ),
    ]
    said = []
    for plan in PLANS:
        part = np.array([[float(v) for v in row[3:7]] for row in rows if row[0] == plan])
        _, after, old_before, old_after = part.T
        spread = [f"{v.mean():.3f} ± {v.std(ddof=min(1, len(v) - 1)):.3f}" for v in part.T]
        lost = (old_before - old_after).max()
        lines.append(
            f"| {plan} | {spread[0]} | {spread[1]} | {after.min():.3f} | {old_before[0]:.3f} | "
            f"{spread[3]} | {lost:.3f} |"
        )
        said.append(
            f"From {plan}: {(after >= GOAL).sum()} of {len(after)} women reach {GOAL:.2f} "
            f"(the mean {'does' if after.mean() >= GOAL else 'does not'}); the old women lose "
            f"{'at most' if lost <= LOSS else 'more than'} {100 * LOSS:.0f} points."
        )
    lines += ["", *said, ""]
    lines += table_head("| plan | woman | before | after | old after | seconds |")
    lines += [f"| {r[0]} | {r[1]} | {r[3]} | {r[4]} | {r[6]} | {r[7]} |" for r in rows]
    text = "\n".join(lines) + "\n"
    write_file(args.out / "REPORT.md", text)
    return text


if __name__ == "__main__":
    cli.run(main)
