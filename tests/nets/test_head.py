"""A network cut in two: both halves together are the whole, and the parameters are the same."""

import lasagne
import numpy as np
import pytest

from nets.functions import compile_probabilities
from nets.head import split_after_pooling
from nets.smiles import build_net_smiles


@pytest.mark.parametrize("blocks", [1, 2, 4])
def test_the_halves_are_the_whole(blocks):
    network = build_net_smiles(num_classes=3)
    features, head = split_after_pooling(network, blocks)
    windows = np.random.default_rng(0).normal(size=(5, 3, 48, 48)).astype(np.float32)
    between = features(windows)
    side = 48 // 2**blocks
    assert between.shape == (5, 64, side, side)
    expected = compile_probabilities(network)(windows)
    found = compile_probabilities(head)(between)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_head_has_the_upper_parameters_of_the_network():
    network = build_net_smiles(num_classes=3)
    before = lasagne.layers.get_all_layers(network)
    _, head = split_after_pooling(network, 2)
    own = lasagne.layers.get_all_params(network)
    upper = lasagne.layers.get_all_params(head)
    # A block of convolution has filters and the four vectors of its batch norm.
    assert [id(param) for param in upper] == [id(param) for param in own[10:]]
    assert lasagne.layers.get_all_layers(network) == before
