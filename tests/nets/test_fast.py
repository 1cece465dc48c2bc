"""The fused blocks against Lasagne's and Theano's own computation."""

import lasagne
import numpy as np
import pytest
import theano
import theano.tensor as T

from nets import batchnorm
from nets.fast import get_output
from nets.fast.library import load
from nets.fast.ops import BlockTrainGrad, ChainInfer
from nets.fast.rewrite import find_blocks, find_chains
from nets.layers import SameConv2DLayer, conv, max_pool, relu
from nets.smiles import build_net_smiles

pytestmark = pytest.mark.skipif(load() is None, reason="oneDNN is not installed or switched off")

# N, C, H, W, F, K: the article's shapes in small, odd sides, odd channels, and more
# pictures than the kernels take at a time.
SHAPES = [
    (4, 3, 12, 12, 16, 5),
    (2, 16, 7, 9, 8, 3),
    (3, 5, 6, 5, 7, 3),
    (1, 1, 2, 2, 1, 1),
    (11, 2, 48, 48, 64, 3),
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


def gradients(network, output):
    """Compile output and gradients of all parameters and of the input."""
    x = lasagne.layers.get_all_layers(network)[0].input_var
    weights = T.tensor4()
    variables = [*lasagne.layers.get_all_params(network, trainable=True), x]
    cost = T.sum(output * weights)
    return theano.function([x, weights], [output, *T.grad(cost, variables)])


@pytest.mark.parametrize("shape", SHAPES)
def test_output_and_gradients_equal_theanos(shape):
    network, x = block(shape)
    _, h, w = network.output_shape[1:]
    weights = np.random.default_rng(1).standard_normal((shape[0], shape[4], h, w))
    results = [
        gradients(network, output)(x, weights.astype(np.float32))
        for output in (get_output(network), lasagne.layers.get_output(network))
    ]
    for ours, theirs in zip(*results):
        close(ours, theirs)


def test_a_merge_changes_nothing_for_the_layers_behind_it(monkeypatch):
    """Only where outputs are given may pictures have another size than the network's."""
    incoming = lasagne.layers.InputLayer((None, 4, 8, 8))
    merged = lasagne.layers.ElemwiseSumLayer([incoming, incoming])
    top = SameConv2DLayer(merged, 5, (3, 3), nonlinearity=None)
    asked, compute = [], SameConv2DLayer.get_output_for

    def watch(self, *arguments, **options):
        asked.append(options)
        return compute(self, *arguments, **options)

    monkeypatch.setattr(SameConv2DLayer, "get_output_for", watch)
    get_output(top, deterministic=True)
    assert asked == [{"deterministic": True}]
    get_output(top, deterministic=True, inputs={merged: T.tensor4()})
    assert asked[1]["input_shape"] == (None, 4, None, None)


@pytest.mark.parametrize("shape", SHAPES)
def test_deterministic_output_equals_theanos(shape):
    network, x = block(shape)
    ours = get_output(network, deterministic=True)
    theirs = lasagne.layers.get_output(network, deterministic=True)
    incoming = lasagne.layers.get_all_layers(network)[0].input_var
    close(*theano.function([incoming], [ours, theirs])(x), tolerance=1e-5)


def test_running_averages_move_as_without_fusing():
    averages = []
    for output in (get_output, lasagne.layers.get_output):
        network, x = block(SHAPES[0])
        incoming = lasagne.layers.get_all_layers(network)[0].input_var
        train = theano.function([incoming], output(network))
        train(x)
        train(2 * x)
        averages.append([p.get_value() for p in lasagne.layers.get_all_params(network)])
    for ours, theirs in zip(*averages):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def test_large_means_do_not_drown_the_variance():
    network, x = block((4, 1, 8, 8, 1, 1))
    conv_layer = lasagne.layers.get_all_layers(network)[1]
    conv_layer.W.set_value(np.ones((1, 1, 1, 1), np.float32))
    incoming = lasagne.layers.get_all_layers(network)[0].input_var
    x = np.float32(np.round(x * 8) / 8 + 1000)  # exact in float32
    norm = network.input_layer
    before = norm.var.get_value()
    theano.function([incoming], get_output(network))(x)
    var = (norm.var.get_value() - 0.9 * before) / 0.1
    np.testing.assert_allclose(var, [x.astype(float).var()], rtol=1e-3)


def test_the_whole_article_network_is_found():
    layers = lasagne.layers.get_all_layers(build_net_smiles())
    assert len(find_blocks(layers)) == 4


def test_other_layers_are_left_alone():
    network, _ = block(SHAPES[0])
    norm = network.input_layer
    assert not find_blocks(lasagne.layers.get_all_layers(lasagne.layers.MaxPool2DLayer(norm, 3)))
    norm.nonlinearity = lasagne.nonlinearities.tanh
    assert not find_blocks(lasagne.layers.get_all_layers(network))


def test_a_batch_larger_than_a_chunk_and_its_rest():
    network, _ = block((1, 3, 48, 48, 64, 5))
    x = np.random.default_rng(2).standard_normal((19, 3, 48, 48)).astype(np.float32)
    incoming = lasagne.layers.get_all_layers(network)[0].input_var
    function = theano.function([incoming], get_output(network, deterministic=True))
    whole = function(x)
    for k in (0, 7, 8, 18):
        close(whole[k : k + 1], function(x[k : k + 1]), tolerance=1e-5)


def test_the_input_gradient_is_computed_only_where_it_is_used():
    network, _ = block(SHAPES[0])
    incoming = lasagne.layers.get_all_layers(network)[0].input_var
    cost = get_output(network).sum()
    params = lasagne.layers.get_all_params(network, trainable=True)
    function = theano.function([incoming], T.grad(cost, params))
    ops = [node.op for node in function.maker.fgraph.toposort()]
    assert [op.skip_input for op in ops if isinstance(op, BlockTrainGrad)] == [True]


def test_wrong_types_and_shapes_are_refused():
    network, x = block(SHAPES[0])
    incoming = lasagne.layers.get_all_layers(network)[0].input_var
    function = theano.function([incoming], get_output(network, deterministic=True))
    with pytest.raises(ValueError, match="do not fit"):
        function(x[:, :2])
    with pytest.raises(ValueError, match="too small"):
        function(x[:, :, :1])


def test_the_switch(monkeypatch):
    network, _ = block(SHAPES[0])
    load.cache_clear()
    monkeypatch.setenv("SMILEYS_FAST", "0")
    try:
        graph = theano.function(
            [lasagne.layers.get_all_layers(network)[0].input_var], get_output(network)
        )
    finally:
        load.cache_clear()
    names = {type(node.op).__name__ for node in graph.maker.fgraph.toposort()}
    assert "CorrMM" in names
    assert not any(name.startswith("Block") for name in names)


def test_chains_follow_changed_weights_and_do_not_mix_networks():
    x = np.random.default_rng(3).standard_normal((3, 3, 48, 48)).astype(np.float32)
    networks = [build_net_smiles(num_classes=4) for _ in range(2)]
    functions = [
        theano.function(
            [lasagne.layers.get_all_layers(network)[0].input_var],
            [f(network, deterministic=True) for f in (get_output, lasagne.layers.get_output)],
        )
        for network in networks
    ]
    last = None
    for change in range(3):
        for network, function in zip(networks, functions):
            ours, theirs = function(x)
            close(ours, theirs, tolerance=1e-5)
            assert last is None or np.abs(ours - last).max() > 1e-3
            last = ours
            for param in lasagne.layers.get_all_params(network)[change : 5 * change + 1]:
                param.set_value(param.get_value() * np.float32(1.1))


def test_blocks_are_chained_only_where_nobody_else_reads_between_them():
    layers = lasagne.layers.get_all_layers(build_net_smiles())
    assert [len(chain) for chain in find_chains(layers, find_blocks(layers))] == [4]
    first = block(SHAPES[0])[0]
    second = max_pool(batchnorm.batch_norm(conv(first, 4, (3, 3), relu)))
    both = lasagne.layers.ConcatLayer([lasagne.layers.FlattenLayer(p) for p in (first, second)])
    layers = lasagne.layers.get_all_layers(both)
    assert [len(chain) for chain in find_chains(layers, find_blocks(layers))] == [1, 1]


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
    ((conv_layer, norm, _),) = find_blocks(layers)
    z = ChainInfer()(variable, conv_layer.W, *norm.scale_and_shift(norm.mean, norm.var))
    theirs = lasagne.layers.get_output(network, deterministic=True)
    expected = theano.function([layers[0].input_var], theirs)(
        np.ascontiguousarray(x.transpose(0, 3, 1, 2))
    )
    ours = theano.function([variable], z)(x)
    close(ours.transpose(0, 3, 1, 2), expected, tolerance=1e-5)


def test_threads_do_not_disturb_each_other():
    # Each window's result must not depend on what another thread does at the same time.
    network = build_net_smiles(num_classes=4)
    incoming = lasagne.layers.get_all_layers(network)[0].input_var
    function = theano.function([incoming], get_output(network, deterministic=True))
    x = np.random.default_rng(5).standard_normal((60, 3, 48, 48)).astype(np.float32)
    alone = np.concatenate([function(x[k : k + 1]) for k in range(len(x))])
    for _ in range(5):
        np.testing.assert_allclose(function(x), alone, atol=1e-5)
