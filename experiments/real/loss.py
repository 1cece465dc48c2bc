"""The loss of a face of which a set of smileys is known."""

import numpy as np
import theano.tensor as T

from experiments.real.labels import SMILEYS, allowed

LEAST = 1e-6  # probability whose logarithm is taken at least, so that it is finite


class SetLoss:
    """Cross-entropy with sets: minus the logarithm of the summed probability of what is allowed.

    With one class a label it is the ordinary cross-entropy with soft targets.

    Parameters
    ----------
    strength : float
        Of the logarithm of how often the face's source shows each class, which is added to the
        outputs in training only (logit adjustment; Menon et al., 2021), so that the network as
        used favours none, on whatever kind of picture; 0 leaves it away.
    classes : sequence of str
        What the network's outputs are.

    Attributes
    ----------
    labels : Theano matrix (N, labels + classes)
        The batch's targets, as `experiments.real.labels.targets` makes them, and beside each the
        logarithms of its source (`experiments.real.mixture.log_prior`).
    """

    def __init__(self, strength=1.0, classes=SMILEYS):
        self.labels = T.fmatrix("targets")
        self.sets = allowed(classes)
        self.strength = np.float32(strength)

    def __call__(self, outputs):
        """Outputs (N, classes), before the softmax, to (loss, accuracy): the batch's means.

        Right is an answer that the face's heaviest label allows.
        """
        sets = T.constant(self.sets)
        targets, offsets = self.labels[:, : len(self.sets)], self.labels[:, len(self.sets) :]
        mass = T.dot(T.nnet.softmax(outputs + self.strength * offsets), sets.T)
        loss = -T.sum(targets * T.log(T.maximum(mass, np.float32(LEAST))), axis=1).mean()
        heaviest, answer = T.argmax(targets, axis=1), T.argmax(outputs, axis=1)
        return loss, T.mean(sets[heaviest, answer], dtype="float32")
