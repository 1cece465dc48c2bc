"""Batch statistics of the people at hand, against a network that normalises by its batch."""

import lasagne
import numpy as np
import pytest
import theano

from experiments.core.training import set_seed
from nets import adabn as module
from nets.adabn import Adapter, adapt
from nets.functions import compile_probabilities, input_of
from nets.smiles import build_net_smiles
from nets.weights import named_params


@pytest.fixture(scope="module")
def network():
    set_seed(0)
    return build_net_smiles(num_classes=5)


@pytest.fixture(scope="module")
def windows():
    rng = np.random.default_rng(0)
    return (rng.normal(0.3, 0.4, (30, 3, 48, 48)) * rng.uniform(0.5, 1, (30, 1, 1, 1))).astype("f4")


def values(network):
    return {name: param.get_value() for name, param in named_params(network).items()}


def without_dropout(network):
    """Normalise by the batch as in training, but drop nothing: Lasagne's own words."""
    dropouts = [
        layer
        for layer in lasagne.layers.get_all_layers(network)
        if isinstance(layer, lasagne.layers.DropoutLayer)
    ]
    before = [layer.p for layer in dropouts]
    for layer in dropouts:
        layer.p = 0
    output = lasagne.nonlinearities.softmax(lasagne.layers.get_output(network))
    function = theano.function([input_of(network)], output, no_default_updates=True)
    for layer, p in zip(dropouts, before):
        layer.p = p
    return function


def test_whole_weight_equals_normalising_by_the_windows_as_one_batch(network, windows, monkeypatch):
    monkeypatch.setattr(module, "BATCH", 7)  # 30 windows are four batches and a rest
    expected = without_dropout(network)(windows)
    before = values(network)
    adapter = Adapter(network)
    adapter(windows, weight=1)
    np.testing.assert_allclose(compile_probabilities(network)(windows), expected, atol=2e-5)
    after = values(network)
    changed = {name.rpartition(".")[2] for name in before if (before[name] != after[name]).any()}
    assert changed == {"mean", "var"}
    adapter.restore()
    assert all((before[name] == value).all() for name, value in values(network).items())


def test_half_way_lies_between_in_the_first_layer_and_starts_anew_each_time(network, windows):
    adapter = Adapter(network)
    first = adapter.norms[0]
    own = first.mean.get_value(), first.var.get_value()
    adapter(windows, weight=1)
    theirs = first.mean.get_value(), first.var.get_value()
    for _ in range(2):
        adapter(windows, weight=0.5)
        np.testing.assert_allclose(first.mean.get_value(), (own[0] + theirs[0]) / 2, rtol=1e-5)
        np.testing.assert_allclose(first.var.get_value(), (own[1] + theirs[1]) / 2, rtol=1e-5)
    adapter.restore()
    before = values(network)
    adapt(network, windows, weight=0)
    assert all((before[name] == value).all() for name, value in values(network).items())


def test_nothing_to_measure_is_refused(network, windows):
    with pytest.raises(ValueError, match="0 windows"):
        adapt(network, windows[:0])
    with pytest.raises(ValueError, match="weight 2"):
        adapt(network, windows, 2)
