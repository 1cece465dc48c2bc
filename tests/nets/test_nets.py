"""The networks against the article's words."""

import inspect

import lasagne
import numpy as np
import pytest
import theano
import theano.tensor as T

from nets import batchnorm, smiles
from nets.detector import build_net_big, build_net_small
from nets.layers import DenseLayer, SameConv2DLayer, conv, linear, max_pool, relu
from nets.smiles import build_net_smiles

# The article's listing, letter by letter but for its indentation.
ARTICLE = """
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
network = DenseLayer(lasagne.layers.dropout(network, p=.3), num_units=17, nolin=linear)
return network
"""


def test_the_definition_is_the_articles():
    source = [line.strip() for line in inspect.getsource(build_net_smiles).splitlines()]
    expected = ARTICLE.strip().replace("num_units=17", "num_units=num_classes").splitlines()
    start = source.index(expected[0])
    assert [line for line in source[start:] if line != "# fmt: on"] == expected
    assert inspect.signature(build_net_smiles).parameters["num_classes"].default == 17


def test_the_article_names_mean_what_the_listing_needs():
    # The listing run as it stands, over the module's own names.
    build = {}
    exec("def build(input):\n    " + ARTICLE.strip().replace("\n", "\n    "), vars(smiles), build)
    article = lasagne.layers.get_all_layers(build["build"](T.tensor4()))
    ours = lasagne.layers.get_all_layers(build_net_smiles())
    assert [type(layer) for layer in article] == [type(layer) for layer in ours]
    assert [layer.output_shape for layer in article] == [layer.output_shape for layer in ours]


def test_shapes_and_number_of_parameters():
    network = build_net_smiles()
    pooled = [
        layer.output_shape[1:]
        for layer in lasagne.layers.get_all_layers(network)
        if isinstance(layer, lasagne.layers.MaxPool2DLayer)
    ]
    assert pooled == [(64, 24, 24), (64, 12, 12), (64, 6, 6), (64, 3, 3)]
    # Filters, then gamma and beta (the normalisation takes the bias's place).
    convolutions = 64 * (3 * 25 + 64 * 25 + 64 * 9 + 64 * 9) + 4 * 2 * 64
    dense = 576 * 256 + 2 * 256 + 256 * 17 + 17
    assert lasagne.layers.count_params(network, trainable=True) == convolutions + dense == 333_777


@pytest.mark.parametrize("classes", [2, 7, 17])
def test_any_number_of_classes(classes):
    assert build_net_smiles(num_classes=classes).output_shape == (None, classes)


def test_the_detectors_networks():
    assert build_net_big().output_shape == (None, 2)
    body = [type(layer) for layer in lasagne.layers.get_all_layers(build_net_smiles())]
    assert [type(layer) for layer in lasagne.layers.get_all_layers(build_net_big())] == body
    shapes = [layer.output_shape[1:] for layer in lasagne.layers.get_all_layers(build_net_small())]
    assert shapes == [(3, 12, 12), (16, 10, 10), (16, 4, 4), (16,), (2,)]


@pytest.mark.parametrize(("side", "channels"), [(3, 2), (5, 3)])
def test_same_convolution_equals_lasagnes(side, channels):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, channels, 9, 7)).astype(np.float32)
    w = rng.standard_normal((4, channels, side, side)).astype(np.float32)
    b = rng.standard_normal(4).astype(np.float32)
    incoming = lasagne.layers.InputLayer((None, channels, 9, 7))
    options = {"num_filters": 4, "filter_size": side, "W": w, "b": b, "nonlinearity": relu}
    ours = SameConv2DLayer(incoming, **options)
    lasagnes = lasagne.layers.Conv2DLayer(incoming, pad="same", **options)
    results = [lasagne.layers.get_output(layer, T.constant(x)).eval() for layer in (ours, lasagnes)]
    np.testing.assert_allclose(*results, rtol=1e-4, atol=1e-5)


def test_same_convolution_refuses_even_filters():
    with pytest.raises(ValueError, match="odd"):
        SameConv2DLayer(lasagne.layers.InputLayer((None, 3, 8, 8)), 4, (4, 4))


def test_building_blocks_apply_their_nonlinearity():
    incoming = lasagne.layers.InputLayer((None, 3, 8, 8))
    assert conv(incoming, 4, (3, 3), nolin=relu).nonlinearity is relu
    assert max_pool(incoming).output_shape == (None, 3, 4, 4)
    assert DenseLayer(incoming, 5, nolin=linear).nonlinearity is linear


class TestBatchNorm:
    X = np.random.default_rng(1).normal(3, 2, (6, 4, 5, 5)).astype(np.float32)

    def make(self, nonlinearity=relu):
        x = T.tensor4()
        layer = lasagne.layers.Conv2DLayer(
            lasagne.layers.InputLayer((None, 4, 5, 5), x),
            num_filters=4,
            filter_size=1,
            W=np.eye(4, dtype=np.float32).reshape(4, 4, 1, 1),
            nonlinearity=nonlinearity,
        )
        return x, batchnorm.batch_norm(layer)

    def test_normalises_first_then_applies_the_nonlinearity(self):
        x, layer = self.make()
        layer.gamma.set_value(np.float32([1, 2, -1, 0.5]))
        layer.beta.set_value(np.float32([0, 1, 2, -1]))
        result = theano.function([x], lasagne.layers.get_output(layer))(self.X)
        for c, (gamma, beta) in enumerate(zip([1, 2, -1, 0.5], [0, 1, 2, -1])):
            plane = self.X[:, c].astype(float)
            expected = (plane - plane.mean()) / np.sqrt(plane.var() + 1e-4) * gamma + beta
            np.testing.assert_allclose(result[:, c], np.maximum(expected, 0), atol=1e-4)

    def test_takes_bias_and_nonlinearity_from_the_layer(self):
        _, layer = self.make()
        assert layer.input_layer.b is None
        assert layer.input_layer.nonlinearity is lasagne.nonlinearities.identity
        assert [p.name for p in layer.get_params(trainable=True)] == ["beta", "gamma"]

    def test_training_moves_the_averages_and_use_leaves_them(self):
        x, layer = self.make()
        train = theano.function([x], lasagne.layers.get_output(layer))
        use = theano.function([x], lasagne.layers.get_output(layer, deterministic=True))
        use(self.X)
        assert not layer.mean.get_value().any()
        mean, var = np.zeros(4), np.ones(4)
        for _ in range(3):
            train(self.X)
            mean = 0.9 * mean + 0.1 * self.X.mean((0, 2, 3))
            var = 0.9 * var + 0.1 * self.X.var((0, 2, 3))
        np.testing.assert_allclose(layer.mean.get_value(), mean, rtol=1e-5)
        np.testing.assert_allclose(layer.var.get_value(), var, rtol=1e-4)

    def test_deterministic_use_knows_the_averages_only(self):
        x, layer = self.make(linear)
        layer.mean.set_value(np.float32([1, 2, 3, 4]))
        layer.var.set_value(np.float32([4, 1, 9, 16]))
        use = theano.function([x], lasagne.layers.get_output(layer, deterministic=True))
        whole = use(self.X)
        np.testing.assert_allclose(whole[:1], use(self.X[:1]), rtol=1e-6)
        expected = (self.X[:, 2] - 3) / np.sqrt(9 + 1e-4)
        np.testing.assert_allclose(whole[:, 2], expected, rtol=1e-4, atol=1e-5)
