"""Train the smiley network on a data set and measure it on what was held out.

The article's three attempts are `--no-augment`, `--split person` and, what worked
for its author, `--split image`. The number of classes comes from the data.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import cli

cli.use_project_python()


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", required=True, help="folder with manifest.csv, or a CSV file")
    parser.add_argument("--split", choices=("person", "clip", "image"), default="image")
    parser.add_argument("--folds", type=int, default=5, help="one of so many parts is held out")
    parser.add_argument("--fold", type=int, default=0, help="which one (default 0)")
    parser.add_argument(
        "--no-augment", action="store_true", help="train on the squares as labelled"
    )
    parser.add_argument("--epochs", type=int, default=80)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1, help="processes that augment")
    parser.add_argument(
        "--out", required=True, help="folder for smiles.npz, metrics.jsonl, curves.png"
    )
    args = parser.parse_args()
    for name in ("epochs", "batch"):
        if getattr(args, name) < 1:
            parser.error(f"--{name} must be at least 1")
    if not 0 <= args.fold < args.folds:
        parser.error(f"--fold must be from 0 to {args.folds - 1}")
    return args


def main():
    """Train, write the results, print the last epoch's."""
    args = arguments()
    from dataset.manifest import classes_of
    from experiments.smiley_data import SMILEYS, read_smiley_data
    from experiments.smiley_training import train_and_validate
    from experiments.splits import folds_of

    rows, pictures = read_smiley_data(args.data)
    classes = classes_of(rows)
    if len(classes) < 2:
        raise cli.UserError(f"{args.data} has one class only: {classes[0]}")
    held_out = folds_of(rows, args.split, args.folds, args.seed) == args.fold
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    last = train_and_validate(
        [(row, picture) for row, picture, val in zip(rows, pictures, held_out) if not val],
        [(row, picture) for row, picture, val in zip(rows, pictures, held_out) if val],
        classes,
        out,
        augmentation=None if args.no_augment else SMILEYS,
        epochs=args.epochs,
        batch=args.batch,
        seed=args.seed,
        workers=args.workers,
        origin=" ".join(["experiments/train_smiles.py", *sys.argv[1:]]),
    )
    print(
        f"validation accuracy {last['val_accuracy']:.3f} (chance {1 / len(classes):.3f}), "
        f"training {last['train_accuracy']:.3f}; written to {out}"
    )


if __name__ == "__main__":
    cli.run(main)
