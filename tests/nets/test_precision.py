"""Chains of blocks in bfloat16, against the same arithmetic written in NumPy and Theano."""

import os
import subprocess
import sys

import lasagne
import numpy as np
import pytest
import theano

from common.cli import ROOT
from nets.fast import fusion, has_bfloat16, in_precision
from nets.fast.ops import ChainInfer
from nets.functions import compile_smile_probs_sum
from nets.input import network_input
from nets.smiles import build_net_smiles
from tests.nets.test_fast import SHAPES, block, close, input_of

can = pytest.mark.skipif(not has_bfloat16(), reason="no bfloat16 on this processor, or no oneDNN")

GRID = np.float32(127.5)  # what values of pictures are multiplied by, so that bfloat16 holds them


def rounded(array):
    """The nearest bfloat16 numbers, ties to even, as float32: by integers, value by value."""
    array = np.asarray(array, np.float32)
    out = np.empty_like(array)
    for at, value in np.ndenumerate(array):
        bits = int(np.float32(value).view(np.uint32))
        low, high = bits & 0xFFFF, bits >> 16
        if low > 0x8000 or (low == 0x8000 and high & 1):
            high += 1
        out[at] = np.uint32(high << 16).view(np.float32)
    return out


def chains(function):
    """Precisions of the fused chains of a compiled function."""
    nodes = function.maker.fgraph.toposort()
    return [node.op.precision for node in nodes if isinstance(node.op, ChainInfer)]


@can
@pytest.mark.parametrize("shape", SHAPES[:4])
def test_one_block_is_the_float32_block_of_rounded_numbers(shape):
    network, x = block(shape)
    output = lasagne.layers.get_output(network, deterministic=True)
    function = theano.function([input_of(network)], output, mode=in_precision("bfloat16"))
    assert chains(function) == ["bfloat16"]
    ours = function(x)
    # The scale of the normalisation goes into the weights before they are rounded.
    _, conv, norm, _ = lasagne.layers.get_all_layers(network)
    gamma, var = norm.gamma.get_value(), norm.var.get_value()
    scale = gamma / np.sqrt(var + np.float32(norm.epsilon))
    weights = conv.W.get_value() * scale[:, None, None, None]
    conv.W.set_value(rounded(weights / GRID) * GRID)
    norm.beta.set_value(norm.beta.get_value() - norm.mean.get_value() * scale)
    norm.mean.set_value(np.zeros_like(scale))
    norm.gamma.set_value(np.sqrt(var + np.float32(norm.epsilon)))
    plain = theano.compile.get_default_mode().excluding("fuse_blocks")
    expected = theano.function([input_of(network)], output, mode=plain)(rounded(x * GRID) / GRID)
    close(ours, expected, tolerance=1e-4)


def test_values_of_pictures_are_not_rounded_off():
    every = np.arange(256, dtype=np.uint8)[:, None, None, None].repeat(3, axis=3)
    values = network_input(every) * GRID
    wanted = np.broadcast_to(np.arange(256)[:, None, None, None] - 127.5, values.shape)
    np.testing.assert_array_equal(rounded(values), wanted)


@can
def test_the_whole_net_is_near_float32_and_not_it():
    network = build_net_smiles(num_classes=5)
    x = np.random.default_rng(0).uniform(-1, 1, (9, 3, 48, 48)).astype(np.float32)
    exact, near = (compile_smile_probs_sum(network, p) for p in ("float32", "bfloat16"))
    assert (chains(exact), chains(near)) == (["float32"], ["bfloat16"])
    difference = np.abs(exact(x) - near(x)).max() / len(x)
    assert 0 < difference < 0.01
    np.testing.assert_array_equal(near(x), near(x))


@can
def test_the_result_does_not_depend_on_the_layout_of_the_pictures():
    network, x = block((3, 3, 20, 17, 8, 3))
    output = lasagne.layers.get_output(network, deterministic=True)
    function = theano.function([input_of(network)], output, mode=in_precision("bfloat16"))
    last = np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(function(x), function(last))


def test_without_the_instructions_everything_stays_float32(monkeypatch):
    monkeypatch.setattr(fusion, "has_bfloat16", lambda: False)
    network, x = block(SHAPES[0])
    output = lasagne.layers.get_output(network, deterministic=True)
    ways = [
        theano.function([input_of(network)], output, mode=in_precision(precision))
        for precision in ("bfloat16", "float32")
    ]
    assert "bfloat16" not in chains(ways[0])
    np.testing.assert_array_equal(*(function(x) for function in ways))


@pytest.mark.slow
def test_a_processor_of_avx2_has_no_bfloat16_and_the_same_result():
    code = """
import numpy as np
from nets.fast import has_bfloat16
from nets.functions import compile_smile_probs_sum
from nets.weights import load_network
x = np.random.default_rng(0).uniform(-1, 1, (4, 3, 48, 48)).astype(np.float32)
network, _ = load_network("weights/smiles.npz", "smiles")
sums = [compile_smile_probs_sum(network, p)(x) for p in ("bfloat16", "float32")]
print(has_bfloat16(), np.array_equal(*sums))
"""
    environment = {**os.environ, "ONEDNN_MAX_CPU_ISA": "AVX2", "PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert result.stdout.split() == ["False", "True"], result.stderr
