"""Batch normalisation's statistics for the people at hand (AdaBN; Li et al., 2016), without labels.

A network that learnt from other people sees its features shifted and scaled on new ones.
The running averages of its normalisation can be measured anew on windows of the new people;
no weight changes.
"""

import lasagne
import numpy as np
import theano

from nets.batchnorm import BatchNormLayer
from nets.functions import input_of

WEIGHT = 0.5  # of the new people's statistics
BATCH = 256  # windows at once, so that memory is bounded


class Adapter:
    """Moves a network's batch statistics towards those of given windows; compiled once.

    Parameters
    ----------
    network : lasagne.layers.Layer
        Changed in place by each call.
    """

    def __init__(self, network):
        layers = lasagne.layers.get_all_layers(network)
        self.norms = [layer for layer in layers if isinstance(layer, BatchNormLayer)]
        if not self.norms:
            raise ValueError("the network has no batch normalisation to adapt")
        self.own = [(norm.mean.get_value(), norm.var.get_value()) for norm in self.norms]
        # What a layer's normalisation is fed depends on the statistics of those before.
        self.statistics = []
        for norm in self.norms:
            fed = lasagne.layers.get_output(norm.input_layer, deterministic=True)
            axes = (0, *range(2, fed.ndim))
            outputs = [fed.mean(axes), fed.var(axes)]
            self.statistics.append(theano.function([input_of(network)], outputs))

    def __call__(self, windows, weight=WEIGHT):
        """Adapt to windows, starting from the network's own statistics, not from the last call's.

        Layer by layer, from the input on: each is measured with all before it adapted.

        Parameters
        ----------
        windows : ndarray of float32 (N, 3, 48, 48)
            Network input (`nets.input.network_input`) of the new people; N at least 1. Their
            smileys should be mixed: what all windows share is taken for the people's nature.
        weight : float
            From 0, the network's own statistics, to 1, those of the windows alone.
        """
        if not len(windows) or not 0 <= weight <= 1:
            raise ValueError(f"{len(windows)} windows at weight {weight}: need some, from 0 to 1")
        self.restore()
        for norm, own, measure in zip(self.norms, self.own, self.statistics):
            found = pooled(measure, windows)
            for param, old, new in zip((norm.mean, norm.var), own, found):
                param.set_value(((1 - weight) * old + weight * new).astype(np.float32))

    def restore(self):
        """Give the network back its own statistics."""
        for norm, (mean, var) in zip(self.norms, self.own):
            norm.mean.set_value(mean)
            norm.var.set_value(var)


def pooled(measure, windows):
    """Mean and variance (C,) over all windows of a function that gives them of a batch."""
    counts, means, variances = [], [], []
    for start in range(0, len(windows), BATCH):
        batch = windows[start : start + BATCH]
        mean, var = measure(batch)
        counts.append(len(batch))
        means.append(mean)
        variances.append(var)
    means, variances = np.array(means, np.float64), np.array(variances, np.float64)
    mean = np.average(means, axis=0, weights=counts)
    return mean, np.average(variances + (means - mean) ** 2, axis=0, weights=counts)


def adapt(network, windows, weight=WEIGHT):
    """Move a network's batch statistics towards those of windows, once; see `Adapter`."""
    Adapter(network)(windows, weight)
