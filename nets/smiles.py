"""The network that names the smiley, layer by layer as in the article."""

import lasagne

from nets import batchnorm
from nets.layers import DenseLayer, conv, linear, max_pool, relu


def build_net_smiles(input=None, num_classes=17):
    """The article's ``build_net_smiles``.

    Parameters
    ----------
    input : Theano tensor4, float32, optional
        Windows of shape (N, 3, 48, 48) as `nets.input.network_input` makes them;
        by default the network gets a variable of its own.
    num_classes : int
        The article has 17 smileys.

    Returns
    -------
    lasagne.layers.Layer
        Output of shape (N, num_classes): linear; the softmax is applied outside
        (`nets.functions`).
    """
    # fmt: off
    network = lasagne.layers.InputLayer(shape=(None, 3, 48, 48), input_var=input)
    network = lasagne.layers.dropout(network, p=.1)
    network = conv(network, num_filters=64, filter_size=(5, 5), nolin=relu)
    network = batchnorm.batch_norm(network)
    network = max_pool(network)
    network = conv(network, num_filters=64, filter_size=(5, 5), nolin=relu)
    network = batchnorm.batch_norm(network)
    network = max_pool(network)
    network = conv(network, num_filters=64, filter_size=(3, 3), nolin=relu)
    network = batchnorm.batch_norm(network)
    network = max_pool(network)
    network = conv(network, num_filters=64, filter_size=(3, 3), nolin=relu)
    network = batchnorm.batch_norm(network)
    network = max_pool(network)
    network = DenseLayer(lasagne.layers.dropout(network, p=.3), num_units=256, nolin=relu)
    network = batchnorm.batch_norm(network)
    network = DenseLayer(lasagne.layers.dropout(network, p=.3), num_units=num_classes, nolin=linear)
    # fmt: on
    return network
