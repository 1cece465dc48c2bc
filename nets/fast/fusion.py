"""A Theano graph optimisation: convolution, normalisation, rectifier and pooling become one Op.

The layers are the article's and outputs are Lasagne's own (`lasagne.layers.get_output`). When
Theano compiles a function, this looks for 2x2 max pooling of a rectified, batch-normalised
convolution, and puts the fused kernels in its place; in a graph with gradients also their
backward pass. ``SMILEYS_FAST=0`` in the environment switches it off, as do Theano's own ways,
``THEANO_FLAGS=optimizer_excluding=fuse_blocks`` and ``mode.excluding("fuse_blocks")``.

It runs before all other optimisations but merging: there, a graph still is what layers and
``theano.grad`` wrote. That gradients are recognised for certain is owed to Theano's abstract
Ops of batch normalisation, and to a comparison: what is taken for the gradient of rectifier and
pooling must equal what ``theano.grad`` writes for them.

`in_precision` gives the mode in which chains compute in bfloat16, where the processor can.
"""

from typing import NamedTuple

import lasagne
import theano
import theano.tensor as T
from theano.gof.graph import io_toposort
from theano.scan_module.scan_utils import equal_computations
from theano.tensor.nnet.abstract_conv import (
    AbstractConv2d,
    AbstractConv2d_gradInputs,
    AbstractConv2d_gradWeights,
)
from theano.tensor.nnet.bn import (
    AbstractBatchNormInference,
    AbstractBatchNormTrain,
    AbstractBatchNormTrainGrad,
)
from theano.tensor.signal.pool import MaxPoolGrad, Pool

from nets.fast.library import has_bfloat16, load
from nets.fast.ops import BlockTrain, BlockTrainGrad, ChainInfer

RECTIFIERS = (lasagne.nonlinearities.rectify, T.nnet.relu)
LAST, FIRST = (0, 2, 3, 1), (0, 3, 1, 2)  # to channels-last and back


class Block(NamedTuple):
    """The nodes of convolution, normalisation and pooling, and the normalised variable."""

    conv: theano.Apply
    norm: theano.Apply
    normed: theano.Variable
    pool: theano.Apply

    @property
    def x(self):
        """What goes in: (N, C, H, W)."""
        return self.conv.inputs[0]

    @property
    def weights(self):
        """The convolution's filters (F, C, K, K)."""
        return self.conv.inputs[1]

    @property
    def z(self):
        """What comes out: (N, F, H // 2, W // 2)."""
        return self.pool.outputs[0]

    @property
    def epsilon(self):
        """What the normalisation adds to the variance."""
        return float(self.norm.inputs[3 if is_training(self) else 5].data)


class Backward(NamedTuple):
    """The gradient of a block: of z, and the nodes that make the others of it."""

    gz: theano.Variable
    norm: theano.Apply
    weights: list  # of theano.Apply, the convolution's gradient; empty where nobody asks for it
    inputs: list


def is_training(block):
    """Whether the block normalises by its batch's own statistics."""
    return isinstance(block.norm.op, AbstractBatchNormTrain)


def find_block(pool):
    """The block that ends in a node, or None."""
    if not (
        isinstance(pool.op, Pool)
        and (pool.op.ndim, pool.op.mode, pool.op.ignore_border) == (2, "max", True)
        and [getattr(v, "data", None) is not None and [*v.data] for v in pool.inputs[1:]]
        == [[2, 2], [2, 2], [0, 0]]
    ):
        return None
    normed = find_rectified(pool.inputs[0])
    if normed is None or normed.dtype != "float32":
        return None
    norm = normed.owner
    conv = norm.inputs[0].owner
    epsilon = norm.inputs[3 if isinstance(norm.op, AbstractBatchNormTrain) else 5]
    inputs = 5 if isinstance(norm.op, AbstractBatchNormTrain) else 6
    if (
        norm.op.axes != (0, 2, 3)
        or len(norm.inputs) != inputs  # Theano's own running averages are more
        or not isinstance(epsilon, theano.Constant)
        or conv is None
        or not isinstance(conv.op, AbstractConv2d)
        or not is_same_convolution(conv.op)
        or any(variable.dtype != "float32" for variable in (*conv.inputs, *norm.inputs[:3]))
    ):
        return None
    return Block(conv, norm, normed, pool)


def find_rectified(variable):
    """The batch-normalised variable of which another is the rectified one, or None."""
    near, steps = [variable], 0
    while near and steps < 4:
        owners = [v.owner for v in near if v.owner is not None]
        for owner in owners:
            if isinstance(owner.op, (AbstractBatchNormTrain, AbstractBatchNormInference)):
                normed = owner.outputs[0]
                ways = [rectify(normed) for rectify in RECTIFIERS]
                return normed if any(same(variable, way, [normed]) for way in ways) else None
        near, steps = [v for owner in owners for v in owner.inputs], steps + 1
    return None


def is_same_convolution(op):
    """Whether a convolution keeps height and width, and has square filters of odd side."""
    return (
        op.border_mode == "half"
        and op.subsample == op.filter_dilation == (1, 1)
        and op.filter_flip
        and getattr(op, "num_groups", 1) == 1
        and not getattr(op, "unshared", False)
        and None not in op.kshp[2:]
        and op.kshp[2] == op.kshp[3]
        and op.kshp[2] % 2 == 1
    )


def find_backward(block):
    """Find the gradient of a block in training.

    Returns
    -------
    Backward, None where a graph has no gradient, or False where it has another one
    """
    y, z, gamma = block.norm.inputs[0], block.z, block.norm.inputs[1]
    pools = [node for node in clients(z) if is_of(node, MaxPoolGrad)]
    pools = [node for node in pools if node.inputs[:2] == [block.pool.inputs[0], z]]
    norms = [node for node in clients(y) if is_of(node, AbstractBatchNormTrainGrad)]
    if not pools and not norms:
        return None
    if len(pools) != 1 or len(norms) != 1:
        return False
    gz, norm = pools[0].inputs[2], norms[0]
    expected = theano.grad(None, block.normed, known_grads={z: gz})
    stops = [block.normed, block.pool.inputs[0], z, gz]
    _, *statistics = block.norm.outputs
    if not (
        norm.inputs[0] is y
        and norm.inputs[2:5] == [gamma, *statistics]
        and same(norm.inputs[1], expected, stops)
    ):
        return False
    gy, weights, inputs = norm.outputs[0], [], []
    for node in clients(gy):
        if is_of(node, AbstractConv2d_gradWeights) and node.inputs[:2] == [block.x, gy]:
            weights.append(node)
        elif is_of(node, AbstractConv2d_gradInputs) and node.inputs[:2] == [block.weights, gy]:
            inputs.append(node)
        else:
            return False
    same_convolutions = all(is_same_convolution(node.op) for node in [*weights, *inputs])
    return same_convolutions and Backward(gz, norm, weights, inputs)


def same(variable, other, stops):
    """Whether two variables are the same computation of ``stops``."""
    return equal_computations([variable], [other], in_xs=stops, in_ys=stops)


def clients(variable):
    """Nodes that read a variable of a function's graph, and "output" if it is one."""
    return [node for node, _ in variable.clients]


def is_of(client, kind):
    """Whether what reads a variable is a node of a kind of Op."""
    return client != "output" and isinstance(client.op, kind)


def is_private(block, backward):
    """Whether nobody but the block and its gradient reads what lies between its ends."""
    rectified = block.pool.inputs[0]
    nodes = {block.norm, block.pool, *io_toposort([block.normed], [rectified])}
    if backward:
        gy = backward.norm.inputs[1]
        nodes.update(io_toposort([block.normed, rectified, block.z, backward.gz], [gy]))
        nodes.add(backward.norm)
    inner = [block.norm.inputs[0], block.normed, rectified]
    return all(node in nodes for variable in inner for node in clients(variable))


def vector(variable):
    """(1, C, 1, 1) to (C,)."""
    return variable.dimshuffle(1)


def like(variable, old):
    """A variable in the place of another: vectors become (1, C, 1, 1), and the types agree."""
    if variable.ndim == 1 and old.ndim == 4:
        variable = variable.dimshuffle("x", 0, "x", "x")
    return T.patternbroadcast(variable, old.broadcastable)


def fuse_training(block, backward):
    """Pairs (old variable, new one) that put the fused kernels in a block's place."""
    x = block.x.dimshuffle(LAST)
    gamma, beta = map(vector, block.norm.inputs[1:3])
    inputs = [x, block.weights, gamma, beta]
    z, mean, var, y, picked = BlockTrain(block.epsilon)(*inputs)
    new = [z.dimshuffle(FIRST), mean, T.inv(T.sqrt(var + block.epsilon))]
    pairs = list(zip([block.z, *block.norm.outputs[1:]], new))
    if backward:
        gz = backward.gz.dimshuffle(LAST)
        op = BlockTrainGrad(block.epsilon, skip_input=not backward.inputs)
        gradients = op(*inputs, y, mean, var, picked, gz)
        if backward.inputs:
            gx, *gradients = gradients
            pairs += [(node.outputs[0], gx.dimshuffle(FIRST)) for node in backward.inputs]
        pairs += [(node.outputs[0], gradients[0]) for node in backward.weights]
        pairs += zip(backward.norm.outputs[1:], gradients[1:])
    return pairs


def fuse_chain(blocks):
    """As `fuse_training`, for blocks that follow each other and use given statistics."""
    parameters = []
    for block in blocks:
        gamma, beta, mean, var = map(vector, block.norm.inputs[1:5])
        scale = gamma * T.inv(T.sqrt(var + block.epsilon))
        parameters += [block.weights, scale, beta - mean * scale]
    z = ChainInfer()(blocks[0].x.dimshuffle(LAST), *parameters)
    return [(blocks[-1].z, z.dimshuffle(FIRST))]


def chains_of(blocks):
    """Blocks that follow each other with nobody reading in between, as lists of blocks."""
    chains = []
    for block in blocks:
        for chain in chains:
            if chain[-1].z is block.x and clients(block.x) == [block.conv]:
                chain.append(block)
                break
        else:
            chains.append([block])
    return chains


class FuseBlocks(theano.gof.Optimizer):
    """Puts the fused kernels into a graph; see above."""

    def add_requirements(self, fgraph):
        """Ask for what replaces variables in a graph."""
        fgraph.attach_feature(theano.gof.toolbox.ReplaceValidate())

    def apply(self, fgraph):
        """Change a graph."""
        blocks = [block for block in map(find_block, fgraph.toposort()) if block]
        if not blocks or load() is None:
            return
        found = []
        for block in blocks:
            backward = find_backward(block) if is_training(block) else None
            if backward is not False and is_private(block, backward):
                found.append((block, backward))
        chains = chains_of([block for block, _ in found if not is_training(block)])
        # One after the other, since what is put in for one is read by the next.
        for block, backward in found:
            if is_training(block):
                replace(fgraph, fuse_training(block, backward))
        for chain in chains:
            replace(fgraph, fuse_chain(chain))


def replace(fgraph, pairs):
    """Replace variables of a graph, where they are still in it, by others."""
    for old, new in pairs:
        if getattr(old, "fgraph", None) is fgraph and old.clients:
            fgraph.replace_validate(old, like(new, old), reason="fuse_blocks")


theano.compile.optdb.register("fuse_blocks", FuseBlocks(), 0.05, "fast_run")


class ChainsInBfloat16(theano.gof.Optimizer):
    """Lets chains of blocks compute in bfloat16; only modes that `in_precision` makes have it."""

    def add_requirements(self, fgraph):
        """Ask for what replaces variables in a graph."""
        fgraph.attach_feature(theano.gof.toolbox.ReplaceValidate())

    def apply(self, fgraph):
        """Change a graph."""
        for node in fgraph.toposort():
            if isinstance(node.op, ChainInfer) and has_bfloat16():
                fgraph.replace_validate(
                    node.outputs[0], ChainInfer("bfloat16")(*node.inputs), reason="bfloat16"
                )


theano.compile.optdb.register("chains_in_bfloat16", ChainsInBfloat16(), 0.06, "bfloat16")


def in_precision(precision):
    """A mode for `theano.function`.

    Parameters
    ----------
    precision : {"float32", "bfloat16"}
        bfloat16: convolutions of deterministic chains read it and add up in float32, where the
        processor has instructions for it; elsewhere, and all else, stays float32.
    """
    mode = theano.compile.get_default_mode()
    return mode.including("bfloat16") if precision == "bfloat16" else mode
