"""Lasagne's layers for cuDNN on the CPU, against loops written from cuDNN's definitions."""

import numpy as np
import pytest

import theano_mend  # noqa: F401

import lasagne  # isort: skip
import lasagne.layers.dnn as dnn  # isort: skip
from lasagne.layers import InputLayer, get_output  # isort: skip

RNG = np.random.default_rng(0)


def output(layer, x):
    return get_output(layer, x).eval()


def correlated(x, filters, stride, pad, flip):
    """Cross-correlation, or convolution for flipped filters: (N, F, rows, columns)."""
    x = np.pad(x, [(0, 0), (0, 0), *[(p, p) for p in pad]])
    if flip:
        filters = filters[:, :, ::-1, ::-1]
    size = filters.shape[2:]
    rows, columns = ((x.shape[2 + d] - size[d]) // stride[d] + 1 for d in range(2))
    result = np.empty((len(x), len(filters), rows, columns), np.float32)
    for i in range(rows):
        for j in range(columns):
            top, left = i * stride[0], j * stride[1]
            window = x[:, None, :, top : top + size[0], left : left + size[1]]
            result[:, :, i, j] = (window * filters).sum((2, 3, 4))
    return result


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("stride", [(1, 1), (2, 3)])
@pytest.mark.parametrize(
    ("pad", "zeros"),
    [(0, (0, 0)), ("valid", (0, 0)), ("same", (1, 2)), ("full", (2, 4)), ((3, 1),) * 2],
)
def test_convolution(flip, stride, pad, zeros):
    x = RNG.normal(size=(2, 3, 9, 11)).astype(np.float32)
    layer = dnn.Conv2DDNNLayer(
        InputLayer(x.shape), 4, (3, 5), stride, pad, flip_filters=flip, nonlinearity=None, b=None
    )
    expected = correlated(x, layer.W.get_value(), stride, zeros, flip)
    assert layer.output_shape == expected.shape
    np.testing.assert_allclose(output(layer, x), expected, atol=1e-4)


@pytest.mark.parametrize("untie", [False, True])
def test_biases_and_nonlinearity(untie):
    x = RNG.normal(size=(2, 3, 5, 5)).astype(np.float32)
    layer = dnn.Conv2DDNNLayer(
        InputLayer(x.shape), 4, 3, untie_biases=untie, b=lasagne.init.Normal(1)
    )
    biases = layer.b.get_value()
    biases = biases if untie else biases[:, None, None]
    plain = correlated(x, layer.W.get_value(), (1, 1), (0, 0), False)
    np.testing.assert_allclose(output(layer, x), np.maximum(plain + biases, 0), atol=1e-4)


def pooled(x, size, stride, pad, mode):
    """Pooling region by region; what lies outside the pictures counts only in inc_pad."""
    rows, columns = ((x.shape[2 + d] + 2 * pad[d] - size[d]) // stride[d] + 1 for d in range(2))
    result = np.empty((*x.shape[:2], rows, columns), np.float32)
    for i in range(rows):
        for j in range(columns):
            top, left = i * stride[0] - pad[0], j * stride[1] - pad[1]
            inside = x[:, :, max(top, 0) : top + size[0], max(left, 0) : left + size[1]]
            if mode == "max":
                result[:, :, i, j] = inside.max((2, 3))
            elif mode == "average_exc_pad":
                result[:, :, i, j] = inside.mean((2, 3))
            else:
                result[:, :, i, j] = inside.sum((2, 3)) / (size[0] * size[1])
    return result


@pytest.mark.parametrize("mode", ["max", "average_inc_pad", "average_exc_pad"])
@pytest.mark.parametrize(
    ("size", "stride", "pad"),
    [
        ((2, 2), None, (0, 0)),
        ((3, 3), (2, 2), (0, 0)),
        ((3, 3), (2, 2), (1, 1)),
        ((3, 4), (1, 3), (1, 2)),
    ],
)
def test_pooling(mode, size, stride, pad):
    x = RNG.normal(size=(2, 3, 8, 11)).astype(np.float32) - 3  # zeros would win
    layer = dnn.Pool2DDNNLayer(InputLayer(x.shape), size, stride, pad, mode=mode)
    expected = pooled(x, size, stride or size, pad, mode)
    assert layer.output_shape == expected.shape
    np.testing.assert_allclose(output(layer, x), expected, rtol=1e-4)


def test_gradients_flow():
    """The derivative by a weight, against a difference."""
    x = RNG.normal(size=(2, 1, 7, 7)).astype(np.float32)
    layer = dnn.Conv2DDNNLayer(InputLayer(x.shape), 2, 3, pad=1, nonlinearity=None)
    layer = dnn.Pool2DDNNLayer(layer, 3, 2, 1, mode="average_exc_pad")
    weights = layer.input_layer.W
    loss = (get_output(layer, x) ** 2).sum()
    (slope,) = lasagne.updates.get_or_compute_grads(loss, [weights])
    slope = slope.eval()[1, 0, 2, 1]
    step, values = 1e-2, weights.get_value()
    losses = []
    for sign in (1, -1):
        moved = values.copy()
        moved[1, 0, 2, 1] += sign * step
        weights.set_value(moved)
        losses.append(float(loss.eval()))
    assert slope == pytest.approx((losses[0] - losses[1]) / (2 * step), rel=1e-2)


def test_who_asks_is_told_that_there_is_no_gpu():
    from theano.sandbox.cuda import dnn as cuda_dnn

    assert not cuda_dnn.dnn_available()
    assert dnn.theano.config.device == "cpu"
