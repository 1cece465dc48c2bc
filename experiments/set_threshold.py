"""Give the detector's score a meaning, and its threshold.

The big net's scores on pictures of known truth are made probabilities (Platt, 1999): of
squares that score s, the share s are faces, on pictures like these. Then the default
threshold is set where so many false positives an image pass as --rate says. The cascade's
choices stay the same: the last layer of the big net is scaled and shifted. Writes big.npz.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

import numpy as np
from scipy.special import expit, logit


def arguments(argv=None):
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    help_text = "one row a face: path,x,y,w,h, perhaps ignore"
    add("--images", type=Path, nargs="+", required=True, metavar="CSV", help=help_text)
    help_text = "pictures without faces: path, perhaps split"
    add("--scenes", type=Path, metavar="CSV", help=help_text)
    add("--split", default="val", help="which scenes (default val)")
    add("--weights", type=Path, default=cli.ROOT / "weights", metavar="DIR", help="read")
    add("--out", type=Path, required=True, metavar="DIR", help="folder to write big.npz to")
    add("--rate", type=float, default=0.1, help="false positives an image (default 0.1)")
    add("--min-face", type=float, default=24, help="smallest face in pixels (default 24)")
    add("--iou", type=float, default=0.4, help="overlap that counts (default 0.4)")
    args = parser.parse_args(argv)
    if not args.rate >= 0:
        parser.error("--rate must not be negative")
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
    for _ in range(steps):
        chance = expit(inputs @ found)
        curvature = (inputs * (chance * (1 - chance))[:, None]).T @ inputs
        step = np.linalg.solve(curvature + 1e-9 * np.eye(2), inputs.T @ (targets - chance))
        found += step
        if np.abs(step).max() < 1e-9:
            break
    return float(found[0]), float(found[1])


def rescale(network, a, b):
    """Make a network of two classes give sigmoid(a z + b) where it gave sigmoid(z)."""
    weights, bias = network.W.get_value(), network.b.get_value()
    network.W.set_value((a * weights).astype(np.float32))
    network.b.set_value((a * bias + (0, b)).astype(np.float32))


def reliability(scores, hits, bins=10):
    """How far scores are from what they say: mean of |share of hits - score| over equal bins.

    Weighted by how many squares are in a bin (expected calibration error).
    """
    place = np.minimum((np.asarray(scores) * bins).astype(int), bins - 1)
    return float(
        sum(abs(hits[place == k].sum() - scores[place == k].sum()) for k in set(place))
        / len(scores)
    )


def main(argv=None):
    """Measure, fit, write."""
    args = arguments(argv)
    from common.output import make_folder
    from experiments.detector.runs import run_ours
    from experiments.detector.truth import read_empty, read_set, set_name
    from nets.weights import load_network, save_weights

    pictures = [picture for path in args.images for picture in read_set(path, set_name(path))]
    if args.scenes:
        pictures += read_empty(args.scenes, "without faces", args.split)
    make_folder(args.out)
    network, meta = load_network(args.weights / "big.npz", "big")
    run = run_ours(pictures, args.weights, args.min_face)
    results = run.results(pictures, run.assigned(pictures, args.iou), range(len(pictures)))
    a, b = fit(results.scores, results.hits)
    probabilities = expit(a * log_odds(results.scores) + b)
    recall, raw = results.recall_at(args.rate)
    threshold = float(expit(a * log_odds(raw) + b))
    rescale(network, a, b)
    meta = {name: value for name, value in meta.items() if name not in ("kind", "threshold")}
    save_weights(args.out / "big.npz", network, "big", threshold=threshold, **meta)
    report = {
        "pictures": len(pictures),
        "faces": int(results.faces.sum()),
        "a": a,
        "b": b,
        "error_before": reliability(results.scores, results.hits),
        "error_after": reliability(probabilities, results.hits),
        "threshold": threshold,
        "recall": recall,
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    cli.run(main)
