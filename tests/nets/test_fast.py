"""The fused blocks against Lasagne's and Theano's own computation."""

import collections
import importlib.util
import textwrap

import lasagne
import numpy as np
import pytest
import theano
import theano.tensor as T

from nets import batchnorm
from nets.fast.library import load
from nets.fast.ops import ChainInfer
from nets.layers import conv, max_pool, relu
from nets.smiles import build_net_smiles
from tests.nets.test_nets import ARTICLE

pytestmark = pytest.mark.skipif(load() is None, reason="oneDNN is not installed or switched off")

# N, C, H, W, F, K: the article's shapes in small, odd sides, odd channels, whole vectors of
# channels, and more pictures than the kernels take at a time.
SHAPES = [
    (4, 3, 12, 12, 16, 5),
    (2, 16, 7, 9, 8, 3),
    (3, 5, 6, 5, 7, 3),
    (1, 1, 2, 2, 1, 1),
    (11, 2, 48, 48, 64, 3),
    (3, 16, 13, 10, 32, 5),
    (40, 32, 24, 24, 48, 5),
    (2, 32, 9, 12, 16, 3),
]


def block(shape, seed=0):
    """One block with random parameters, some scales negative."""
    _, c, h, w, f, k = shape
    rng = np.random.default_rng(seed)
    network = lasagne.layers.InputLayer((None, c, h, w), T.tensor4())
    network = conv(network, num_filters=f, filter_size=(k, k), nolin=relu)
    network.W.set_value(np.float32(rng.normal(0, 0.3, (f, c, k, k))))
    norm = batchnorm.batch_norm(network)
    norm.gamma.set_value(np.float32(rng.normal(0.3, 1, f)))
    norm.beta.set_value(np.float32(rng.normal(0.5, 0.5, f)))
    norm.mean.set_value(np.float32(rng.normal(0, 1, f)))
    norm.var.set_value(np.float32(rng.uniform(0.5, 2, f)))
    x = rng.standard_normal((shape[0], c, h, w)).astype(np.float32)
    return max_pool(norm), x


def close(ours, theirs, tolerance=1e-4):
    """Whether two arrays differ by less than ``tolerance`` of the larger's largest value."""
    assert np.shape(ours) == np.shape(theirs)
    scale = max(np.abs(theirs).max(), 1e-3)
    np.testing.assert_allclose(ours, theirs, atol=tolerance * scale, rtol=0)


def input_of(network):
    """The variable that feeds a network."""
    return lasagne.layers.get_all_layers(network)[0].input_var


def both(inputs, outputs, **options):
    """Compile with the fused kernels and without: two functions."""
    plain = theano.compile.get_default_mode().excluding("fuse_blocks")
    return [theano.function(inputs, outputs, mode=mode, **options) for mode in (None, plain)]


def kinds(function):
    """How many Ops of each kind a compiled function has."""
    return collections.Counter(type(n.op).__name__ for n in function.maker.fgraph.toposort())


def fused(function):
    """Numbers of fused blocks in training, of their gradients and of fused chains."""
    return tuple(kinds(function)[name] for name in ("BlockTrain", "BlockTrainGrad", "ChainInfer"))


def unfused(function):
    """Number of convolutions, with their gradients, and poolings that Theano computes."""
    return sum(
        n for name, n in kinds(function).items() if name.startswith(("Corr", "Pool", "MaxPool"))
    )


def gradients(network, cost):
    """Gradients of all parameters and of the input."""
    params = lasagne.layers.get_all_params(network, trainable=True)
    return T.grad(cost, [*params, input_of(network)])


@pytest.mark.parametrize("shape", SHAPES)
def test_output_and_gradients_equal_theanos(shape):
    network, x = block(shape)
    _, h, w = network.output_shape[1:]
    weights = np.random.default_rng(1).standard_normal((shape[0], shape[4], h, w))
    weighting = T.tensor4()
    output = lasagne.layers.get_output(network)
    found = gradients(network, T.sum(output * weighting))
    functions = both([input_of(network), weighting], [output, *found])
    assert [fused(f) for f in functions] == [(1, 1, 0), (0, 0, 0)]
    results = [f(x, weights.astype(np.float32)) for f in functions]
    for ours, theirs in zip(*results):
        close(ours, theirs)


@pytest.mark.parametrize("shape", SHAPES)
def test_deterministic_output_equals_theanos(shape):
    network, x = block(shape)
    output = lasagne.layers.get_output(network, deterministic=True)
    functions = both([input_of(network)], output)
    assert [fused(f) for f in functions] == [(0, 0, 1), (0, 0, 0)]
    close(*(f(x) for f in functions), tolerance=1e-5)


def test_running_averages_move_as_without_fusing():
    averages = []
    for which in (0, 1):
        network, x = block(SHAPES[0])
        train = both([input_of(network)], lasagne.layers.get_output(network))[which]
        train(x)
        train(2 * x)
        averages.append([p.get_value() for p in lasagne.layers.get_all_params(network)])
    for ours, theirs in zip(*averages):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def test_large_means_do_not_drown_the_variance():
    network, x = block((4, 1, 8, 8, 1, 1))
    conv_layer = lasagne.layers.get_all_layers(network)[1]
    conv_layer.W.set_value(np.ones((1, 1, 1, 1), np.float32))
    x = np.float32(np.round(x * 8) / 8 + 1000)  # exact in float32
    norm = network.input_layer
    before = norm.var.get_value()
    theano.function([input_of(network)], lasagne.layers.get_output(network))(x)
    var = (norm.var.get_value() - 0.9 * before) / 0.1
    np.testing.assert_allclose(var, [x.astype(float).var()], rtol=1e-3)


# The article's code as it stands there, with what it takes for granted put before it.
LISTING = f"""
import lasagne
import theano
import theano.tensor as T

from nets import batchnorm
from nets.layers import DenseLayer, conv, linear, max_pool, relu


def build_net_smiles(input):
{textwrap.indent(ARTICLE.strip(), 4 * " ")}


input = T.tensor4("input")
net_smiles = build_net_smiles(input)
smile_probs_sum = T.sum(lasagne.layers.get_output(net_smiles, deterministic=True), axis=0)
classify_smiles = theano.function([input], [T.argmax(smile_probs_sum), T.max(smile_probs_sum)])
"""


def test_the_articles_own_listing_is_fused(tmp_path):
    (tmp_path / "listing.py").write_text(LISTING)
    spec = importlib.util.spec_from_file_location("listing", tmp_path / "listing.py")
    listing = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(listing)
    assert fused(listing.classify_smiles) == (0, 0, 1)
    assert not unfused(listing.classify_smiles)

    labels = T.ivector()
    output = T.nnet.softmax(lasagne.layers.get_output(listing.net_smiles))
    loss = lasagne.objectives.categorical_crossentropy(output, labels).mean()
    loss += 1e-4 * lasagne.regularization.regularize_network_params(
        listing.net_smiles, lasagne.regularization.l2
    )
    params = lasagne.layers.get_all_params(listing.net_smiles, trainable=True)
    updates = lasagne.updates.adam(loss, params)
    step = theano.function([listing.input, labels], loss, updates=updates)
    assert fused(step) == (4, 4, 0)
    assert not unfused(step)


def test_training_the_article_network_equals_theanos():
    network = build_net_smiles(num_classes=4)
    for layer in lasagne.layers.get_all_layers(network):
        if isinstance(layer, lasagne.layers.DropoutLayer):
            layer.p = 0
    labels = T.ivector()
    output = T.nnet.softmax(lasagne.layers.get_output(network))
    loss = T.nnet.categorical_crossentropy(output, labels).mean()
    functions = both([input_of(network), labels], [loss, *gradients(network, loss)])
    assert fused(functions[0]) == (4, 4, 0)
    x = np.random.default_rng(6).uniform(-1, 1, (6, 3, 48, 48)).astype(np.float32)
    start = [p.get_value() for p in lasagne.layers.get_all_params(network)]
    results = []
    for function in functions:
        lasagne.layers.set_all_param_values(network, start)
        results.append(function(x, np.int32([0, 1, 2, 3, 0, 1])))
        results[-1] += [p.get_value() for p in lasagne.layers.get_all_params(network)]
    # Rounding decides between maxima that are all but equal, and where their gradients go; so no
    # single element is looked at.
    for ours, theirs in zip(*results):
        assert np.linalg.norm(ours - theirs) <= 2e-3 * max(np.linalg.norm(theirs), 1e-3)


def test_blocks_of_other_layers_are_left_alone():
    network, _ = block(SHAPES[0])
    norm = network.input_layer
    for pool in (
        lasagne.layers.MaxPool2DLayer(norm, 3),
        lasagne.layers.MaxPool2DLayer(norm, 2, stride=1),
        lasagne.layers.MaxPool2DLayer(norm, 2, ignore_border=False),
    ):
        for deterministic in (True, False):
            output = lasagne.layers.get_output(pool, deterministic=deterministic)
            assert not any(fused(theano.function([input_of(network)], output)))
    norm.nonlinearity = lasagne.nonlinearities.tanh
    output = lasagne.layers.get_output(network, deterministic=True)
    assert not any(fused(theano.function([input_of(network)], output)))


READERS = {
    "the convolution": lambda conv_layer, norm: conv_layer,
    "the rectified": lambda conv_layer, norm: norm,
}


@pytest.mark.parametrize("deterministic", [True, False])
@pytest.mark.parametrize("reader", READERS)
def test_a_block_that_is_read_inside_is_left_alone(reader, deterministic):
    network, x = block(SHAPES[0])
    norm = network.input_layer
    read = READERS[reader](norm.input_layer, norm)
    outputs = lasagne.layers.get_output([network, read], deterministic=deterministic)
    functions = both([input_of(network)], outputs)
    assert not any(fused(functions[0]))
    for ours, theirs in zip(*(f(x) for f in functions)):
        close(ours, theirs)


def test_gradients_that_take_another_way_are_right():
    network, x = block(SHAPES[0])
    norm = network.input_layer
    z, rectified, y = lasagne.layers.get_output([network, norm, norm.input_layer])
    costs = {
        "also of the rectified": T.sum(T.sqr(z)) + T.sum(rectified**3),
        "also of the convolution": T.sum(T.sqr(z)) + T.sum(T.cos(y)),
        "of the gradient": T.sum(T.sqr(T.grad(T.sum(T.sqr(z)), norm.gamma))),
        "twice": T.sum(T.sqr(z)) + T.sum(z**3),
    }
    for name, cost in costs.items():
        wrt = [norm.input_layer.W, norm.beta]
        functions = both([input_of(network)], [cost, *T.grad(cost, wrt)])
        for ours, theirs in zip(*(f(x) for f in functions)):
            close(ours, theirs, tolerance=1e-3), name


def test_a_batch_larger_than_a_chunk_and_its_rest():
    network, _ = block((1, 3, 48, 48, 64, 5))
    x = np.random.default_rng(2).standard_normal((19, 3, 48, 48)).astype(np.float32)
    output = lasagne.layers.get_output(network, deterministic=True)
    function = theano.function([input_of(network)], output)
    whole = function(x)
    for k in (0, 7, 8, 18):
        close(whole[k : k + 1], function(x[k : k + 1]), tolerance=1e-5)


def test_the_input_gradient_is_computed_only_where_it_is_used():
    network, _ = block(SHAPES[0])
    cost = lasagne.layers.get_output(network).sum()
    params = lasagne.layers.get_all_params(network, trainable=True)
    for wrt, skipped in [(params, True), ([*params, input_of(network)], False)]:
        function = theano.function([input_of(network)], T.grad(cost, wrt))
        nodes = function.maker.fgraph.toposort()
        ops = [node.op for node in nodes if type(node.op).__name__ == "BlockTrainGrad"]
        assert [op.skip_input for op in ops] == [skipped]


def test_wrong_types_and_shapes_are_refused():
    network, x = block(SHAPES[0])
    output = lasagne.layers.get_output(network, deterministic=True)
    function = theano.function([input_of(network)], output)
    with pytest.raises(ValueError, match="do not fit"):
        function(x[:, :2])
    with pytest.raises(ValueError, match="too small"):
        function(x[:, :, :1])


def test_the_switch(monkeypatch):
    network, _ = block(SHAPES[0])
    load.cache_clear()
    monkeypatch.setenv("SMILEYS_FAST", "0")
    try:
        function = theano.function([input_of(network)], lasagne.layers.get_output(network))
    finally:
        load.cache_clear()
    assert kinds(function)["CorrMM"] == 1
    assert not any(fused(function))


def test_chains_follow_changed_weights_and_do_not_mix_networks():
    x = np.random.default_rng(3).standard_normal((3, 3, 48, 48)).astype(np.float32)
    networks = [build_net_smiles(num_classes=4) for _ in range(2)]
    functions = [
        both([input_of(network)], lasagne.layers.get_output(network, deterministic=True))
        for network in networks
    ]
    last = None
    for change in range(3):
        for network, pair in zip(networks, functions):
            ours, theirs = (function(x) for function in pair)
            close(ours, theirs, tolerance=1e-5)
            assert last is None or np.abs(ours - last).max() > 1e-3
            last = ours
            for param in lasagne.layers.get_all_params(network)[change : 5 * change + 1]:
                param.set_value(param.get_value() * np.float32(1.1))


def test_blocks_are_chained_only_where_nobody_else_reads_between_them():
    first = block(SHAPES[0])[0]
    second = max_pool(batchnorm.batch_norm(conv(first, 4, (3, 3), relu)))
    both_read = lasagne.layers.ConcatLayer(
        [lasagne.layers.FlattenLayer(p) for p in (first, second)]
    )
    for network, chains in [(second, 1), (both_read, 2)]:
        output = lasagne.layers.get_output(network, deterministic=True)
        function = theano.function([input_of(network)], output)
        assert fused(function) == (0, 0, chains)
        assert not unfused(function)


@pytest.mark.parametrize("layout", ["planes", "channels last", "reversed"])
def test_a_chain_takes_pictures_of_any_layout(layout):
    x = np.random.default_rng(4).standard_normal((5, 9, 8, 3)).astype(np.float32)
    if layout == "planes":
        x = np.ascontiguousarray(x.transpose(0, 3, 1, 2)).transpose(0, 2, 3, 1)
    elif layout == "reversed":
        x = x[::-1, :, ::-1]
    network, _ = block((1, 3, 9, 8, 6, 3))
    layers = lasagne.layers.get_all_layers(network)
    variable = T.TensorType("float32", (False,) * 4)()
    _, conv_layer, norm, _ = layers
    scale = norm.gamma / T.sqrt(norm.var + norm.epsilon)
    z = ChainInfer()(variable, conv_layer.W, scale, norm.beta - norm.mean * scale)
    theirs = lasagne.layers.get_output(network, deterministic=True)
    expected = both([layers[0].input_var], theirs)[1](np.ascontiguousarray(x.transpose(0, 3, 1, 2)))
    ours = theano.function([variable], z)(x)
    close(ours.transpose(0, 3, 1, 2), expected, tolerance=1e-5)


def test_threads_do_not_disturb_each_other():
    # Each window's result must not depend on what another thread does at the same time.
    network = build_net_smiles(num_classes=4)
    output = lasagne.layers.get_output(network, deterministic=True)
    function = theano.function([input_of(network)], output)
    x = np.random.default_rng(5).standard_normal((60, 3, 48, 48)).astype(np.float32)
    alone = np.concatenate([function(x[k : k + 1]) for k in range(len(x))])
    for _ in range(5):
        np.testing.assert_allclose(function(x), alone, atol=1e-5)
