"""Theano Ops over ``kernels.cc``: convolution, batch normalisation, rectifier, pooling at once.

Pictures are channels-last here, (N, H, W, C), the layout in which oneDNN and the passes
between its convolutions are fast.
"""

import ctypes

import numpy as np
import theano
import theano.tensor as T

from nets.fast.library import load

POINTER = ctypes.POINTER(ctypes.c_float)


def call(function, integers, *arguments):
    """Call a kernel: integers, then arrays (None for a null pointer) and floats in order."""
    values = [ctypes.c_int(value) for value in integers]
    for value in arguments:
        if isinstance(value, float):
            values.append(ctypes.c_float(value))
        else:
            values.append(None if value is None else value.ctypes.data_as(POINTER))
    check(getattr(load(), function)(*values))


def check(code):
    """Raise what a kernel that returned ``code`` has to say."""
    if code:
        raise RuntimeError(load().fast_error().decode())


def contiguous(arrays):
    """The arrays themselves where they are C-contiguous, else copies."""
    return [np.ascontiguousarray(array) for array in arrays]


def sizes(x, weights):
    """The integers N, H, W, C, F, K that the kernels of one block take first."""
    return shape_of_block(*x.shape, weights.shape)


def shape_of_block(n, h, w, c, weights):
    """As `sizes`, from pictures (N, H, W, C) and filters of shape ``weights``."""
    f, c_weights, k, k_too = weights
    if c_weights != c or k != k_too or k % 2 == 0:
        raise ValueError(f"filters of shape {weights} do not fit pictures {n, h, w, c}")
    if h < 2 or w < 2:
        raise ValueError(f"pictures of {h}x{w} are too small to be pooled")
    return n, h, w, c, f, k


def storage(outputs, index, shape):
    """Output array number ``index``, reused from the last call where it fits."""
    array = outputs[index][0]
    if array is None or array.shape != tuple(shape) or not array.flags.c_contiguous:
        array = outputs[index][0] = np.empty(shape, np.float32)
    return array


def float_variables(*values):
    """Theano variables of float32, as the kernels take them."""
    variables = [T.as_tensor_variable(value) for value in values]
    if any(variable.dtype != "float32" for variable in variables):
        raise TypeError("the fused blocks take float32 only")
    return variables


class BlockTrain(theano.Op):
    """Forward pass with the batch's own statistics.

    Inputs: x (N, H, W, C), weights (F, C, K, K), gamma (F,), beta (F,). Outputs: z (N, H // 2,
    W // 2, F), the convolution's mean and variance (F,) each, the convolution
    (N, H, W, F) and the value of it that each pooled one was picked from.
    Gradients are `fusion`'s.
    """

    __props__ = ("epsilon",)

    def __init__(self, epsilon):
        self.epsilon = float(epsilon)

    def make_node(self, x, weights, gamma, beta):
        """Declare the outputs."""
        inputs = float_variables(x, weights, gamma, beta)
        return theano.Apply(
            self, inputs, [T.ftensor4(), T.fvector(), T.fvector(), T.ftensor4(), T.ftensor4()]
        )

    def perform(self, node, inputs, outputs):
        """Compute."""
        x, weights, gamma, beta = contiguous(inputs)
        n, h, w, _, f, _ = shape = sizes(x, weights)
        z = storage(outputs, 0, (n, h // 2, w // 2, f))
        mean, var = storage(outputs, 1, (f,)), storage(outputs, 2, (f,))
        y = storage(outputs, 3, (n, h, w, f))
        picked = storage(outputs, 4, z.shape)
        call(
            "fast_block_forward", shape, x, weights, gamma, beta, self.epsilon,
            y, mean, var, picked, z,
        )  # fmt: skip

    def infer_shape(self, node, shapes):
        """Shapes without computing."""
        (n, h, w, _), (f, _, _, _) = shapes[:2]
        pooled = (n, h // 2, w // 2, f)
        return [pooled, (f,), (f,), (n, h, w, f), pooled]


class BlockTrainGrad(theano.Op):
    """Backward pass of `BlockTrain`: gradients of x, weights, gamma, beta.

    With ``skip_input`` there is no gradient of x: a network's first block needs none.
    """

    __props__ = ("epsilon", "skip_input")

    def __init__(self, epsilon, skip_input=False):
        self.epsilon, self.skip_input = float(epsilon), skip_input

    def make_node(self, *inputs):
        """Declare the outputs: of the types of the first four inputs."""
        inputs = float_variables(*inputs)
        first = 1 if self.skip_input else 0
        return theano.Apply(self, inputs, [variable.type() for variable in inputs[first:4]])

    def perform(self, node, inputs, outputs):
        """Compute."""
        x, weights, gamma, beta, y, mean, var, picked, gz = contiguous(inputs)
        first = 1 if self.skip_input else 0
        gradients = [
            storage(outputs, k, array.shape)
            for k, array in enumerate((x, weights, gamma, beta)[first:])
        ]
        if self.skip_input:
            gradients.insert(0, None)
        call(
            "fast_block_backward", sizes(x, weights), x, weights, gamma, beta, self.epsilon,
            y, mean, var, picked, gz, *gradients,
        )  # fmt: skip

    def infer_shape(self, node, shapes):
        """Shapes without computing."""
        return shapes[1 if self.skip_input else 0 : 4]


class ChainInfer(theano.Op):
    """Deterministic pass of a chain of blocks, the normalisation folded into the weights.

    Inputs: x (N, H, W, C), then for each block weights (F, C, K, K), scale (F,) and shift
    (F,) of its normalisation. Output: (N, H // 2 ** blocks, W // 2 ** blocks, F). Pooling
    comes before the rectifier, which is monotone.

    Parameters
    ----------
    precision : {"float32", "bfloat16"}
        Of what convolutions read; they add up in float32.
    """

    __props__ = ("precision",)

    def __init__(self, precision="float32"):
        self.precision = precision

    def make_node(self, x, *parameters):
        """Declare the output."""
        return theano.Apply(self, float_variables(x, *parameters), [T.ftensor4()])

    def perform(self, node, inputs, outputs):
        """Compute."""
        x, parameters = inputs[0], contiguous(inputs[1:])
        weights, scales, shifts = (parameters[k::3] for k in range(3))
        n, h, w, c = x.shape
        filters, sides = [], []
        height, width, channels = h, w, c
        for array in weights:
            _, _, _, _, f, k = shape_of_block(n, height, width, channels, array.shape)
            filters.append(f)
            sides.append(k)
            height, width, channels = height // 2, width // 2, f
        z = storage(outputs, 0, (n, height, width, channels))
        if x.dtype != np.float32 or any(stride % 4 for stride in x.strides):
            raise TypeError("pictures whose strides are no whole floats")
        blocks = len(weights)
        arrays = [
            (POINTER * blocks)(*(array.ctypes.data_as(POINTER) for array in part))
            for part in (weights, scales, shifts)
        ]
        check(
            load().fast_chain_infer(
                ctypes.c_int(id(node) & 0x7FFFFFFF),
                ctypes.c_int(self.precision == "bfloat16"),
                *map(ctypes.c_int, (n, h, w, c, blocks)),
                (ctypes.c_int * blocks)(*filters),
                (ctypes.c_int * blocks)(*sides),
                (ctypes.c_long * 4)(*(stride // 4 for stride in x.strides)),
                x.ctypes.data_as(POINTER),
                *arrays,
                z.ctypes.data_as(POINTER),
            )
        )

    def infer_shape(self, node, shapes):
        """Shapes without computing."""
        n, h, w, _ = shapes[0]
        for _ in shapes[1::3]:
            h, w = h // 2, w // 2
        return [(n, h, w, shapes[-1][0])]


class ScanInfer(theano.Op):
    """The small net over whole pictures: probability of a face in every window.

    Inputs: x (N, H, W, 3), H and W at least 12; the convolution's filters as they lie over
    the picture (3, 3, 3, 16) and bias (16,); the hidden layer's (4, 4, 16, 16) and (16,);
    weights (16,) and bias (1,) of the difference of the two classes. Output:
    (N, (H - 11) // 2 + 1, (W - 11) // 2 + 1).
    """

    __props__ = ()

    def make_node(self, x, *parameters):
        """Declare the output."""
        return theano.Apply(self, float_variables(x, *parameters), [T.ftensor3()])

    def perform(self, node, inputs, outputs):
        """Compute."""
        x, parameters = inputs[0], contiguous(inputs[1:])
        shapes = [(3, 3, 3, 16), (16,), (4, 4, 16, 16), (16,), (16,), (1,)]
        if [array.shape for array in parameters] != shapes or x.shape[3] != 3:
            raise ValueError("no small net's parameters, or no colour pictures")
        n, h, w, _ = x.shape
        if min(h, w) < 12:
            raise ValueError(f"pictures of {h}x{w} are smaller than a window")
        heat = storage(outputs, 0, (n, (h - 11) // 2 + 1, (w - 11) // 2 + 1))
        planes = np.ascontiguousarray(x.transpose(0, 3, 1, 2))  # as they lie, as a rule
        pointers = [array.ctypes.data_as(POINTER) for array in parameters]
        for picture, result in zip(planes, heat):
            load().fast_scan(
                ctypes.c_int(h),
                ctypes.c_int(w),
                picture.ctypes.data_as(POINTER),
                *pointers,
                result.ctypes.data_as(POINTER),
            )

    def infer_shape(self, node, shapes):
        """Shapes without computing."""
        n, h, w, _ = shapes[0]
        return [(n, (h - 11) // 2 + 1, (w - 11) // 2 + 1)]
