"""The compiled Theano functions that use trained networks."""

import lasagne
import numpy as np
import theano
import theano.tensor as T

from nets.fast import get_scan, in_precision


def input_of(network):
    """Return the Theano variable that feeds ``network``."""
    return lasagne.layers.get_all_layers(network)[0].input_var


def probabilities(network):
    """Symbolic class probabilities (N, classes) of a network whose last layer is linear.

    The article's last layer is linear, yet its text adds up distributions: the
    softmax that makes them is applied here, outside the layer definition.
    """
    return T.nnet.softmax(lasagne.layers.get_output(network, deterministic=True))


def compile_probabilities(network, precision="float32"):
    """Compile windows (N, 3, H, W) float32 to class probabilities (N, classes).

    ``precision`` is as for `nets.fast.in_precision`.
    """
    return theano.function(
        [input_of(network)], probabilities(network), mode=in_precision(precision)
    )


def compile_classify_smiles(net_smiles):
    """The article's ``classify_smiles``: one function from windows to the winner.

    The article writes it over a fresh ``T.tensor4("input")``, which nothing connects
    to the network; here it takes the network's own input variable.

    Returns
    -------
    callable
        (N, 3, 48, 48) float32 to [class index, its probability summed over the N
        windows], both 0-dimensional arrays.
    """
    # sum probabilities over all windows
    smile_probs_sum = T.sum(probabilities(net_smiles), axis=0)
    # get best class and its score
    return theano.function(
        [input_of(net_smiles)], [T.argmax(smile_probs_sum), T.max(smile_probs_sum)]
    )


def compile_smile_probs_sum(net_smiles, precision="float32"):
    """Compile windows (N, 3, 48, 48) to the whole vector of summed probabilities (classes,).

    ``precision`` is as for `nets.fast.in_precision`.
    """
    return theano.function(
        [input_of(net_smiles)],
        T.sum(probabilities(net_smiles), axis=0),
        mode=in_precision(precision),
    )


SHARED_BLOCKS = 2  # poolings after which the windows part; 3 agree less with the full vote
SHARED_SHIFT = 8  # pixels from window to window: whole pixels after up to three poolings


def compile_shared_probs_sum(net_smiles, shared_blocks=SHARED_BLOCKS, precision="float32"):
    """`compile_smile_probs_sum` for windows that lie close, early layers computed once.

    Returns
    -------
    callable
        Pictures (N, 3, 64, 64), in each of which 3 x 3 windows of 48x48 stand 8 pixels
        apart, to the sums over all windows (classes,). Near its border a window sees here the
        picture around it, where alone it would see the convolutions' padding.
    """
    layers = lasagne.layers.get_all_layers(net_smiles)
    pools = [layer for layer in layers if isinstance(layer, lasagne.layers.MaxPool2DLayer)]
    last = pools[shared_blocks - 1]
    pictures = T.tensor4("pictures")
    maps = lasagne.layers.get_output(last, {layers[0]: pictures}, deterministic=True)
    side, step = last.output_shape[2], SHARED_SHIFT // 2**shared_blocks
    windows = [
        maps[:, :, row : row + side, column : column + side]
        for row in (0, step, 2 * step)
        for column in (0, step, 2 * step)
    ]
    top = lasagne.layers.get_output(net_smiles, {last: T.concatenate(windows)}, deterministic=True)
    return theano.function(
        [pictures], T.sum(T.nnet.softmax(top), axis=0), mode=in_precision(precision)
    )


def score(classify_smiles, frames):
    """The article's ``score`` as written, with its division by 17.

    Parameters
    ----------
    classify_smiles : callable from `compile_classify_smiles`
    frames : list of one array (N, 3, 48, 48)
        The article calls ``classify_smiles(*frames)``.

    Returns
    -------
    (class index, float)
        For 45 windows the number lies between 45 / classes / 17 and 45 / 17 = 2.65: it is no
        percentage, see `share`.
    """
    smile_cls, smile_val = classify_smiles(*frames)
    smile_val = float(smile_val)
    return int(smile_cls), smile_val / 17


def share(smile_probs_sum):
    """What the article's text calls the score: the part of the maximum each smiley got.

    Parameters
    ----------
    smile_probs_sum : ndarray (classes,)
        Probabilities summed over windows; it adds up to the number of windows.

    Returns
    -------
    ndarray (classes,)
        Shares from 0 to 1, adding up to 1.
    """
    smile_probs_sum = np.asarray(smile_probs_sum)
    return smile_probs_sum / smile_probs_sum.sum()


def scan_outputs(net_small, image):
    """The small net written as convolutions only: symbolic (N, 2, rows, columns).

    A fully connected layer over a window's feature maps equals a convolution whose
    filter covers them, so all windows of an image share their common work.
    """
    _, conv, pool, hidden, top = lasagne.layers.get_all_layers(net_small)
    channels, height, width = pool.output_shape[1:]
    # The layer would promise Theano 12x12 pixels: here the size is free.
    maps = conv.get_output_for(image, input_shape=(None, 3, None, None))
    maps = pool.get_output_for(maps)
    filters = hidden.W.reshape((channels, height, width, hidden.num_units)).dimshuffle(3, 0, 1, 2)
    maps = T.nnet.conv2d(maps, filters, filter_flip=False)
    maps = hidden.nonlinearity(maps + hidden.b.dimshuffle("x", 0, "x", "x"))
    # A filter of one pixel is a product over the channels.
    maps = T.tensordot(maps, top.W, axes=[[1], [0]]).dimshuffle(0, 3, 1, 2)
    return maps + top.b.dimshuffle("x", 0, "x", "x")


SCAN_WINDOW = 12  # pixels: what the small net looks at
SCAN_STRIDE = 2  # pixels between neighbouring windows: the small net's pooling


def compile_scan(net_small):
    """Compile the scan of a whole image with the small net.

    Returns
    -------
    callable
        (N, 3, H, W) float32, H and W at least 12, to probabilities of a face,
        (N, (H - 11) // 2 + 1, (W - 11) // 2 + 1): element [n, i, j] belongs to the
        12x12 window whose upper left corner is (2 j, 2 i). (The network's pooling never
        looks at a window's last row and column, so where H is odd the last windows reach
        one pixel out of the image.)
    """
    image = T.tensor4("image")
    heat = get_scan(net_small, image)
    if heat is None:
        maps = scan_outputs(net_small, image)
        heat = T.nnet.sigmoid(maps[:, 1] - maps[:, 0])  # the softmax of two classes
    return theano.function([image], heat)


def compile_faces(network, precision="float32"):
    """Compile windows (N, 3, side, side) to their probability of being a face, (N,).

    ``precision`` is as for `nets.fast.in_precision`.
    """
    return theano.function(
        [input_of(network)], probabilities(network)[:, 1], mode=in_precision(precision)
    )
