"""The face detector's two networks.

The article took the smiley network's architecture "from the big net of the
detection module, with the classifier of two classes on top replaced". The article
that described the small net is lost; Li et al. (2015), "A Convolutional Neural
Network Cascade for Face Detection", fills in: its 12-net, and the calibration nets
that say how a window lies beside the face it shows.
"""

import lasagne

from nets import batchnorm
from nets.layers import DenseLayer, conv, linear, max_pool, relu
from nets.smiles import build_net_smiles


def build_net_big(input=None):
    """The big net: the body of `build_net_smiles` with the two classes background, face.

    Takes (N, 3, 48, 48) float32, gives (N, 2), linear.
    """
    return build_net_smiles(input, num_classes=2)


def build_net_small(input=None):
    """The small net, Li et al.'s 12-net: (N, 3, 12, 12) float32 to (N, 2), linear.

    No padding and no batch normalisation, so that it can scan a whole image
    (`nets.functions.compile_scan`).
    """
    network = lasagne.layers.InputLayer(shape=(None, 3, 12, 12), input_var=input)
    network = lasagne.layers.Conv2DLayer(
        network,
        num_filters=16,
        filter_size=(3, 3),
        nonlinearity=relu,
        W=lasagne.init.HeNormal("relu"),
    )
    network = lasagne.layers.MaxPool2DLayer(network, pool_size=(3, 3), stride=2)
    network = DenseLayer(network, num_units=16, nolin=relu)
    network = DenseLayer(network, num_units=2, nolin=linear)
    return network


def build_net_small_calibration(input=None):
    """Li et al.'s 12-calibration-net: (N, 3, 12, 12) float32 to (N, 45), linear.

    The classes are `pipeline.windows.neighbours`: how the window lies beside the face.
    """
    network = lasagne.layers.InputLayer(shape=(None, 3, 12, 12), input_var=input)
    network = conv(network, num_filters=16, filter_size=(3, 3), nolin=relu)
    network = batchnorm.batch_norm(network)
    network = max_pool(network)
    network = DenseLayer(network, num_units=128, nolin=relu)
    network = DenseLayer(network, num_units=45, nolin=linear)
    return network


def build_net_big_calibration(input=None):
    """Li et al.'s 48-calibration-net: (N, 3, 48, 48) float32 to (N, 45), linear.

    Where they normalise over neighbouring channels, here is batch normalisation, and one
    more pooling before the fully connected layer.
    """
    network = lasagne.layers.InputLayer(shape=(None, 3, 48, 48), input_var=input)
    network = conv(network, num_filters=64, filter_size=(5, 5), nolin=relu)
    network = batchnorm.batch_norm(network)
    network = max_pool(network)
    network = conv(network, num_filters=64, filter_size=(5, 5), nolin=relu)
    network = batchnorm.batch_norm(network)
    network = max_pool(network)
    network = max_pool(network)
    network = DenseLayer(network, num_units=256, nolin=relu)
    network = batchnorm.batch_norm(network)
    network = DenseLayer(network, num_units=45, nolin=linear)
    return network
