"""How well a network names a set of windows."""

import numpy as np

from experiments.core.confusion import confusion_matrix


def predict(probabilities, inputs, batch=256):
    """Probabilities (N, classes) of windows (N, 3, 48, 48), in batches of bounded memory."""
    return np.concatenate(
        [probabilities(inputs[k : k + batch]) for k in range(0, len(inputs), batch)]
    )


def measure(predicted, labels, name):
    """Loss, accuracy, recall and confusion of one part, with ``name`` in front.

    Parameters
    ----------
    predicted : ndarray (N, classes)
        Probabilities.
    labels : ndarray of int (N,)
    name : str

    Returns
    -------
    dict
        ``loss`` in nats, ``accuracy``, ``recall`` (list, a class each; None without
        pictures), ``confusion`` (nested list of int: true, predicted).
    """
    classes = predicted.shape[1]
    confusion = confusion_matrix(labels, predicted.argmax(axis=1), (classes, classes))
    counts = confusion.sum(axis=1)
    right = np.clip(predicted[np.arange(len(labels)), labels], 1e-12, 1)
    return {
        f"{name}_loss": float(-np.log(right).mean()),
        f"{name}_accuracy": float(np.trace(confusion) / len(labels)),
        f"{name}_recall": [
            hits / count if count else None
            for hits, count in zip(np.diag(confusion).tolist(), counts.tolist())
        ],
        f"{name}_confusion": confusion.tolist(),
    }
