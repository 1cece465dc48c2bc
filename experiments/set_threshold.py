"""Give the detector's score a meaning, and its threshold.

The big net's scores on pictures of known truth are made probabilities (Platt, 1999): of
squares that score s, the share s are faces, on pictures like these: the last layer of the big
net is scaled and shifted. That changes which doubtful faces are voted on (`cascade.DOUBT`), and
the votes change the scores: so it is repeated until the scale stays, and what is written is
what was measured. Then the default threshold is the least that keeps both promises, --rate and
--empty-rate, in a share --level of draws of the people and scenes. Writes big.npz.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

import numpy as np
from scipy.special import expit, logit

from experiments.core.expected import expecting
from experiments.core.statistics import reliability

ROUNDS = 8  # of measuring and fitting
STILL = 0.05  # log-odds: at a score of 0.9 this is 0.005


def parse_args(argv=None):
    """The command line."""
    parser = cli.parser(expecting(__doc__, "set_threshold"))
    add = parser.add_argument
    help_text = "one row a face: path,x,y,w,h, perhaps ignore, person, scene"
    add("--images", type=Path, nargs="+", required=True, metavar="CSV", help=help_text)
    help_text = "pictures without faces: path, perhaps split"
    add("--scenes", type=Path, nargs="+", default=[], metavar="CSV", help=help_text)
    add("--split", default="val", help="which scenes (default val)")
    add("--weights", type=Path, default=cli.ROOT / "weights", metavar="DIR", help="read")
    add("--out", type=Path, required=True, metavar="DIR", help="folder to write big.npz to")
    help_text = "false positives a picture of --images (default 0.1)"
    add("--rate", type=float, default=0.1, help=help_text)
    help_text = "false positives a picture of --scenes (default 0.05)"
    add("--empty-rate", type=float, default=0.05, help=help_text)
    help_text = "share of draws of people and scenes in which both are kept (default 0.95)"
    add("--level", type=float, default=0.95, help=help_text)
    add("--keep-scale", action="store_true", help="fit no scale: choose the threshold alone")
    add("--min-face", type=float, default=24, help="smallest face in pixels (default 24)")
    add("--iou", type=float, default=0.4, help="overlap that counts (default 0.4)")
    args = parser.parse_args(argv)
    if not min(args.rate, args.empty_rate) >= 0:
        parser.error("--rate and --empty-rate must not be negative")
    if not 0 <= args.level < 1:
        parser.error("--level must be 0 or more and below 1")
    return args


def log_odds(scores):
    """Logits of probabilities, kept as far from 0 and 1 as float32 can say."""
    return logit(np.clip(np.asarray(scores, float), 1e-7, 1 - 1e-7))


def fit(scores, hits, steps=100):
    """Platt's two numbers: a and b, such that sigmoid(a log_odds(s) + b) is the share of hits.

    Logistic regression by Newton's method, with Platt's smoothed targets: no certainty from
    finitely many squares.

    Parameters
    ----------
    scores : ndarray (N,)
        Probabilities.
    hits : ndarray of bool (N,)

    Returns
    -------
    (a, b) : tuple of float
    """
    if hits.all() or not hits.any():
        raise cli.UserError("the pictures give only faces, or only false positives: take others")
    inputs = np.stack([log_odds(scores), np.ones(len(scores))], axis=1)
    right, wrong = hits.sum(), (~hits).sum()
    targets = np.where(hits, (right + 1) / (right + 2), 1 / (wrong + 2))
    found = np.array([1.0, 0.0])

    def loss(at):
        return np.logaddexp(0, inputs @ at).sum() - targets @ (inputs @ at)

    for _ in range(steps):
        chance = expit(inputs @ found)
        curvature = (inputs * (chance * (1 - chance))[:, None]).T @ inputs
        step = np.linalg.solve(curvature + 1e-9 * np.eye(2), inputs.T @ (targets - chance))
        # Where scores are far too sure, a whole step of Newton's goes beyond the valley.
        while loss(found + step) > loss(found) and np.abs(step).max() > 1e-9:
            step /= 2
        found += step
        if np.abs(step).max() < 1e-9:
            break
    return float(found[0]), float(found[1])


def rescale(network, a, b):
    """Make a network of two classes give sigmoid(a z + b) where it gave sigmoid(z)."""
    weights, bias = network.W.get_value(), network.b.get_value()
    network.W.set_value((a * weights).astype(np.float32))
    network.b.set_value((a * bias + (0, b)).astype(np.float32))


def scale_at_fixed_point(measure, network, doubt, rounds=ROUNDS):
    """Scale a network until the scores that are measured with it need no other scale.

    Parameters
    ----------
    measure : callable
        No argument; `Results` of the cascade with the network as it is.
    network : the big net, two classes; rescaled in place
    doubt : (float, float)
        Scores between which the cascade asks more windows.
    rounds : int
        At most so many measurements.

    Returns
    -------
    (results, scales)
        Those measured last, with the network as it is left, and (a, b) of each round. By the
        last one no score at the ends of doubt moves by more than `STILL` of log-odds.

    Raises
    ------
    UserError
        If the scale does not settle.
    """
    scales = []
    for _ in range(rounds):
        results = measure()
        a, b = fit(results.scores, results.hits)
        scales.append((a, b))
        if max(abs((a - 1) * edge + b) for edge in log_odds(doubt)) < STILL:
            return results, scales
        rescale(network, a, b)
    raise cli.UserError(f"the scale found no fixed point in {rounds} rounds: take more pictures")


def threshold_at_fixed_point(measure, detector, rounds=ROUNDS):
    """Measure until the threshold stays: `Results`; it says which thumbnails are looked at twice.

    Where it goes in a circle, the highest of the circle is taken: measured with it, a lower one
    would do.

    Parameters
    ----------
    measure : callable
        As for `scale_at_fixed_point`; sets the detector's threshold.
    detector : pipeline.cascade.Detector
    rounds : int
        At most so many measurements.
    """
    used = []
    for _ in range(rounds):
        used.append(detector.big_threshold)
        results = measure()
        if detector.big_threshold == used[-1]:
            return results
        if detector.big_threshold in used:
            highest = max(used[used.index(detector.big_threshold) :])
            detector.big_threshold = highest
            results = measure()
            detector.big_threshold = highest
            return results
    raise cli.UserError(
        f"the threshold found no fixed point in {rounds} rounds: take more pictures"
    )


def main(argv=None):
    """Measure and fit until nothing changes, write."""
    args = parse_args(argv)
    from common.output import make_folder
    from experiments.detector.promise import promised, read_shown
    from experiments.detector.runs import run_detector
    from nets.functions import compile_faces
    from nets.weights import load_network, save_weights
    from pipeline.cascade import DOUBT, Detector

    shown = read_shown(args.images, args.scenes, args.split)
    pictures = [one.picture for one in shown]
    make_folder(args.out)
    network, meta = load_network(args.weights / "big.npz", "big")
    detector = Detector.load(args.weights)
    detector.faces = compile_faces(network)  # reads the weights as they are when it is called

    def measure():
        run = run_detector(detector, pictures, args.min_face)
        found = run.results(pictures, run.assigned(pictures, args.iou), range(len(pictures)))
        # Thumbnails are searched twice if nothing passes.
        detector.big_threshold = promised(shown, found, args.rate, args.empty_rate, args.level)
        return found

    if args.keep_scale:
        results, scales = threshold_at_fixed_point(measure, detector), []
    else:
        results, scales = scale_at_fixed_point(measure, network, DOUBT)
    threshold = detector.big_threshold
    meta = {name: value for name, value in meta.items() if name not in ("kind", "threshold")}
    save_weights(args.out / "big.npz", network, "big", threshold=threshold, **meta)
    recall, false = results.above(threshold)
    report = {
        "pictures": len(pictures),
        "faces": int(results.faces.sum()),
        "scales": scales,
        "error": reliability(results.scores, results.hits)[1],
        "threshold": threshold,
        "recall": recall,
        "false_positives": false,
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    cli.run(main)
