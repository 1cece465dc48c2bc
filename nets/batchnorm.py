"""Batch normalisation (Ioffe & Szegedy, 2015), which Lasagne 0.1 does not have.

The article imports a module of this name; it was passed around among Lasagne's
users before the layer became part of the library.
"""

import lasagne
import theano
import theano.tensor as T
from theano.tensor.nnet import bn


class BatchNormLayer(lasagne.layers.Layer):
    """Normalises each channel to mean 0 and variance 1, then scales and shifts it.

    Training uses the statistics of the minibatch and moves running averages towards
    them; a deterministic output (``get_output(..., deterministic=True)``) uses the
    averages, so that each sample's result is independent of its batch.

    The averages are part of what `get_output` returns in training: they are
    ``default_update`` of their shared variables, so every function compiled from a
    training output updates them without being told to.

    Parameters
    ----------
    incoming : a `Layer` whose output has shape (N, C, ...)
    nonlinearity : callable
        Applied after the normalisation.
    epsilon : float
        Added to the variance, against division by zero.
    alpha : float
        How far one minibatch moves the running averages, in (0, 1].

    Attributes
    ----------
    beta, gamma : shared variables of shape (C,), trainable
        Shift and scale.
    mean, var : shared variables of shape (C,), not trainable
        Running averages of the minibatches' means and variances.
    """

    def __init__(self, incoming, nonlinearity, epsilon=1e-4, alpha=0.1, **kwargs):
        super().__init__(incoming, **kwargs)
        self.nonlinearity = nonlinearity
        self.epsilon = epsilon
        self.alpha = alpha
        channels = (self.input_shape[1],)
        one, zero = lasagne.init.Constant(1), lasagne.init.Constant(0)
        frozen = {"trainable": False, "regularizable": False}
        self.beta = self.add_param(zero, channels, "beta", regularizable=False)
        self.gamma = self.add_param(one, channels, "gamma", regularizable=False)
        self.mean = self.add_param(zero, channels, "mean", **frozen)
        self.var = self.add_param(one, channels, "var", **frozen)

    def get_output_for(self, input, deterministic=False, **kwargs):
        """Normalise ``input``; its shape does not change."""
        if deterministic:
            normed = bn.batch_normalization_test(
                input, self.gamma, self.beta, self.mean, self.var, "spatial", self.epsilon
            )
        else:
            beta, track = self.tracked_beta()
            normed, mean, invstd = bn.batch_normalization_train(
                input, self.gamma, beta, "spatial", self.epsilon
            )
            track(mean, T.maximum(T.inv(T.sqr(invstd)) - self.epsilon, 0))
        return self.nonlinearity(normed)

    def tracked_beta(self):
        """Let a function that trains update the running averages.

        Theano applies the default update of every shared variable that a function's
        graph contains: stand-ins for the averages enter the graph through ``beta``, at no weight.

        Returns
        -------
        (beta, track) : (Theano vector, callable)
            ``beta`` is to be used in the graph, ``track(mean, var)`` to be called
            with the minibatch's statistics.
        """
        stand_ins = [theano.clone(p, share_inputs=False) for p in (self.mean, self.var)]

        def track(*statistics):
            for average, value in zip(stand_ins, statistics):
                average.default_update = (1 - self.alpha) * average + self.alpha * value

        return self.beta + 0 * stand_ins[0] + 0 * stand_ins[1], track


def batch_norm(layer):
    """Put a `BatchNormLayer` between a layer's linear part and its nonlinearity.

    The layer loses its nonlinearity, which moves behind the normalisation, and its
    bias, which the normalisation would cancel (its ``beta`` takes that place).
    """
    nonlinearity = getattr(layer, "nonlinearity", lasagne.nonlinearities.identity)
    layer.nonlinearity = lasagne.nonlinearities.identity
    if getattr(layer, "b", None) is not None:
        del layer.params[layer.b]
        layer.b = None
    return BatchNormLayer(layer, nonlinearity)
