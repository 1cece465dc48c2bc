"""Train the smiley network on a data set and measure it on what was held out.

The article's three attempts are `--no-augment`, `--split person` and, what worked
for its author, `--split image`. `--strangers` is for a net that must read faces unlike
those it learns from. The number of classes comes from the data.

Ctrl-C saves and ends; `--resume` goes on, to the same weights as if nothing had
happened, also after a kill. Watch it by `make monitor`.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from common.arguments import count, whole
from experiments.core.expected import expecting


def parse_args(argv=None):
    """The command line."""
    parser = cli.parser(expecting(__doc__, "train_smiles"))
    add = parser.add_argument
    add("--data", required=True, help="folder with manifest.csv, or a CSV file")
    add(
        "--split",
        choices=("person", "clip", "image", "none"),
        default="image",
        help="what is held out; none: there is no test set (default image)",
    )
    add("--folds", type=int, default=5, help="one of so many parts is held out")
    add("--fold", type=int, default=0, help="which one (default 0)")
    add("--no-augment", action="store_true", help="train on the squares as labelled")
    add(
        "--strangers",
        action="store_true",
        help="augment harder, for faces unlike the data's: real ones, where those are rendered",
    )
    add("--epochs", type=count, default=80, help="passes through the data")
    add("--batch", type=count, default=32)
    add("--seed", type=whole(0), default=0)
    add("--workers", type=whole(0), default=1, help="processes that augment")
    add("--resume", action="store_true", help="go on where a training stopped")
    add("--no-monitor", action="store_true", help="write nothing for TensorBoard")
    add(
        "--out",
        required=True,
        type=Path,
        help="folder for smiles.npz, its card smiles.md, metrics.jsonl, curves.png",
    )
    args = parser.parse_args(argv)
    if args.no_augment and args.strangers:
        parser.error("--no-augment and --strangers contradict each other")
    if not 0 <= args.fold < args.folds:
        parser.error(f"--fold must be from 0 to {args.folds - 1}")
    return args


def main(argv=None):
    """Train, write the results, print the chosen epoch's."""
    args = parse_args(argv)
    from common.interrupt import Interrupt
    from common.output import make_folder
    from experiments.core.training import check_unfinished
    from experiments.smileys.data import SMILEYS, STRANGERS, SmileyData
    from experiments.smileys.splits import parts_of
    from experiments.smileys.training import epoch_steps, train_smileys

    data = SmileyData.read(args.data)
    parts = parts_of(data.rows, args.split, args.folds, args.fold, args.seed)
    steps = epoch_steps(len(parts.train), args.batch)
    out = args.out
    make_folder(out, parents=True)
    if not args.resume:
        check_unfinished(out, args.epochs * steps)
    data_hash = data.hash()
    settings = {"data": data_hash, "split": args.split, "folds": args.folds, "fold": args.fold}
    with Interrupt() as interrupt:
        trained = train_smileys(
            data,
            parts,
            out,
            augmentation=None if args.no_augment else STRANGERS if args.strangers else SMILEYS,
            epochs=args.epochs,
            steps=steps,
            batch=args.batch,
            seed=args.seed,
            settings=settings,
            watch=not args.no_monitor,
            workers=args.workers,
            resume=args.resume,
            stop=lambda: interrupt.wanted,
        )
    try:
        write_results(args, argv, data, parts, trained, data_hash)
    except OSError as error:
        raise cli.UserError(
            f"cannot write the results to {out}: {error.strerror}; make room and call again "
            "with --resume"
        ) from None
    chosen = trained.chosen
    part = "test" if len(parts.test) else "validation"
    accuracy = chosen["val_accuracy" if len(parts.test) else "choose_accuracy"]
    print(
        f"{part} accuracy {accuracy:.3f} (chance {1 / len(data.classes):.3f}), "
        f"training {chosen['train_accuracy']:.3f}, epoch {chosen['epoch']} of {args.epochs}; "
        f"written to {out}"
    )
    return 0


def write_results(args, argv, data, parts, trained, data_hash):
    """Weights, their card, the curves."""
    from experiments.core.plots import plot_curves
    from experiments.core.results import command_line
    from experiments.core.training import RATE
    from experiments.smileys.model_card import write_card
    from experiments.smileys.training import epoch_steps
    from nets.weights import save_weights

    command = command_line("experiments/train_smiles.py", argv, without=["--resume"])
    meta = {"classes": data.classes, "origin": command}
    save_weights(args.out / "smiles.npz", trained.network, "smiles", **meta)
    steps = epoch_steps(len(parts.train), args.batch)
    what = "windows as labelled" if args.no_augment else "augmented windows"
    what += ", harder than usual (`STRANGERS`)" * args.strangers
    write_card(
        args.out / "smiles.md",
        data,
        parts,
        trained,
        title="smiles.npz: the smiley net",
        source=Path(args.data).name,
        data_hash=data_hash,
        command=f"python {command}",
        training=f"{args.epochs} epochs of {steps} batches of {args.batch} {what}, "
        f"seed {args.seed}, Adam, the rate falling from {RATE:g} to 0 along a cosine.",
    )
    plot_curves(trained.history, args.out / "curves.png", chance=1 / len(data.classes))


if __name__ == "__main__":
    cli.run(main)
