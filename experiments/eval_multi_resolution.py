"""Measure whether the big net gains by the small net's features beside its own.

Li et al. (2015) give a net the hidden layer of the coarser net before it as well, and call
that multi-resolution input. Here the shipped big net goes on learning twice from the same
batches, as it is and with the shipped small net's sixteen features beside its 256, and both
search pictures of known truth. Writes REPORT.md.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

import numpy as np

RATES = (0.02, 0.1)  # false positives an image
MODELS = ("alone", "beside")


def arguments(argv=None):
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    help_text = "to learn from, CSV: path,person,x,y,w,h, perhaps split (val does not train)"
    add("--faces", required=True, nargs="+", metavar="CSV", help=help_text)
    help_text = (
        "CSV: path, perhaps split, and x,y,w,h of its one face; val of the first is searched"
    )
    add("--scenes", required=True, nargs="+", metavar="CSV", help=help_text)
    help_text = "to search, one row a face: path,x,y,w,h, perhaps ignore"
    add("--images", type=Path, nargs="+", required=True, metavar="CSV", help=help_text)
    add("--weights", type=Path, default=cli.ROOT / "weights", metavar="DIR")
    add("--steps", type=int, default=2600, help="batches of 64 windows (default 2600)")
    add("--mine", type=int, default=1000, help="scenes whose windows are collected (default 1000)")
    add("--seeds", type=int, default=2, help="trainings of each (default 2)")
    add("--min-face", type=float, default=24, help="in pixels (default 24)")
    add("--iou", type=float, default=0.4, help="overlap that counts (default 0.4)")
    add("--workers", type=int, default=1, help="processes that augment")
    add("--out", type=Path, required=True, help="folder for REPORT.md and log.jsonl")
    args = parser.parse_args(argv)
    for name in ("steps", "mine", "seeds"):
        if getattr(args, name) < 1:
            parser.error(f"--{name} must be at least 1")
    # What `DetectorTraining` asks for, too; the detector is the shipped one.
    args.seed, args.calibration, args.init = 0, None, None
    return args


def build_net_beside(big, small):
    """A big net whose last layer sees the small net's hidden layer, too.

    Parameters
    ----------
    big, small : lasagne.layers.Layer
        As `build_net_big` and `build_net_small` give them. Both bodies are used, not copied;
        the small one's does not learn.

    Returns
    -------
    lasagne.layers.Layer
        (N, 3, 48, 48) float32 to (N, 2), linear. At first what the big net gives: the new
        features have no weight yet.
    """
    import lasagne

    from nets.layers import DenseLayer, linear

    window = lasagne.layers.get_all_layers(big)[0]
    convolution, pool, hidden = lasagne.layers.get_all_layers(small)[1:-1]
    # The mean over 4x4 pixels is what shrinking by area does.
    coarse = lasagne.layers.Pool2DLayer(window, 4, mode="average_inc_pad")
    coarse = lasagne.layers.Conv2DLayer(
        coarse,
        convolution.num_filters,
        convolution.filter_size,
        nonlinearity=convolution.nonlinearity,
        W=convolution.W,
        b=convolution.b,
    )
    coarse = lasagne.layers.MaxPool2DLayer(coarse, pool.pool_size, pool.stride)
    coarse = lasagne.layers.DenseLayer(
        coarse, hidden.num_units, nonlinearity=hidden.nonlinearity, W=hidden.W, b=hidden.b
    )
    for layer in lasagne.layers.get_all_layers(coarse)[1:]:
        for tags in layer.params.values():
            tags.clear()  # neither trained nor regularised
    features = lasagne.layers.ConcatLayer([big.input_layer, coarse])
    network = DenseLayer(features, num_units=2, nolin=linear)
    weights = np.zeros((features.output_shape[1], 2), np.float32)
    weights[: len(big.W.get_value())] = big.W.get_value()
    network.W.set_value(weights)
    network.b.set_value(big.b.get_value())
    return network


def trained(training, args, model, seed, hard):
    """One net that has gone on learning: its probability of a face, as `compile_faces` gives."""
    from experiments.core.training import Trainer, set_seed
    from nets.functions import compile_faces
    from nets.weights import load_network

    set_seed(seed)
    network, _ = load_network(args.weights / "big.npz", "big")
    if model == "beside":
        network = build_net_beside(network, load_network(args.weights / "small.npz", "small")[0])
    training.args.seed = seed
    # The second half of a falling rate.
    training.learn(Trainer(network), "big", hard, args.steps, args.steps, 2 * args.steps)
    return compile_faces(network)


def main(argv=None):
    """Collect windows, train, search, write."""
    args = arguments(argv)
    from common.output import make_folder, write_file
    from experiments.core.results import command_line
    from experiments.detector.runs import run_detector
    from experiments.detector.training import DetectorTraining
    from experiments.detector.truth import read_empty, read_set, set_name
    from pipeline.cascade import Detector

    pictures = [picture for path in args.images for picture in read_set(path, set_name(path))]
    pictures += read_empty(args.scenes[0], "without faces", "val")
    make_folder(args.out)
    training = DetectorTraining(args, args.out)
    training.detector = detector = Detector.load(args.weights)

    def shown(scene, min_face):
        boxes = detector.survive(scene, *detector.candidates(scene.levels[0], min_face))
        return boxes, detector.classify(scene, boxes)

    def searched():
        run = run_detector(detector, pictures, args.min_face)
        return run.results(pictures, run.assigned(pictures, args.iou), range(len(pictures)))

    hard = training.search(30, shown, crowds=True)
    found = {"shipped": [searched()]}
    for seed in range(args.seeds):
        for model in MODELS:
            detector.faces = trained(training, args, model, seed, hard)
            found.setdefault(model, []).append(searched())
    command = command_line("python experiments/eval_multi_resolution.py", argv)
    text = "\n".join(report(found, args, len(hard), command)) + "\n"
    write_file(args.out / "REPORT.md", text)
    print(text)


def report(found, args, hard, command):
    """Lines of REPORT.md."""
    first = found["shipped"][0]
    yield "# Multi-resolution input of the big net"
    yield ""
    yield f"`{command}`"
    yield ""
    yield (
        f"The shipped big net goes on for {args.steps} batches of 64 windows ({hard} of them hard "
        "ones: all that the small net passes in training pictures), the rate falling from half "
        "of the training's to 0: alone, or with the small net's hidden layer beside its own "
        f"before the last layer. Recall on {len(first.faces)} pictures with {first.faces.sum()} "
        f"faces, IoU {args.iou:g}."
    )
    yield ""
    yield "| net | seed | " + " | ".join(f"recall at {rate:g} an image" for rate in RATES) + " |"
    yield "| --- | --- |" + " --- |" * len(RATES)
    for model, runs in found.items():
        for seed, results in enumerate(runs):
            recalls = " | ".join(f"{results.recall_at(rate)[0]:.4f}" for rate in RATES)
            yield f"| {model} | {seed if model in MODELS else '–'} | {recalls} |"
    yield ""
    yield "Beside minus alone, 95 % over pictures drawn with replacement, the same for both:"
    yield ""
    for seed, (alone, beside) in enumerate(zip(found["alone"], found["beside"])):
        changes = beside.resampled(RATES) - alone.resampled(RATES)
        for rate, (low, high) in zip(RATES, np.percentile(changes, (2.5, 97.5), axis=0).T):
            change = beside.recall_at(rate)[0] - alone.recall_at(rate)[0]
            yield f"- seed {seed}, at {rate:g}: {change:+.4f} ({low:+.4f} to {high:+.4f})"


if __name__ == "__main__":
    cli.run(main)
