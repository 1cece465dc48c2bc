"""A reduced network says what the whole one says."""

import lasagne
import numpy as np
import pytest

from common.cli import ROOT, UserError
from nets.functions import compile_probabilities
from nets.layers import SameConv2DLayer
from nets.reduced import reduced
from nets.smiles import build_net_smiles
from nets.weights import load_network


def windows(count, side=48, seed=0):
    """Input as `network_input` makes it: -1 to 1."""
    noise = np.random.default_rng(seed).uniform(-1, 1, (count, 3, side, side))
    return noise.astype(np.float32)


def convolutions(network):
    layers = lasagne.layers.get_all_layers(network)
    return [layer.W.get_value() for layer in layers if isinstance(layer, SameConv2DLayer)]


@pytest.mark.parametrize("name", ["real", "smiles", "big", "big_calibration", "small_calibration"])
def test_the_shipped_nets_say_the_same(name):
    kind = name if "big" in name or "small" in name else "smiles"
    network, _ = load_network(ROOT / "weights" / f"{name}.npz", kind)
    said = reduced(network)
    shown = windows(5, 12 if name == "small_calibration" else 48)
    np.testing.assert_allclose(
        compile_probabilities(said)(shown), compile_probabilities(network)(shown), atol=5e-6
    )
    assert len(lasagne.layers.get_all_layers(said)) < len(lasagne.layers.get_all_layers(network))


def random_net(seed=0):
    """The article's net with other statistics than those it begins with."""
    network = build_net_smiles(num_classes=5)
    rng = np.random.default_rng(seed)
    for param in lasagne.layers.get_all_params(network):
        if param.name in ("gamma", "beta", "mean", "var"):
            value = rng.uniform(0.5, 2, param.get_value().shape)
            param.set_value(value.astype(np.float32))
    return network


def layers_with_weights(network):
    return [one for one in lasagne.layers.get_all_layers(network) if hasattr(one, "W")]


def test_filters_that_nobody_reads_are_left_out_and_luminance_is_one_plane():
    network = random_net()
    first, second = layers_with_weights(network)[:2]
    read = second.W.get_value()
    read[:, [3, 7, 60]] = 0
    second.W.set_value(read)
    assert [w.shape[:2] for w in convolutions(reduced(network))][:2] == [(61, 3), (64, 61)]
    grey = first.W.get_value()[:, :1] * np.float32([0.114, 0.587, 0.299])[:, None, None]
    first.W.set_value(grey)
    said = reduced(network)
    assert [w.shape[:2] for w in convolutions(said)][:3] == [(1, 3), (61, 1), (64, 61)]
    shown = windows(3)
    np.testing.assert_allclose(
        compile_probabilities(said)(shown), compile_probabilities(network)(shown), atol=5e-6
    )


def test_a_filter_that_is_read_stays_however_little():
    network = random_net()
    second = layers_with_weights(network)[1]
    read = second.W.get_value()
    read[:, 3] = 0
    read[5, 3, 2, 2] = 1e-20
    second.W.set_value(read)
    assert convolutions(reduced(network))[0].shape[0] == 64


def test_what_is_not_known_is_said():
    net = lasagne.layers.InputLayer((None, 2, 8, 8))
    with pytest.raises(UserError, match="FeaturePoolLayer"):
        reduced(lasagne.layers.FeaturePoolLayer(net, 2))
