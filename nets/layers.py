"""The building blocks the article's layer definitions use by these very names."""

import lasagne
import theano.tensor as T
from lasagne.nonlinearities import linear, rectify

import nets.fast  # noqa: F401 - from here on Theano fuses what these layers are made of

relu = rectify
linear = linear


class SameConv2DLayer(lasagne.layers.Conv2DLayer):
    """Lasagne's ``Conv2DLayer(pad='same', stride=1)`` without its detour.

    Lasagne 0.1 computes a full convolution and crops it, because Theano then had
    nothing else; ``border_mode='half'`` computes the same numbers directly.
    Filters have odd sides.
    """

    def __init__(self, incoming, num_filters, filter_size, **kwargs):
        super().__init__(incoming, num_filters, filter_size, pad="same", **kwargs)
        if any(side % 2 == 0 for side in self.filter_size):
            raise ValueError(f"filter sides must be odd, got {self.filter_size}")

    def get_output_for(self, input, **kwargs):
        """Convolve, add the bias, apply the nonlinearity: (N, C, H, W) to (N, F, H, W)."""
        convolved = T.nnet.conv2d(
            input,
            self.W,
            # Height and width are free: pictures may be larger than the network's.
            input_shape=(None, self.input_shape[1], None, None),
            filter_shape=self.get_W_shape(),
            border_mode="half",
        )
        if self.b is not None:
            convolved = convolved + self.b.dimshuffle("x", 0, "x", "x")
        return self.nonlinearity(convolved)


def conv(incoming, num_filters, filter_size, nolin):
    """Convolution that keeps height and width: (N, C, H, W) to (N, num_filters, H, W).

    The article does not show its ``conv``; only padding of half the filter makes
    its four poolings fit into 48x48. Weights start as He et al. (2015) propose
    for rectified units.
    """
    return SameConv2DLayer(
        incoming,
        num_filters=num_filters,
        filter_size=filter_size,
        nonlinearity=nolin,
        W=lasagne.init.HeNormal(gain="relu"),
    )


def max_pool(incoming):
    """Maximum over blocks of 2x2: (N, C, H, W) to (N, C, H // 2, W // 2)."""
    return lasagne.layers.MaxPool2DLayer(incoming, pool_size=(2, 2))


def DenseLayer(incoming, num_units, nolin):
    """Fully connected layer: (N, ...) to (N, num_units)."""
    gain = "relu" if nolin is relu else 1.0
    return lasagne.layers.DenseLayer(
        incoming, num_units=num_units, nonlinearity=nolin, W=lasagne.init.HeNormal(gain=gain)
    )
