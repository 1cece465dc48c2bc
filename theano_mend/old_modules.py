"""Modules of an older Theano that Lasagne 0.1 and code of its time import."""

import theano.tensor.signal
from theano.tensor.signal import pool

from . import cudnn
from .removed_names import module


def mend():
    """Make them importable."""
    downsample = module("theano.tensor.signal.downsample", max_pool_2d=max_pool_2d)
    theano.tensor.signal.downsample = downsample
    dnn = module(
        "theano.sandbox.cuda.dnn",
        dnn_available=lambda: False,  # no GPU, for who asks; the functions are there all the same
        dnn_conv=cudnn.conv,
        dnn_pool=cudnn.pooling,
    )
    module("theano.sandbox.cuda", dnn=dnn)


def max_pool_2d(input, ds, ignore_border=None, st=None, padding=(0, 0), mode="max"):
    """Theano 0.7's name and arguments for what is `pool_2d` in Theano 1.0."""
    return pool.pool_2d(
        input, ws=ds, ignore_border=bool(ignore_border), stride=st, pad=padding, mode=mode
    )
