"""Measure how many augmented windows a second one core makes, and one background worker."""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

import cv2
import numpy as np

from augment.drawn import BOX, drawn_face
from augment.stream import Stream
from augment.transforms import Augmentation, augment
from common.crops import Mipmap

BATCH = 128


def main(argv=None):
    """Print the rates: median, lowest and highest of several runs."""
    parser = cli.parser(__doc__)
    parser.add_argument("--batches", type=int, default=8, help="of 128 windows in a run")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--source", type=int, default=192, help="side of the source in pixels")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(argv)
    cv2.setNumThreads(0)
    source, settings = Mipmap(drawn_face(args.source)), Augmentation()
    box = tuple(value * args.source / 192 for value in BOX)

    def make_batch(rng):
        return (np.stack([augment(rng, source, box, settings) for _ in range(BATCH)]),)

    for name, workers in (("one core", 0), ("one background worker", 1)):
        rates = []
        with Stream(make_batch, args.seed, workers, prefetch=1) as stream:
            next(stream)
            for _ in range(args.runs):
                start = time.perf_counter()
                for _ in range(args.batches):
                    next(stream)
                rates.append(BATCH * args.batches / (time.perf_counter() - start))
        print(
            f"{name}: {np.median(rates):.0f} windows of 48x48 a second "
            f"(from {min(rates):.0f} to {max(rates):.0f}, {args.runs} runs)"
        )


if __name__ == "__main__":
    cli.run(main)
