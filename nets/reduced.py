"""A trained network as a smaller one that says the same: for whoever only uses it.

Batch normalisation becomes part of the layer before it. A convolution's filters whose maps the
next one multiplies by nothing are left out: weight decay has emptied more than half of the first
64 of `weights/real.npz`. Filters that see luminance only share one plane instead of three.
"""

import lasagne
import numpy as np
from lasagne import nonlinearities

from common.cli import UserError
from nets.batchnorm import BatchNormLayer
from nets.layers import SameConv2DLayer

NOTHING = 1e-30  # a weight that float32 loses beside any other
ALIKE = 1e-6  # of the first singular value: what float32 has left of luminance
# Deviations above its mean that a normalised map reaches at most: windows of web pictures and
# acted expressions reach 6.
DEVIATIONS = 8


class Step:
    """A convolution or a fully connected layer, and what comes before it.

    Attributes
    ----------
    layer : lasagne.layers.Layer
    pools : list of lasagne.layers.MaxPool2DLayer
        Between the step before and this one.
    W, b : ndarrays
    nonlinearity : callable
    most : ndarray or None
        What the output's channels hardly exceed, by their normalisation.
    """

    def __init__(self, layer, pools):
        self.layer, self.pools, self.most = layer, pools, None
        self.W = layer.W.get_value().astype(float)
        units = layer.num_units if self.is_dense else layer.num_filters
        self.b = np.zeros(units) if layer.b is None else layer.b.get_value().astype(float)
        self.nonlinearity = layer.nonlinearity

    @property
    def is_dense(self):
        """Whether the layer is fully connected."""
        return isinstance(self.layer, lasagne.layers.DenseLayer)

    def normalise(self, norm):
        """Take a `BatchNormLayer` in, as it is where nothing is trained."""
        if self.nonlinearity not in (nonlinearities.identity, nonlinearities.linear, None):
            raise UserError("only a normalisation right behind a linear layer can be folded in")
        values = (norm.gamma, norm.beta, norm.mean, norm.var)
        gamma, beta, mean, var = (value.get_value().astype(float) for value in values)
        scale = gamma / np.sqrt(var + norm.epsilon)
        self.W = self.W * (scale if self.is_dense else scale[:, None, None, None])
        self.b = (self.b - mean) * scale + beta
        self.nonlinearity = norm.nonlinearity
        self.most = beta + DEVIATIONS * np.abs(gamma)


def steps(network):
    """What a network computes, step by step.

    Parameters
    ----------
    network : lasagne.layers.Layer
        Of input, dropout, convolution, pooling, normalisation and fully connected layers, one
        after the other.

    Returns
    -------
    list of Step
    """
    found, pools = [], []
    for layer in lasagne.layers.get_all_layers(network)[1:]:
        if isinstance(layer, lasagne.layers.MaxPool2DLayer):
            pools.append(layer)
        elif isinstance(layer, (SameConv2DLayer, lasagne.layers.DenseLayer)):
            found.append(Step(layer, pools))
            pools = []
        elif isinstance(layer, BatchNormLayer) and found and not pools:
            found[-1].normalise(layer)
        elif not isinstance(layer, lasagne.layers.DropoutLayer):
            raise UserError(f"no way to reduce a {type(layer).__name__} is known here")
    return found


def reduced(network):
    """A new network that gives what ``network`` gives where nothing is trained.

    Parameters
    ----------
    network : lasagne.layers.Layer
        As for `steps`.

    Returns
    -------
    lasagne.layers.Layer
        Equal up to rounding. Its convolutions have the attribute ``most`` of `Step`.

    Raises
    ------
    UserError
        For a layer that is not known here.
    """
    chain = steps(network)
    convolutions = [step for step in chain if not step.is_dense]
    for step, after in zip(convolutions, convolutions[1:]):
        used = np.abs(after.W).max(axis=(0, 2, 3)) > NOTHING
        used[0] |= not used.any()
        step.W, step.b, after.W = step.W[used], step.b[used], after.W[:, used]
        step.most = None if step.most is None else step.most[used]
    net = lasagne.layers.InputLayer(lasagne.layers.get_all_layers(network)[0].shape)
    if convolutions:
        net = merge_colours(net, convolutions[0])
    for step in chain:
        for pool in step.pools:
            net = lasagne.layers.MaxPool2DLayer(
                net, pool.pool_size, pool.stride, pool.pad, pool.ignore_border
            )
        values = {"W": step.W.astype(np.float32), "b": step.b.astype(np.float32)}
        values["nonlinearity"] = step.nonlinearity
        if step.is_dense:
            net = lasagne.layers.DenseLayer(net, len(step.b), **values)
        else:
            net = SameConv2DLayer(net, len(step.b), step.W.shape[2:], **values)
            net.most = None if step.most is None else float(step.most.max())
    return net


def merge_colours(net, first):
    """Put luminance before the first convolution, if it sees nothing else of the colours.

    Parameters
    ----------
    net : lasagne.layers.Layer
    first : Step
        Changed to take what comes out.

    Returns
    -------
    lasagne.layers.Layer
    """
    filters = first.W.transpose(0, 2, 3, 1).reshape(-1, first.W.shape[1])
    _, values, directions = np.linalg.svd(filters, full_matrices=False)
    if len(values) < 2 or values[1] > ALIKE * values[0]:
        return net
    shares = directions[0] / directions[0].sum()
    first.W = np.einsum("fcyx,c->fyx", first.W, shares)[:, None] / (shares**2).sum()
    weights = shares.astype(np.float32).reshape(1, -1, 1, 1)
    return SameConv2DLayer(net, 1, (1, 1), W=weights, b=None, nonlinearity=nonlinearities.identity)
