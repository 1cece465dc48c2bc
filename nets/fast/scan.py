"""The small net over whole pictures by one fused Op, where it is the net that the Op knows."""

import lasagne

from nets.fast.library import load
from nets.fast.ops import ScanInfer


def get_scan(net_small, image):
    """Probabilities of a face in every window of ``image`` (N, 3, H, W) by one fused Op.

    Returns
    -------
    Theano variable (N, rows, columns), or None where the net or the machine is another.
    """
    _, conv, pool, hidden, top = lasagne.layers.get_all_layers(net_small)
    if load() is None or (conv.num_filters, hidden.num_units, pool.output_shape[1:]) != (
        16,
        16,
        (16, 4, 4),
    ):
        return None
    return ScanInfer()(
        image.dimshuffle(0, 2, 3, 1),
        conv.W[:, :, ::-1, ::-1].dimshuffle(2, 3, 1, 0),
        conv.b,
        hidden.W.reshape((16, 4, 4, 16)).dimshuffle(1, 2, 0, 3),
        hidden.b,
        top.W[:, 1] - top.W[:, 0],
        top.b[1:] - top.b[:1],
    )
