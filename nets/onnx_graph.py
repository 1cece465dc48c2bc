"""Networks of Lasagne's layers as ONNX graphs; `nets/export.py` is the script."""

from common.cli import UserError

OPSET = 17  # of ONNX 1.12: what every runtime of the last years reads


def onnx_package():
    """The package onnx; a `UserError` says how to get it."""
    try:
        import onnx.checker
        import onnx.helper
        import onnx.numpy_helper
    except ImportError:
        raise UserError(
            "the package onnx is not here: run 'make onnx', then put PYTHONPATH=.cache/onnx before"
        ) from None
    return onnx


class Graph:
    """An ONNX graph that grows node by node."""

    def __init__(self):
        self.onnx = onnx_package()
        self.nodes, self.weights = [], []

    def constant(self, array):
        """Name of an array that the graph holds."""
        name = f"w{len(self.weights)}"
        self.weights.append(self.onnx.numpy_helper.from_array(array, name))
        return name

    def add(self, kind, *inputs, **attributes):
        """Name of the output of a new node."""
        name = f"{kind.lower()}{len(self.nodes)}"
        node = self.onnx.helper.make_node(kind, [*inputs], [name], name=name, **attributes)
        self.nodes.append(node)
        return name

    def model(self, shape, output, shape_out):
        """The checked model from ``input`` to a named output; None is a free side."""
        helper, kind = self.onnx.helper, self.onnx.TensorProto.FLOAT

        def info(name, shape):
            sides = [f"{name}{k}" if side is None else side for k, side in enumerate(shape)]
            return helper.make_tensor_value_info(name, kind, sides)

        self.nodes.append(helper.make_node("Identity", [output], ["output"]))
        graph = helper.make_graph(
            self.nodes, "net", [info("input", shape)], [info("output", shape_out)], self.weights
        )
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(graph, opset_imports=[opset], producer_name="smileys")
        model.ir_version = 8
        self.onnx.checker.check_model(model, full_check=True)
        return model


def convert(network, softmax=True, int8=()):
    """A Lasagne network as an ONNX model; dropout is left out, as where nothing is trained.

    Parameters
    ----------
    network : lasagne.layers.Layer
        Of input, dropout, convolution, pooling, batch normalisation, fully connected and
        nonlinearity layers, one after the other.
    softmax : bool
        Whether to put the softmax behind it that the project applies outside the network.
    int8 : collection of layers
        Convolutions of a `nets.reduced` network to compute as `convolution_int8`.

    Returns
    -------
    onnx.ModelProto
        From ``input``, of the input layer's shape, to ``output`` (N, units).

    Raises
    ------
    UserError
        For a layer, or a way of using one, that is not known here.
    """
    import lasagne

    layers = lasagne.layers.get_all_layers(network)
    graph, name = Graph(), "input"
    for layer in layers[1:]:
        name = (convolution_int8 if layer in int8 else put)(graph, layer, name)
    if softmax:
        name = graph.add("Softmax", name, axis=1)
    shape = layers[0].shape
    return graph.model(shape, name, (shape[0], *network.output_shape[1:]))


def put(graph, layer, name):
    """Add one layer to a graph; the name of its output.

    ``name`` is that of the input. Raises a `UserError` for a layer of another kind.
    """
    from lasagne import layers

    from nets.batchnorm import BatchNormLayer

    if isinstance(layer, layers.DropoutLayer):
        return name
    if isinstance(layer, layers.Conv2DLayer):
        return nonlinear(graph, layer, convolution(graph, layer, name))
    if isinstance(layer, layers.MaxPool2DLayer):
        return pooling(graph, layer, name)
    if isinstance(layer, BatchNormLayer):
        values = (layer.gamma, layer.beta, layer.mean, layer.var)
        constants = [graph.constant(value.get_value()) for value in values]
        name = graph.add("BatchNormalization", name, *constants, epsilon=layer.epsilon)
        return nonlinear(graph, layer, name)
    if isinstance(layer, layers.DenseLayer):
        if len(layer.input_shape) > 2:
            name = graph.add("Flatten", name)
        inputs = [graph.constant(layer.W.get_value())]
        if layer.b is not None:
            inputs.append(graph.constant(layer.b.get_value()))
        return nonlinear(graph, layer, graph.add("Gemm", name, *inputs))
    if isinstance(layer, layers.NonlinearityLayer):
        return nonlinear(graph, layer, name)
    raise UserError(f"no way to write a {type(layer).__name__} as ONNX is known here")


def convolution(graph, layer, name):
    """A convolution; Theano turns filters round unless told not to, ONNX never does."""
    import numpy as np

    filters = layer.W.get_value()
    if getattr(layer, "flip_filters", True):
        filters = filters[:, :, ::-1, ::-1]
    inputs = [graph.constant(np.ascontiguousarray(filters))]
    if layer.b is not None:
        if layer.b.get_value().ndim > 1:
            raise UserError("a convolution with a bias a pixel is not known here")
        inputs.append(graph.constant(layer.b.get_value()))
    sides = layer.filter_size
    pads = {
        "valid": (0, 0), "full": [side - 1 for side in sides],
        "same": [side // 2 for side in sides],
    }.get(layer.pad, layer.pad)  # fmt: skip
    return graph.add("Conv", name, *inputs, strides=[*layer.stride], pads=[*pads, *pads])


def convolution_int8(graph, layer, name):
    """A rectified convolution of a rectified one's maps in 8 bits; other layers stay float32.

    Maps are rounded to 255 steps from 0 to what they hardly exceed (`nets.reduced.DEVIATIONS`),
    weights to 127 on each side of 0, filter by filter.
    """
    import numpy as np
    from lasagne.layers import get_all_layers

    before = [one for one in get_all_layers(layer.input_layer) if hasattr(one, "most")][-1]
    filters = layer.W.get_value()[:, :, ::-1, ::-1]  # as in `convolution`
    step_in, step_out = (np.float32(one.most / 255) for one in (before, layer))
    steps = np.abs(filters).max(axis=(1, 2, 3)) / np.float32(127)
    steps = np.maximum(steps, np.finfo(np.float32).tiny)
    zero = graph.constant(np.array(0, np.uint8))
    scale_in, scale_out = graph.constant(np.array(step_in)), graph.constant(np.array(step_out))
    rounded = np.rint(filters / steps[:, None, None, None]).astype(np.int8)
    bias = np.rint(layer.b.get_value() / (step_in * steps)).astype(np.int32)
    pads = [side // 2 for side in layer.filter_size] * 2
    name = graph.add("QuantizeLinear", name, scale_in, zero)
    name = graph.add(
        "QLinearConv", name, scale_in, zero, graph.constant(np.ascontiguousarray(rounded)),
        graph.constant(steps), graph.constant(np.zeros(len(steps), np.int8)), scale_out, zero,
        graph.constant(bias), pads=pads,
    )  # fmt: skip
    return graph.add("DequantizeLinear", name, scale_out, zero)  # below 0 nothing is left


def pooling(graph, layer, name):
    """Pooling by the maximum; without ignoring the border the last windows may be smaller."""
    return graph.add(
        "MaxPool", name, kernel_shape=[*layer.pool_size], strides=[*layer.stride],
        pads=[*layer.pad, *layer.pad], ceil_mode=int(not layer.ignore_border),
    )  # fmt: skip


def nonlinear(graph, layer, name):
    """Add a layer's nonlinearity; the name of its output. An unknown one is a `UserError`."""
    from lasagne import nonlinearities

    kinds = {
        nonlinearities.rectify: "Relu", nonlinearities.sigmoid: "Sigmoid",
        nonlinearities.tanh: "Tanh", nonlinearities.softmax: "Softmax",
    }  # fmt: skip
    function = layer.nonlinearity
    if function in (None, nonlinearities.linear, nonlinearities.identity):
        return name
    if function not in kinds:
        raise UserError(f"no way to write the nonlinearity {function} as ONNX is known here")
    options = {"axis": 1} if kinds[function] == "Softmax" else {}
    return graph.add(kinds[function], name, **options)


def convert_scan(net_small):
    """The small net over whole pictures, as `nets.functions.compile_scan`.

    Returns
    -------
    onnx.ModelProto
        From ``input`` (1, 3, H, W) to ``output`` (1, rows, columns).
    """
    import lasagne
    import numpy as np

    _, conv, pool, hidden, top = lasagne.layers.get_all_layers(net_small)
    graph = Graph()
    name = nonlinear(graph, conv, convolution(graph, conv, "input"))
    name = pooling(graph, pool, name)
    channels, height, width = pool.output_shape[1:]
    weights = hidden.W.get_value().T.reshape(hidden.num_units, channels, height, width)
    name = graph.add(
        "Conv", name, graph.constant(np.ascontiguousarray(weights)),
        graph.constant(hidden.b.get_value()),
    )  # fmt: skip
    name = nonlinear(graph, hidden, name)
    weights, bias = top.W.get_value(), top.b.get_value()
    difference = (weights[:, 1] - weights[:, 0]).reshape(1, -1, 1, 1)  # the softmax of two
    name = graph.add(
        "Conv", name, graph.constant(np.ascontiguousarray(difference)),
        graph.constant(bias[1:] - bias[:1]),
    )  # fmt: skip
    name = graph.add("Sigmoid", name)
    name = graph.add("Squeeze", name, graph.constant(np.array([1], np.int64)))
    return graph.model((1, 3, None, None), name, (1, None, None))


def convert_int8(network):
    """A smiley net `nets.reduced`, its second convolution in 8 bits; others stay float32.

    That one is three quarters of the work. With the others in 8 bits, too, shares of the vote
    differ by hundredths (docs/smielfy.md).
    """
    import lasagne

    from nets.layers import SameConv2DLayer
    from nets.reduced import reduced

    network = reduced(network)
    layers = lasagne.layers.get_all_layers(network)
    large = [one for one in layers if isinstance(one, SameConv2DLayer) and one.filter_size > (1, 1)]
    return convert(network, int8=large[1:2])


def export(weights, path, scan=False, int8=False):
    """Write a weights file as an ONNX file; its meta goes along as metadata.

    Parameters
    ----------
    weights, path : path-like
    scan : bool
        As `convert_scan`, for the small net.
    int8 : bool
        As `convert_int8`, for a smiley net.
    """
    import json

    from common.output import write_file
    from nets.weights import load_network, read_weights

    kind = read_weights(weights)[1]["kind"]
    if scan and kind != "small":
        raise UserError(f"{weights} holds the net {kind!r}: only 'small' scans pictures")
    if int8 and kind != "smiles":
        raise UserError(f"{weights} holds the net {kind!r}: 8 bits are for a smiley net")
    network, meta = load_network(weights, kind)
    model = (convert_scan if scan else convert_int8 if int8 else convert)(network)
    for name, value in meta.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        entry = model.metadata_props.add()
        entry.key, entry.value = name, text
    write_file(path, model.SerializeToString())
    return model
