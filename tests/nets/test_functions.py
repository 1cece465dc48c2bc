"""The compiled functions against loops over windows."""

import lasagne
import numpy as np
import pytest
import theano
import theano.tensor as T

from nets import functions
from nets.detector import build_net_small
from nets.functions import (
    compile_classify_smiles,
    compile_scan,
    compile_shared_probs_sum,
    compile_smile_probs_sum,
)
from nets.input import network_input, picture
from nets.layers import DenseLayer, linear, relu
from nets.smiles import build_net_smiles

RNG = np.random.default_rng(0)


def shake(network):
    """Give every parameter a random value that keeps variances positive."""
    for param in lasagne.layers.get_all_params(network):
        shape = param.get_value(borrow=True).shape
        value = RNG.normal(0, 0.3, shape)
        param.set_value(np.float32(np.abs(value) + 0.5 if param.name == "var" else value))
    return network


def tiny_net(classes):
    network = lasagne.layers.InputLayer((None, 3, 4, 4), T.tensor4())
    return shake(lasagne.layers.DenseLayer(network, classes, nonlinearity=None))


@pytest.mark.parametrize("classes", [7, 17])
def test_classify_smiles_sums_the_windows_distributions(classes):
    network = tiny_net(classes)
    windows = RNG.uniform(-1, 1, (45, 3, 4, 4)).astype(np.float32)
    weights, bias = (param.get_value() for param in lasagne.layers.get_all_params(network))
    total = np.zeros(classes)
    for window in windows:
        outputs = window.ravel() @ weights + bias
        total += np.exp(outputs) / np.exp(outputs).sum()
    classify_smiles = compile_classify_smiles(network)
    assert isinstance(classify_smiles, theano.compile.function_module.Function)
    winner, value = classify_smiles(windows)
    assert winner == total.argmax()
    assert value == pytest.approx(total.max(), rel=1e-5)
    summed = compile_smile_probs_sum(network)(windows)
    np.testing.assert_allclose(summed, total, rtol=1e-5)
    # As the article says: the sum over the smileys of 45 windows must be 45.
    assert summed.sum() == pytest.approx(45, rel=1e-5)


def crops(pictures, side, shift):
    """Windows of 48x48, cut from pictures (N, C, 64, 64) one after the other."""
    return np.concatenate(
        [
            pictures[:, :, row : row + side, column : column + side]
            for row in (0, shift, 2 * shift)
            for column in (0, shift, 2 * shift)
        ]
    )


@pytest.mark.parametrize("fused", [True, False])
def test_the_shared_vote_equals_the_full_one_where_padding_cannot_be_seen(fused, monkeypatch):
    if not fused:
        monkeypatch.setattr("nets.fast.fusion.load", lambda: None)
    network = build_net_smiles(num_classes=4)
    # Colour only in the middle, which all windows see whole and no border reaches; no biases.
    pictures = np.zeros((2, 3, 64, 64), np.float32)
    pictures[:, :, 28:36, 28:36] = RNG.uniform(-1, 1, (2, 3, 8, 8))
    shared = compile_shared_probs_sum(network)(pictures)
    assert shared.sum() == pytest.approx(18, rel=1e-5)
    windows = compile_smile_probs_sum(network)(crops(pictures, 48, 8))
    np.testing.assert_allclose(shared, windows, rtol=1e-4)
    # And it is no accident: other pictures, other sums.
    assert np.abs(compile_shared_probs_sum(network)(pictures[:, ::-1]) - shared).max() > 1e-3


def test_score_is_the_articles_and_share_its_texts():
    def classify_smiles(frames):
        assert len(frames) == 45
        return np.array(3), np.array(34.0)

    assert functions.score(classify_smiles, [np.zeros((45, 1))]) == (3, 2.0)
    shares = functions.share(np.array([36.0, 9.0, 0.0]))
    np.testing.assert_allclose(shares, [0.8, 0.2, 0.0])


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("shape", [(12, 12), (13, 13), (14, 15), (37, 52), (90, 71)])
def test_scan_equals_the_small_net_on_every_window(shape, fused, monkeypatch):
    if not fused:
        monkeypatch.setattr(functions, "get_scan", lambda *_: None)
    network = shake(build_net_small())
    image = RNG.uniform(-1, 1, (2, 3, *shape)).astype(np.float32)
    heat = compile_scan(network)(image)
    rows, columns = (shape[0] - 11) // 2 + 1, (shape[1] - 11) // 2 + 1
    # What the last windows of an odd side see outside the image must not matter.
    image = np.pad(image, ((0, 0), (0, 0), (0, 1), (0, 1)), constant_values=7)
    assert heat.shape == (2, rows, columns)
    net = theano.function(
        [functions.input_of(network)],
        T.nnet.softmax(lasagne.layers.get_output(network, deterministic=True)),
    )
    for i in range(rows):
        for j in range(columns):
            window = np.ascontiguousarray(image[:, :, 2 * i : 2 * i + 12, 2 * j : 2 * j + 12])
            np.testing.assert_allclose(heat[:, i, j], net(window)[:, 1], atol=1e-5)


def test_a_small_net_of_other_sizes_is_scanned_too():
    network = lasagne.layers.InputLayer((None, 3, 12, 12), T.tensor4())
    network = lasagne.layers.Conv2DLayer(network, 5, (3, 3))
    network = lasagne.layers.MaxPool2DLayer(network, pool_size=(3, 3), stride=2)
    network = shake(DenseLayer(DenseLayer(network, 7, relu), 2, linear))
    heat = compile_scan(network)(RNG.uniform(-1, 1, (1, 3, 20, 30)).astype(np.float32))
    assert heat.shape == (1, 5, 10)


def test_network_input_by_hand():
    image = np.zeros((1, 2, 2, 3), np.uint8)
    image[0, 0, 1] = 255, 0, 51  # blue, green, red
    planes = network_input(image)
    assert planes.dtype == np.float32
    assert planes.shape == (1, 3, 2, 2)
    np.testing.assert_allclose(planes[0, :, 0, 1], [1, -1, -0.6], atol=1e-6)
    np.testing.assert_array_equal(picture(planes), image)


@pytest.mark.parametrize("wrong", [np.zeros((1, 2, 2, 3)), np.zeros((2, 2, 3), np.uint8)])
def test_network_input_refuses_other_arrays(wrong):
    with pytest.raises(ValueError, match="uint8"):
        network_input(wrong)
