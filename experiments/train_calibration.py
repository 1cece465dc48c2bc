"""Train a calibration net of the face detector, which says how a window lies beside its face.

Li et al. (2015): faces are shown in the 45 windows that stand shifted and scaled beside
their box, and the net names the window; the big net is shown turned, hidden, grey and dark
faces, too. It learns from people who are not marked ``val``; these are the test, by the error
of a shifted window's centre and size before and after.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from common.arguments import count
from experiments.core.expected import expecting


def parse_args(argv=None):
    """The command line."""
    parser = cli.parser(expecting(__doc__, "train_calibration"))
    add = parser.add_argument
    help_text = "CSV: path,person,x,y,w,h, perhaps split (val: test); one face a row"
    add("--faces", required=True, nargs="+", metavar="CSV", help=help_text)
    add("--net", choices=("small", "big"), default="big", help="12 or 48 pixels (default big)")
    add("--out", required=True, type=Path, help="folder for small_ or big_calibration.npz")
    add("--steps", type=count, default=4000, help="batches of 64 windows (default 4000)")
    add("--seed", type=int, default=0)
    add("--workers", type=int, default=1, help="processes that augment (default 1)")
    return parser.parse_args(argv)


def main(argv=None):
    """Train, write the weights, print the errors."""
    args = parse_args(argv)
    import numpy as np
    from tqdm import tqdm

    from augment.stream import Stream
    from common.output import make_folder
    from experiments.core.training import Trainer, set_seed, take_steps
    from experiments.detector.calibration_windows import CalibrationBatches, evaluate
    from experiments.detector.training_windows import read_faces
    from nets.weights import DETECTOR, save_weights
    from pipeline.calibration import Calibrator, side_of

    rows, pictures = read_faces(args.faces)
    parts = {}
    for held_out in (False, True):
        kept = [k for k, row in enumerate(rows) if (row.get("split") == "val") == held_out]
        parts[held_out] = [rows[k] for k in kept], [pictures[k] for k in kept]
    train, test = parts[False], parts[True]
    if not train[0]:
        raise cli.UserError("all faces are marked val: none is left to learn from")
    make_folder(args.out)
    kind = f"{args.net}_calibration"
    set_seed(args.seed)
    network = DETECTOR[kind]()
    trainer = Trainer(network)
    batches = CalibrationBatches(train, side_of(network), hard=args.net == "big")
    with Stream(batches, args.seed, args.workers) as stream:
        bar = tqdm(range(args.steps), desc="training", unit=" batches")
        losses = list(take_steps(trainer, stream, 1e-3, bar, args.steps))
    loss, accuracy = np.mean(losses[-200:], axis=0)
    origin = (
        f"experiments/train_calibration.py --net {args.net} --steps {args.steps} --seed {args.seed}"
    )
    save_weights(args.out / f"{kind}.npz", network, kind, origin=origin)
    report = {"loss": float(loss), "accuracy": float(accuracy)}
    if test[0]:
        report.update(evaluate(Calibrator.of(network), test, args.seed))
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    cli.run(main)
