"""The article's network with its augmentation, as a classifier for `eval_realism.py`."""

import cv2
import numpy as np

from augment.stream import Stream
from common.crops import Mipmap
from experiments.core.training import RATE, Trainer, set_seed, take_steps
from experiments.smileys.data import SMILEYS, SmileyBatches, labelled_squares
from experiments.smileys.metrics import predict
from nets.functions import compile_probabilities
from nets.input import network_input
from nets.smiles import build_net_smiles

STEPS, BATCH = 600, 32


def article_net(train, labels, test, margin, steps=STEPS, seed=0):
    """Train `build_net_smiles` and name what is shown.

    Parameters
    ----------
    train : ndarray of uint8 (n, size, size)
        Grey faces.
    labels : ndarray of str (n,)
    test : ndarray of uint8 (m, size, size)
    margin : float
        What surrounds the face's square on each side, as a share of its side.
    steps : int
        Batches of 32 augmented windows.
    seed : int

    Returns
    -------
    ndarray of str (m,)
    """
    classes = sorted(set(labels))
    rows, pictures = faces_of(train, margin)
    for row, label in zip(rows, labels):
        row["smiley"] = label
    set_seed(seed)
    network = build_net_smiles(num_classes=len(classes))
    trainer = Trainer(network)
    probabilities = compile_probabilities(network)
    with Stream(SmileyBatches(rows, pictures, classes, SMILEYS, BATCH), seed) as stream:
        for _ in take_steps(trainer, stream, RATE, range(steps), steps):
            pass
    squares = network_input(labelled_squares(*faces_of(test, margin)))
    return np.array(classes)[predict(probabilities, squares).argmax(1)]


def faces_of(patches, margin):
    """Rows with the face's square, and pictures, of grey patches."""
    size = patches.shape[1]
    side = size / (1 + 2 * margin)
    box = {"x": margin * side, "y": margin * side, "w": side, "h": side}
    pictures = [Mipmap(cv2.cvtColor(patch, cv2.COLOR_GRAY2BGR)) for patch in patches]
    return [dict(box) for _ in patches], pictures
