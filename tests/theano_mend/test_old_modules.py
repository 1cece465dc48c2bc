"""Modules of an older Theano, as Lasagne calls them."""

import numpy as np
import pytest

import theano_mend  # noqa: F401

import lasagne  # isort: skip


@pytest.mark.parametrize("shape", [(8, 8), (7, 9)])
@pytest.mark.parametrize(("size", "stride"), [(2, 2), (3, 2)])
def test_max_pooling_through_the_mended_module(shape, size, stride):
    """Lasagne's layer calls `downsample.max_pool_2d`, which Theano 1.0 does not have."""
    image = np.random.default_rng(1).normal(size=(2, 3, *shape)).astype(np.float32)
    layer = lasagne.layers.InputLayer((None, 3, *shape))
    layer = lasagne.layers.MaxPool2DLayer(layer, size, stride=stride)
    result = lasagne.layers.get_output(layer, image).eval()
    rows, columns = ((side - size) // stride + 1 for side in shape)
    expected = np.empty((2, 3, rows, columns), np.float32)
    for i in range(rows):
        for j in range(columns):
            y, x = i * stride, j * stride
            expected[..., i, j] = image[..., y : y + size, x : x + size].max(axis=(2, 3))
    assert layer.output_shape[2:] == (rows, columns)
    np.testing.assert_array_equal(result, expected)
