"""Measure how many augmented windows a second one core makes, and one background worker.

Takes a minute, and prints both.
"""

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
BATCHES, RUNS = 8, 5  # of a run; of a rate


def main(argv=None):
    """Print the rates: median, lowest and highest of several runs."""
    cli.parser(__doc__).parse_args(argv)
    cv2.setNumThreads(0)
    source, settings = Mipmap(drawn_face()), Augmentation()

    def make_batch(rng):
        return (np.stack([augment(rng, source, BOX, settings) for _ in range(BATCH)]),)

    for name, workers in (("one core", 0), ("one background worker", 1)):
        rates = []
        with Stream(make_batch, 0, workers, prefetch=1) as stream:
            next(stream)
            for _ in range(RUNS):
                start = time.perf_counter()
                for _ in range(BATCHES):
                    next(stream)
                rates.append(BATCH * BATCHES / (time.perf_counter() - start))
        print(
            f"{name}: {np.median(rates):.0f} windows of 48x48 a second "
            f"(from {min(rates):.0f} to {max(rates):.0f}, {RUNS} runs)"
        )


if __name__ == "__main__":
    cli.run(main)
