"""Chains by minimal filtering, and what they leave out, against sums written out."""

import cv2
import numpy as np
import pytest
import theano

from common.cli import ROOT
from common.crops import crop
from nets.fast.library import load
from nets.fast.ops import ChainInfer
from nets.functions import input_of, probabilities
from nets.weights import load_network
from pipeline.light import face_input

pytestmark = pytest.mark.skipif(load() is None, reason="oneDNN is not installed or switched off")


def blocks(channels, filters, sides, seed=0):
    """Random parameters of a chain: weights (F, C, K, K), scale (F,), shift (F,) of each block."""
    rng = np.random.default_rng(seed)
    found = []
    for f, k in zip(filters, sides):
        deviation = 1 / np.sqrt(channels * k * k)
        arrays = rng.normal(0, deviation, (f, channels, k, k)), rng.normal(1, 0.5, f)
        found.append([np.float32(a) for a in (*arrays, rng.normal(0, 0.3, f))])
        channels = f
    return found


def computed(x, chain):
    """What the Op makes of pictures (N, C, H, W), given as it gets them: (N, F, H', W')."""
    parameters = [array for block in chain for array in block]
    node = ChainInfer().make_node(x.transpose(0, 2, 3, 1), *parameters)
    outputs = [[None]]
    node.op.perform(node, [x.transpose(0, 2, 3, 1), *parameters], outputs)
    return outputs[0][0].transpose(0, 3, 1, 2)


def written_out(x, chain):
    """The same in float64: convolution, scale and shift, pooling, rectifier."""
    x = x.astype(float)
    for weights, scale, shift in chain:
        (_, _, h, w), k = x.shape, weights.shape[2]
        padded = np.pad(x, [(0, 0), (0, 0), (k // 2, k // 2), (k // 2, k // 2)])
        y = 0
        for r, q in np.ndindex(k, k):
            seen, flipped = padded[:, :, r : r + h, q : q + w], weights[:, :, k - 1 - r, k - 1 - q]
            y = y + np.einsum("nchw,fc->nfhw", seen, flipped)
        y = y * scale[:, None, None] + shift[:, None, None]
        y = y[:, :, : h // 2 * 2, : w // 2 * 2].reshape(*y.shape[:2], h // 2, 2, w // 2, 2)
        x = np.maximum(y.max(axis=(3, 5)), 0)
    return x


def close(ours, theirs):
    """Whether what was computed is rounded as sums in float32 are."""
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5 * np.abs(theirs).max())


@pytest.mark.parametrize("side", [(48, 48), (24, 24), (13, 18), (7, 70), (2, 3)])
@pytest.mark.parametrize("k", [5, 3])
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 16, 48])
def test_a_block_of_any_size_equals_its_sums(side, k, channels):
    x = np.random.default_rng(1).uniform(-1, 1, (3, channels, *side)).astype(np.float32)
    for filters in (16, 64):
        chain = blocks(channels, [filters], [k])
        close(computed(x, chain), written_out(x, chain))


@pytest.mark.parametrize("filters", [[32, 64, 64, 64], [32, 24, 64, 16], [16, 2, 16, 1]])
def test_a_chain_of_blocks_equals_its_sums(filters):
    x = np.random.default_rng(1).uniform(-1, 1, (2, 3, 48, 48)).astype(np.float32)
    chain = blocks(3, filters, [5, 5, 3, 3])
    close(computed(x, chain), written_out(x, chain))


@pytest.mark.parametrize("unread", [0, 20, 37, 63, 64])
def test_filters_that_the_next_layer_does_not_read_change_nothing(unread):
    x = np.random.default_rng(2).uniform(-1, 1, (2, 3, 24, 24)).astype(np.float32)
    chain = blocks(3, [64, 32], [5, 5])
    empty = np.random.default_rng(3).permutation(64)[:unread]
    chain[0][0][empty] = 1e3  # not read: whatever they are
    chain[1][0][:, empty] = 1e-38
    ours = computed(x, chain)
    chain[0][0][empty] = 0
    close(ours, written_out(x, chain))


@pytest.mark.parametrize("mix", [(0.114, 0.587, 0.299), (0, 0, 2), (1, -1, 0)])
def test_filters_that_see_one_mixture_of_the_colours_see_no_other(mix):
    x = np.random.default_rng(4).uniform(-1, 1, (2, 3, 24, 24)).astype(np.float32)
    chain = blocks(3, [32, 16], [5, 3])
    chain[0][0] = chain[0][0][:, :1] * np.float32(mix)[:, None, None]
    close(computed(x, chain), written_out(x, chain))
    chain[0][0][5, 1, 2, 3] += 0.1  # one filter that sees something else
    close(computed(x, chain), written_out(x, chain))


def test_what_was_left_out_comes_back_where_weights_change():
    x = np.random.default_rng(5).uniform(-1, 1, (1, 3, 24, 24)).astype(np.float32)
    chain = blocks(3, [64, 16], [5, 5])
    whole = chain[1][0].copy()
    parameters = [array for block in chain for array in block]
    node = ChainInfer().make_node(x.transpose(0, 2, 3, 1), *parameters)
    for part in (0, 1, 0.5):
        chain[1][0][:, 10:50] = part * whole[:, 10:50]
        outputs = [[None]]
        node.op.perform(node, [x.transpose(0, 2, 3, 1), *parameters], outputs)
        close(outputs[0][0].transpose(0, 3, 1, 2), written_out(x, chain))


@pytest.mark.parametrize("net", ["real", "smiles"])
def test_the_shipped_nets_name_the_smileys_that_theanos_own_ops_name(net):
    network, meta = load_network(ROOT / "weights" / f"{net}.npz", "smiles")
    film = cv2.VideoCapture(str(ROOT / "dataset" / "demo" / "known.mp4"))
    height = film.get(cv2.CAP_PROP_FRAME_HEIGHT)
    box = (film.get(cv2.CAP_PROP_FRAME_WIDTH) / 2 - height / 2, 0, height, height)
    windows = [crop(film.read()[1], [box])[0] for _ in range(30)]
    film.release()
    x = face_input(np.stack(windows), meta["normalized"])
    plain = theano.compile.get_default_mode().excluding("fuse_blocks")
    ours, theirs = (
        theano.function([input_of(network)], probabilities(network), mode=mode)(x)
        for mode in (None, plain)
    )
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)
    np.testing.assert_allclose(ours.mean(axis=0), theirs.mean(axis=0), rtol=0, atol=1e-6)
