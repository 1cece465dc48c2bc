"""Rewrites a Lasagne network's chains of layers into fused blocks.

The layer definitions stay the article's; this changes what is compiled from them,
wherever a convolution, its batch normalisation, rectifier and 2x2 pooling follow
each other. The environment variable ``SMILEYS_FAST=0`` switches it off.
"""

import collections

import lasagne
import theano.tensor as T

from nets.batchnorm import BatchNormLayer
from nets.fast.library import load
from nets.layers import SameConv2DLayer, relu


def get_output(network, deterministic=False, inputs=None):
    """`lasagne.layers.get_output`, computed by fused blocks where there are any.

    Parameters
    ----------
    network : lasagne.layers.Layer
        Its input layers have their own variables.
    deterministic : bool
        As for Lasagne: no dropout, and batch normalisation by the running averages.
    inputs : dict of layer to Theano variable, optional
        Outputs of layers that are given, not computed. Pictures may have another size than the
        network's: then `network` lies before its first dense layer.

    Returns
    -------
    Theano variable
    """
    outputs = dict(inputs or {})
    layers = lasagne.layers.get_all_layers(network, treat_as_input=list(outputs))
    blocks = find_blocks(layers) if load() else []
    chains = find_chains(layers, blocks) if deterministic else [[block] for block in blocks]
    ends = {chain[-1][-1]: chain for chain in chains}
    inside = {layer for block in blocks for layer in block} - set(ends)
    for layer in layers:
        if layer in inside or layer in outputs:
            continue
        if isinstance(layer, lasagne.layers.InputLayer):
            outputs[layer] = layer.input_var
        elif layer in ends:
            incoming = outputs[ends[layer][0][0].input_layer]
            outputs[layer] = chain_output(ends[layer], incoming, deterministic)
        elif isinstance(layer, lasagne.layers.MergeLayer):
            incomings = [outputs[incoming] for incoming in layer.input_layers]
            outputs[layer] = layer.get_output_for(incomings, deterministic=deterministic)
        else:
            incoming, options = outputs[layer.input_layer], {}
            if inputs and isinstance(layer, SameConv2DLayer):
                options["input_shape"] = (None, layer.input_shape[1], None, None)
            outputs[layer] = layer.get_output_for(incoming, deterministic=deterministic, **options)
    return outputs[network]


def count_uses(layers):
    """How many of ``layers`` read each layer's output."""
    return collections.Counter(
        incoming
        for layer in layers
        for incoming in getattr(layer, "input_layers", [getattr(layer, "input_layer", None)])
    )


def find_blocks(layers):
    """All chains (convolution, normalisation with rectifier, 2x2 pooling) among ``layers``."""
    uses = count_uses(layers)
    blocks = []
    for pool in layers:
        if not isinstance(pool, lasagne.layers.MaxPool2DLayer):
            continue
        norm = pool.input_layer
        conv = getattr(norm, "input_layer", None)
        if (
            (pool.pool_size, pool.stride, pool.pad) == ((2, 2), (2, 2), (0, 0))
            and pool.ignore_border
            and isinstance(norm, BatchNormLayer)
            and norm.nonlinearity is relu
            and isinstance(conv, SameConv2DLayer)
            and conv.nonlinearity is lasagne.nonlinearities.identity
            and conv.b is None
            and conv.filter_size[0] == conv.filter_size[1]
            and uses[norm] == uses[conv] == 1
        ):
            blocks.append((conv, norm, pool))
    return blocks


def find_chains(layers, blocks):
    """Blocks that follow each other directly, as lists of blocks."""
    uses = count_uses(layers)
    chains = []
    for block in blocks:
        before = block[0].input_layer
        for chain in chains:
            if chain[-1][-1] is before and uses[before] == 1:
                chain.append(block)
                break
        else:
            chains.append([block])
    return chains


def chain_output(chain, incoming, deterministic):
    """A chain of blocks, in training of one: (N, C, H, W) to the last one's (N, F, H', W').

    Computed channels-last; Theano cancels the two transpositions between neighbouring blocks.
    """
    from nets.fast.ops import BlockTrain, ChainInfer

    x = incoming.dimshuffle(0, 2, 3, 1)
    if deterministic:
        parameters = []
        for conv, norm, _ in chain:
            parameters += [conv.W, *norm.scale_and_shift(norm.mean, norm.var)]
        z = ChainInfer()(x, *parameters)
    else:
        ((conv, norm, _),) = chain
        beta, track = norm.tracked_beta()
        z, mean, var, _, _ = BlockTrain(norm.epsilon)(x, conv.W, norm.gamma, beta)
        track(mean, var)
    return T.patternbroadcast(z.dimshuffle(0, 3, 1, 2), (False,) * 4)


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
    from nets.fast.ops import ScanInfer

    return ScanInfer()(
        image.dimshuffle(0, 2, 3, 1),
        conv.W[:, :, ::-1, ::-1].dimshuffle(2, 3, 1, 0),
        conv.b,
        hidden.W.reshape((16, 4, 4, 16)).dimshuffle(1, 2, 0, 3),
        hidden.b,
        top.W[:, 1] - top.W[:, 0],
        top.b[1:] - top.b[:1],
    )
