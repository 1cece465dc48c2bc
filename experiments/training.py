"""The training step that all networks share, and its whole state on disk."""

import math

import lasagne
import numpy as np
import theano
import theano.tensor as T

from cli import UserError
from nets.fast import get_output
from nets.functions import input_of
from output import written


def set_seed(seed):
    """Seed what Lasagne draws: initial weights and dropout. Call it before building a network."""
    lasagne.random.set_rng(np.random.RandomState(seed))


def cosine(first, progress):
    """Learning rate that falls from ``first`` to 0 along half a cosine; progress from 0 to 1."""
    return first * (1 + math.cos(math.pi * progress)) / 2


class Trainer:
    """Adam (Kingma & Ba, 2014) on the cross-entropy of a network with a linear last layer.

    Parameters
    ----------
    network : lasagne.layers.Layer
        Its output is (N, classes), before the softmax.
    l2 : float
        Weight of the squared weights in the loss.

    Attributes
    ----------
    step : callable
        (inputs float32 (N, ...), labels int32 (N,)) to [loss, accuracy in training mode];
        updates the network.
    """

    def __init__(self, network, l2=1e-4):
        self.network = network
        self._rate = theano.shared(np.float32(1e-3), "learning_rate")
        labels = T.ivector("labels")
        outputs = get_output(network)
        cross_entropy = T.nnet.categorical_crossentropy(T.nnet.softmax(outputs), labels).mean()
        penalty = lasagne.regularization.regularize_network_params(
            network, lasagne.regularization.l2
        )
        params = lasagne.layers.get_all_params(network, trainable=True)
        updates = lasagne.updates.adam(cross_entropy + l2 * penalty, params, self._rate)
        accuracy = T.mean(T.eq(T.argmax(outputs, axis=1), labels), dtype="float32")
        self.step = theano.function(
            [input_of(network), labels], [cross_entropy, accuracy], updates=updates
        )

    @property
    def learning_rate(self):
        """Step size of Adam."""
        return float(self._rate.get_value())

    @learning_rate.setter
    def learning_rate(self, rate):
        self._rate.set_value(np.float32(rate))

    def state(self):
        """Everything the next step depends on: weights, Adam's moments, dropout's generators."""
        return [variable.get_value() for variable in self.step.get_shared()]

    def set_state(self, arrays):
        """Continue where `state` was taken; the network must be of the same shape."""
        variables = self.step.get_shared()
        shapes = [variable.get_value(borrow=True).shape for variable in variables]
        if [np.shape(array) for array in arrays] != shapes:
            raise UserError("the checkpoint is of another network or another training")
        for variable, array in zip(variables, arrays):
            variable.set_value(array)


def save_checkpoint(path, state, **extra):
    """Write `Trainer.state` and named arrays beside ``path``, then rename."""
    with written(path) as beside, open(beside, "wb") as file:
        np.savez(file, **{f"state{k:03d}": array for k, array in enumerate(state)}, **extra)


def load_checkpoint(path):
    """Read what `save_checkpoint` wrote: (state, dict of extra arrays)."""
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    names = sorted(name for name in arrays if name.startswith("state"))
    return [arrays.pop(name) for name in names], arrays
