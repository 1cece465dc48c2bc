"""One training of the smiley network, epoch by epoch, with its curves."""

import json
import math

import numpy as np
from tqdm import tqdm

from augment.stream import Stream
from experiments.plots import plot_curves
from experiments.smiley_data import SmileyBatches, labelled_squares, labels_of
from experiments.training import Trainer, cosine, set_seed
from nets.functions import compile_probabilities
from nets.input import network_input
from nets.smiles import build_net_smiles
from nets.weights import save_weights

RATE = 1e-3  # first step size of Adam, falling along a cosine


def train_and_validate(
    train, val, classes, out, *, augmentation, epochs, batch, seed, workers, origin
):
    """Train on one part of a data set and measure on the other after every epoch.

    Parameters
    ----------
    train, val : list of (row, Mipmap)
    classes : list of str
    out : pathlib.Path
        Gets ``metrics.jsonl`` (a line an epoch), ``smiles.npz`` and ``curves.png``.
    augmentation : Augmentation or None
    epochs, batch, seed, workers : int
        An epoch shows as many windows as there are training pictures.
    origin : str
        One line for the weights' file.

    Returns
    -------
    dict
        The last epoch's metrics.
    """
    set_seed(seed)
    network = build_net_smiles(num_classes=len(classes))
    trainer = Trainer(network)
    probabilities = compile_probabilities(network)
    sets = {
        "train": prepare(train[:: max(1, len(train) // 1000)], classes),
        "val": prepare(val, classes),
    }
    batches = SmileyBatches(*zip(*train), classes, augmentation, batch)
    steps = math.ceil(len(train) / batch)
    history = []
    with (
        Stream(batches, seed, workers) as stream,
        open(out / "metrics.jsonl", "w") as log,
        tqdm(total=epochs * steps, desc="training", mininterval=1) as bar,
    ):
        for epoch in range(epochs):
            losses = []
            for step in range(epoch * steps, (epoch + 1) * steps):
                trainer.learning_rate = cosine(RATE, step / epochs / steps)
                windows, labels = next(stream)
                losses.append(trainer.step(network_input(windows), labels))
                bar.update()
            metrics = {"epoch": epoch + 1, "batch_loss": float(np.mean(losses, axis=0)[0])}
            for name, (inputs, labels) in sets.items():
                metrics.update(measure(probabilities, inputs, labels, len(classes), name))
            history.append(metrics)
            log.write(json.dumps(metrics) + "\n")
            log.flush()
            bar.set_postfix(
                val=f"{metrics['val_accuracy']:.3f}", loss=f"{metrics['batch_loss']:.3f}"
            )
    save_weights(out / "smiles.npz", network, "smiles", classes=classes, origin=origin)
    plot_curves(history, out / "curves.png", chance=1 / len(classes))
    return metrics


def prepare(pairs, classes):
    """Inputs and labels of a part of the data set."""
    rows, pictures = zip(*pairs)
    return network_input(labelled_squares(rows, pictures)), labels_of(rows, classes)


def measure(probabilities, inputs, labels, classes, name, batch=256):
    """Loss, accuracy and confusion matrix (true, predicted) of one part, with ``name`` in front."""
    predicted = np.concatenate(
        [probabilities(inputs[k : k + batch]) for k in range(0, len(inputs), batch)]
    )
    confusion = np.zeros((classes, classes), int)
    np.add.at(confusion, (labels, predicted.argmax(axis=1)), 1)
    right = np.clip(predicted[np.arange(len(labels)), labels], 1e-12, 1)
    return {
        f"{name}_loss": float(-np.log(right).mean()),
        f"{name}_accuracy": float(np.trace(confusion) / len(labels)),
        f"{name}_confusion": confusion.tolist(),
    }
