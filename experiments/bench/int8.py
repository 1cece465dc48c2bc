"""Measure how far a vote of int8 convolutions would agree with float32, by simulating it.

Filters are rounded to 8 bits with a scale each, what goes from block to block to 8 bits without
sign with one scale a block (the largest value over frames that do not count afterwards); pixels
are 8 bits anyway, sums and the dense layers stay float32. Writes int8.csv. No kernels are timed.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

import numpy as np
from tqdm import tqdm

from common.output import write_csv
from experiments.bench.squares import squares_of, squares_parser
from experiments.core.expected import expecting


def eight_bits(filters):
    """Filters (F, C, K, K) rounded to 255 levels, a scale for each of F."""
    scale = np.abs(filters).max(axis=(1, 2, 3), keepdims=True) / 127
    return np.round(filters / scale) * scale


class Rounded:
    """A smiley net cut after each block, with rounded filters.

    Parameters
    ----------
    path : path-like

    Attributes
    ----------
    largest : list of float
        Of each block's output but the last's; `calibrate` raises them.
    """

    def __init__(self, path):
        import lasagne
        import theano
        import theano.tensor as T

        from nets.weights import load_network

        network, _ = load_network(path, "smiles")
        layers = lasagne.layers.get_all_layers(network)
        for layer in layers:
            if isinstance(layer, lasagne.layers.Conv2DLayer):
                filters = eight_bits(layer.W.get_value())
                layer.W.set_value(filters.astype(np.float32))
        cuts = [layer for layer in layers if isinstance(layer, lasagne.layers.MaxPool2DLayer)]
        self.parts = []
        for first, last in zip([layers[0], *cuts], [*cuts, network]):
            maps = T.tensor4()
            output = lasagne.layers.get_output(last, {first: maps}, deterministic=True)
            output = T.nnet.softmax(output).sum(axis=0) if last is network else output
            self.parts.append(theano.function([maps], output))
        self.largest = [0.0] * (len(cuts) - 1)

    def calibrate(self, windows):
        """Widen the scales until they hold what these windows (N, 3, 48, 48) give."""
        for k, part in enumerate(self.parts[:-2]):
            windows = part(windows)
            self.largest[k] = max(self.largest[k], float(windows.max()))

    def sums(self, windows):
        """Probabilities summed over windows: (classes,)."""
        for part, largest in zip(self.parts, [*self.largest, None, None]):
            windows = part(windows)
            if largest:
                step = largest / 255
                windows = np.float32(step) * np.clip(np.round(windows / step), 0, 255)
        return windows


def main(argv=None):
    """Measure and write the table."""
    parser = squares_parser(expecting(__doc__, "bench/int8"), limit=200)
    parser.add_argument("--smiles", type=Path, default=cli.ROOT / "weights" / "smiles.npz")
    parser.add_argument("--calibrate", type=int, default=20, help="first ones that set the scales")
    args = parser.parse_args(argv)
    from common.crops import Mipmap, crop
    from nets.functions import compile_smile_probs_sum
    from nets.input import network_input
    from nets.weights import load_network
    from pipeline.cascade import Detector
    from pipeline.light import brighten
    from pipeline.windows import neighbours

    detector = Detector.load(cli.ROOT / "weights")
    exact = compile_smile_probs_sum(load_network(args.smiles, "smiles")[0])
    rows = []
    for path in args.data:
        near, far, same = Rounded(args.smiles), [], []
        squares = squares_of(path, detector, args.limit, args.seed)
        for number, (picture, square) in enumerate(tqdm(squares, desc=path.stem)):
            windows = network_input(crop(brighten(Mipmap(picture)), neighbours(square)))
            if number < args.calibrate:
                near.calibrate(windows)
                continue
            sums = exact(windows), near.sums(windows)
            same.append(sums[0].argmax() == sums[1].argmax())
            far.append(np.abs(sums[0] - sums[1]).max() / len(windows))
        rows.append({
            "net": args.smiles.stem, "frames_of": path.stem, "frames": len(same),
            "same_winner": np.mean(same), "share_differs_mean": np.mean(far),
            "share_differs_most": np.max(far),
        })  # fmt: skip
    write_csv(args.out / "int8.csv", list(rows[0]), rows, digits=4)
    print((args.out / "int8.csv").read_text())


if __name__ == "__main__":
    cli.run(main)
