"""Count how often nets name a rare smiley on faces of people who were not asked to make one.

    python experiments/eval_rare.py --data DATA --out results/eval_rare/table.csv

News photos, video frames and web pictures show people talking, smiling, looking on; hardly
anybody winks or sends a kiss. DATA is the folder of published sets, as for train_real.py; asked
are the people on whom it does not train. Faces that were seen to show a rare smiley are left
out. Nine windows vote.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from tqdm import tqdm

from experiments.core.expected import expecting


def parse_args(argv=None):
    """The command line."""
    parser = cli.parser(expecting(__doc__, "eval_rare"))
    add = parser.add_argument
    add("--data", type=Path, required=True, help="folder of the published sets")
    default = [cli.ROOT / "weights" / "real.npz"]
    add("--smiles", type=Path, nargs="+", default=default, metavar="NPZ", help="default real.npz")
    add("--out", type=Path, required=True, metavar="CSV", help="table to write")
    return parser.parse_args(argv)


def main(argv=None):
    """Ask every net, write and print the table."""
    args = parse_args(argv)
    from common.output import check_output, write_csv
    from experiments.real.rare import rows_of

    check_output(args.out)
    rows = rows_of(args.data, args.smiles, lambda names: tqdm(names, desc="sets"))
    write_csv(args.out, list(rows[0]), rows, digits=6)
    for row in rows:
        print(
            f"{row['set']}, {row['net']}: {row['share']:.3f} ({row['low']:.3f} to "
            f"{row['high']:.3f}) of {row['faces']} faces"
        )
    return 0


if __name__ == "__main__":
    cli.run(main)
