"""Train the face detector's two networks.

The small net learns first: faces against random windows, then against the windows
it itself takes for faces. What it lets pass becomes the big net's negatives, and
the cascade of both is run over the scenes between the rounds to find harder ones
(Li et al. 2015). Thresholds come from people and scenes kept out of the training
for it; the people and scenes marked ``val`` are the test.
"""

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from experiments.core.expected import expecting


def parse_args():
    """The command line."""
    parser = cli.parser(expecting(__doc__, "train_detector"))
    add = parser.add_argument
    help_text = "CSV: path,person,x,y,w,h, perhaps split (val: test); one face a row"
    add("--faces", required=True, nargs="+", metavar="CSV", help=help_text)
    help_text = "CSV: path, perhaps split; no face, or with x,y,w,h one face, in each picture"
    add("--scenes", required=True, nargs="+", metavar="CSV", help=help_text)
    parser.add_argument("--out", required=True, help="folder for small.npz, big.npz, log.jsonl")
    parser.add_argument("--rounds", type=int, default=5, help="of mining and training the big net")
    parser.add_argument("--steps", type=int, default=2400, help="batches of 64 in each of them")
    parser.add_argument(
        "--small-steps", type=int, default=3000, help="for the small net; 0: as in --init"
    )
    parser.add_argument("--mine", type=int, default=500, help="scenes searched in each round")
    parser.add_argument("--min-face", type=float, default=24, help="in pixels (default 24)")
    help_text = "small_calibration.npz of train_calibration.py: the big net sees windows put right"
    parser.add_argument("--calibration", metavar="FILE", help=help_text)
    help_text = "folder with small.npz and big.npz to go on from (default: begin anew)"
    parser.add_argument("--init", metavar="DIR", help=help_text)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1, help="processes that augment")
    parser.add_argument("--resume", action="store_true", help="go on after the last whole round")
    args = parser.parse_args()
    if not args.small_steps and not args.init:
        parser.error("--small-steps 0 needs --init")
    return args


def main():
    """Train, round by round, and write weights after each."""
    args = parse_args()
    from experiments.core.training import set_seed
    from experiments.detector.training import DetectorTraining

    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    set_seed(args.seed)
    training = DetectorTraining(args, out)
    start = time.time()
    training.small_net()
    training.big_net()
    report = training.evaluate("val")
    report["minutes"] = round((time.time() - start) / 60, 1)
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    cli.run(main)
