"""Blend the big nets of two detectors: one that went on from the other, and that one.

The mean of the weights before and after a further training often keeps what the first knew and
gains what the second learnt (Wortsman et al., 2022, "Robust fine-tuning of zero-shot models").
Writes OUT/big.npz, and copies the other nets of --before.
"""

import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from experiments.core.expected import expecting

OTHERS = ("small", "small_calibration", "big_calibration")


def parse_args(argv=None):
    """The command line."""
    parser = cli.parser(expecting(__doc__, "blend_detector"))
    add = parser.add_argument
    default = cli.ROOT / "weights"
    add("--before", type=Path, default=default, metavar="DIR", help="nets that were gone on from")
    add("--after", type=Path, required=True, metavar="DIR", help="what came of them")
    add("--share", type=float, default=0.5, help="of the later one, 0 to 1 (default 0.5)")
    add("--out", type=Path, required=True, metavar="DIR", help="folder to write")
    args = parser.parse_args(argv)
    if not 0 <= args.share <= 1:
        parser.error("--share must lie between 0 and 1")
    return args


def main(argv=None):
    """Blend and write."""
    args = parse_args(argv)
    from common.output import make_folder
    from nets.weights import blended, load_network, save_weights

    import lasagne  # isort: skip  # only once nets has mended Theano

    before, _ = load_network(args.before / "big.npz", "big")
    after, meta = load_network(args.after / "big.npz", "big")
    get = lasagne.layers.get_all_param_values
    lasagne.layers.set_all_param_values(after, blended(get(before), get(after), args.share))
    make_folder(args.out)
    meta = {name: value for name, value in meta.items() if name != "kind"}
    meta["origin"] += f"; experiments/blend_detector.py --share {args.share:g}"
    save_weights(args.out / "big.npz", after, "big", **meta)
    for name in OTHERS:
        path = args.before / f"{name}.npz"
        if path.exists() and args.before.resolve() != args.out.resolve():
            shutil.copy(path, args.out / path.name)


if __name__ == "__main__":
    cli.run(main)
