"""Measure what bfloat16 changes in the vote: how fast it is, and how often another smiley wins.

The same 45 windows beside the same square vote in float32 and in bfloat16: those of each frame
of videos whose truth lies beside them (NAME.json), of videos without one (their squares are
our detector's) and of pictures whose squares a table gives (path,x,y,w,h). Writes
precision.csv.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

import numpy as np
from tqdm import tqdm

from experiments.bench.machine import bfloat16_or_error
from experiments.bench.squares import squares_of, squares_parser
from experiments.core.expected import expecting
from experiments.core.results import write_rows

PRECISIONS = ("float32", "bfloat16")
SAME, SHARE = 0.999, 0.005  # what bfloat16 must keep to be the default


def compare(voters, squares):
    """Shares of each precision (frames, classes), and processor seconds of each vote (frames,)."""
    shares, seconds = ({precision: [] for precision in PRECISIONS} for _ in range(2))
    for number, (picture, square) in enumerate(squares):
        # Each precision first in every other frame: what one leaves in the cache helps the other.
        for precision in PRECISIONS if number % 2 else PRECISIONS[::-1]:
            start = time.thread_time()
            vote = voters[precision].vote(picture, square)
            seconds[precision].append(time.thread_time() - start)
            shares[precision].append(vote.shares)
    return [{precision: np.array(v) for precision, v in of.items()} for of in (shares, seconds)]


def row_of(net, name, shares, seconds):
    """One line of the table."""
    exact, near = (shares[precision] for precision in PRECISIONS)
    far = np.abs(exact - near).max(axis=1)
    return {
        "net": net,
        "frames_of": name,
        "frames": len(exact),
        "same_winner": np.mean(exact.argmax(axis=1) == near.argmax(axis=1)),
        "share_differs_mean": float(far.mean()),
        "share_differs_most": float(far.max()),
        "times_as_fast": np.median(seconds["float32"] / seconds["bfloat16"]),
    }


def main(argv=None):
    """Measure and write the table."""
    parser = squares_parser(expecting(__doc__, "bench/precision"), limit=1000)
    nets = [cli.ROOT / "weights" / name for name in ("smiles.npz", "real.npz")]
    parser.add_argument("--smiles", nargs="+", type=Path, default=nets)
    args = parser.parse_args(argv)
    for path in args.data:
        if not path.exists():
            raise cli.UserError(f"no file {path}")
    bfloat16_or_error()
    from pipeline.cascade import Detector
    from pipeline.vote import Voter

    detector = Detector.load(cli.ROOT / "weights")
    rows = []
    for net in args.smiles:
        voters = {precision: Voter.load(net, precision=precision) for precision in PRECISIONS}
        for path in args.data:
            squares = squares_of(path, detector, args.limit, args.seed)
            found = compare(voters, tqdm(squares, desc=f"{net.stem}, {path.stem}"))
            if len(found[0]["float32"]):
                rows.append(row_of(net.stem, path.stem, *found))
                write_rows(args.out / "precision.csv", rows)
    frames = np.array([row["frames"] for row in rows])
    same = np.average([row["same_winner"] for row in rows], weights=frames)
    most = max(row["share_differs_most"] for row in rows)
    print((args.out / "precision.csv").read_text())
    holds = "holds" if same >= SAME and most < SHARE else "does not hold"
    print(
        f"{frames.sum()} frames: the same winner in {same:.2%} (asked {SAME:.1%}), shares differ "
        f"by {most:.4f} at most (asked {SHARE}): the agreement {holds}"
    )


if __name__ == "__main__":
    cli.run(main)
