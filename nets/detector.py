"""The face detector's two networks.

The article took the smiley network's architecture "from the big net of the
detection module, with the classifier of two classes on top replaced". The article
that described the small net is lost; Li et al. (2015), "A Convolutional Neural
Network Cascade for Face Detection", fills in: its 12-net.
"""

import lasagne

from nets.layers import DenseLayer, linear, relu
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
