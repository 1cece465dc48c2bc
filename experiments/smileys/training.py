"""One training of the smiley network on one division of a data set."""

import math
from dataclasses import asdict, dataclass

import lasagne
import numpy as np

from experiments.core.monitor import Monitor
from experiments.core.training import Trainer, set_seed, train
from experiments.smileys.data import SmileyBatches, labelled_squares, labels_of
from experiments.smileys.metrics import measure, predict
from nets.functions import compile_probabilities
from nets.input import network_input
from nets.smiles import build_net_smiles


@dataclass
class Trained:
    """What a training leaves.

    Parameters
    ----------
    network : lasagne.layers.Layer
        With the chosen epoch's parameters.
    history : list of dict
        Metrics, an epoch each.
    chosen : dict
        The chosen epoch's.
    predicted : ndarray (pictures held out, classes)
        The chosen epoch's probabilities, in the order of ``parts.test``.
    """

    network: lasagne.layers.Layer
    history: list
    chosen: dict
    predicted: np.ndarray


def epoch_steps(pictures, batch):
    """Batches in an epoch, which shows as many windows as there are training pictures."""
    return math.ceil(pictures / batch)


def train_smileys(
    data,
    parts,
    folder,
    *,
    augmentation,
    epochs,
    steps,
    batch,
    seed,
    settings,
    shown=1000,
    watch=True,
    **options,
):
    """Train on the training part, choose the epoch on the validation part, measure on the test.

    Parameters
    ----------
    data : experiments.smileys.data.SmileyData
    parts : splits.Parts
    folder : pathlib.Path
        Gets ``metrics.jsonl``, ``checkpoint.npz`` and event files for TensorBoard.
    augmentation : Augmentation or None
    epochs, steps, batch, seed : int
    settings : dict
        What else must be the same for a training to be resumed.
    shown : int
        Training pictures (as labelled) measured after an epoch, at most.
    watch : bool
        Write for TensorBoard.
    **options
        ``rate``, ``schedule``, ``workers``, ``resume``, ``stop``, ``tick``, ``quiet``: as for
        `training.train`.

    Returns
    -------
    Trained
    """
    settings = {
        **settings,
        "augmentation": augmentation and asdict(augmentation),
        "classes": data.classes,
        "epochs": epochs,
        "steps": steps,
        "batch": batch,
        "seed": seed,
    }
    set_seed(seed)
    network = build_net_smiles(num_classes=len(data.classes))
    trainer = Trainer(network)
    probabilities = compile_probabilities(network)
    sets = measured_sets(data, parts, shown)

    def evaluate():
        metrics = {}
        for name, (inputs, labels) in sets.items():
            metrics.update(measure(predict(probabilities, inputs), labels, name))
        return metrics

    rows, pictures = data.of(parts.train)
    batches = SmileyBatches(rows, pictures, data.classes, augmentation, batch)
    monitor = None
    if watch:
        monitor = Monitor(folder, data.classes, labelled_squares(rows[:64], pictures[:64]))
    progress = train(
        trainer,
        batches,
        evaluate,
        folder,
        settings,
        epochs=epochs,
        steps=steps,
        seed=seed,
        monitor=monitor,
        **options,
    )
    for param, value in zip(lasagne.layers.get_all_params(network), progress.best):
        param.set_value(value)
    chosen = progress.history[progress.best_epoch - 1]
    predicted = np.zeros((0, len(data.classes)), np.float32)
    if "val" in sets:
        predicted = predict(probabilities, sets["val"][0])
    return Trained(network, progress.history, chosen, predicted)


def measured_sets(data, parts, shown):
    """Inputs and labels that an epoch is measured on, by what metrics call them.

    Of the training pictures as many as ``shown``; an empty part is left out.
    """
    some = parts.train[:: math.ceil(len(parts.train) / shown)]
    named = {"train": some, "choose": parts.validation, "val": parts.test}
    return {name: prepare(data, part) for name, part in named.items() if len(part)}


def prepare(data, indices):
    """Inputs and labels of a part of the data set."""
    rows, pictures = data.of(indices)
    return network_input(labelled_squares(rows, pictures)), labels_of(rows, data.classes)
