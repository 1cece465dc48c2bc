"""The upper layers of a network as a network of their own."""

import copy

import lasagne
import theano

from nets.functions import input_of


def split_after_pooling(network, blocks):
    """Cut a network after its ``blocks``-th max-pooling layer.

    What lies below need be computed only once for windows that are looked at often, as when
    the upper layers alone are trained.

    Parameters
    ----------
    network : lasagne.layers.Layer
        A chain of layers; it stays as it is.
    blocks : int
        From 1 to how many max-pooling layers there are.

    Returns
    -------
    (features, head) : (callable, lasagne.layers.Layer)
        ``features``: windows float32 (N, 3, H, W) to what the layer gives, deterministic.
        ``head``: the layers above it, whose input is that; its parameters are the network's own,
        so whoever trains the one trains the other.
    """
    layers = lasagne.layers.get_all_layers(network)
    pools = [layer for layer in layers if isinstance(layer, lasagne.layers.MaxPool2DLayer)]
    cut = pools[blocks - 1]
    features = theano.function(
        [input_of(network)], lasagne.layers.get_output(cut, deterministic=True)
    )
    head = lasagne.layers.InputLayer(cut.output_shape)
    for layer in layers[layers.index(cut) + 1 :]:
        layer = copy.copy(layer)
        layer.input_layer = head
        head = layer
    return features, head
