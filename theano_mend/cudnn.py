"""What cuDNN computed on a GPU, on the CPU, for Lasagne's layers of ``lasagne.layers.dnn``."""

import sys
import types

import theano.tensor as T
from theano.tensor.signal import pool


def conv(
    img,
    kerns,
    border_mode="valid",
    subsample=(1, 1),
    conv_mode="conv",
    direction_hint=None,
    workmem=None,
    algo=None,
    precision=None,
):
    """Theano 0.7's ``theano.sandbox.cuda.dnn.dnn_conv``.

    Parameters
    ----------
    img, kerns : symbolic 4D tensors
        (images, channels, rows, columns) and (filters, channels, rows, columns).
    border_mode : 'valid', 'full', 'half', int or pair of int
        The zeros added around the images.
    subsample : pair of int
        The strides.
    conv_mode : 'conv' or 'cross'
        Whether filters are flipped (convolution) or not (cross-correlation).
    direction_hint, workmem, algo, precision
        Choices of cuDNN's, which change no result.
    """
    return T.nnet.conv2d(
        img, kerns, border_mode=border_mode, subsample=subsample, filter_flip=conv_mode == "conv"
    )


def pooling(img, ws, stride=(1, 1), mode="max", pad=(0, 0)):
    """Theano 0.7's ``theano.sandbox.cuda.dnn.dnn_pool``.

    Parameters
    ----------
    img : symbolic 4D tensor
        (images, channels, rows, columns).
    ws, stride, pad : pairs of int
        Size of the regions, their strides, and what is added on each side. Regions that do
        not fit into that are left out.
    mode : 'max', 'average_inc_pad' (or 'average') or 'average_exc_pad'
        An average divides by the size of the region, or by how much of it lies in the image.
    """

    def pooled(x, mode):
        return pool.pool_2d(x, ws=ws, ignore_border=True, stride=stride, pad=pad, mode=mode)

    if mode == "average":
        mode = "average_inc_pad"
    if mode != "average_exc_pad" or tuple(pad) == (0, 0):
        return pooled(img, mode)
    # Theano's own does not take padding here.
    share = pooled(T.ones_like(img[:1, :1]), "average_inc_pad")
    return pooled(img, "average_inc_pad") / T.addbroadcast(share, 0, 1)


def import_layers(run):
    """Execute Lasagne's own module by ``run()``.

    It goes on only where Theano's device is a GPU on which cuDNN is available, so
    that is what it is told for as long as it runs.
    """
    theano = sys.modules["theano"]
    dnn = sys.modules["theano.sandbox.cuda.dnn"]
    told = types.ModuleType("theano")
    told.config = types.SimpleNamespace(device="gpu")
    available = dnn.dnn_available
    sys.modules["theano"], dnn.dnn_available = told, lambda: True
    try:
        run()
    finally:
        sys.modules["theano"], dnn.dnn_available = theano, available
    sys.modules["lasagne.layers.dnn"].theano = theano
