"""Networks as ONNX: what ONNX Runtime says of them is what Theano says, to 1e-5."""

import json

import cv2
import lasagne
import numpy as np
import pytest
import theano

from common.cli import ROOT, UserError
from common.crops import crop
from nets import export, onnx_graph
from nets.functions import compile_probabilities, compile_scan
from nets.input import network_input
from nets.weights import load_network
from pipeline.best_square import whole_square
from pipeline.windows import neighbours

onnx = pytest.importorskip("onnx", reason="onnx is not here: make test-onnx installs it")
onnxruntime = pytest.importorskip("onnxruntime")

SHIPPED = ("real", "smiles", "expressions", "small", "big", "small_calibration", "big_calibration")


def run(model, windows):
    """What ONNX Runtime says."""
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, {"input": windows})[0]


def noise(*shape, seed=0):
    """Input as `network_input` makes it: -1 to 1."""
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_nets(name, tmp_path):
    path = ROOT / "weights" / f"{name}.npz"
    kind = name if "small" in name or "big" in name else "smiles"
    network, meta = load_network(path, kind)
    onnx_graph.export(path, tmp_path / "net.onnx")
    model = onnx.load(tmp_path / "net.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert [one.version for one in model.opset_import] == [onnx_graph.OPSET]
    side = lasagne.layers.get_all_layers(network)[0].shape[-1]
    for count in (1, 7):
        windows = noise(count, 3, side, side, seed=count)
        said = run(model, windows)
        np.testing.assert_allclose(said, compile_probabilities(network)(windows), atol=1e-5)
        np.testing.assert_allclose(said.sum(axis=1), 1, atol=1e-5)
    kept = {entry.key: entry.value for entry in model.metadata_props}
    if kind == "smiles":
        assert json.loads(kept["classes"]) == meta["classes"]


@pytest.mark.parametrize(("height", "width"), [(12, 12), (13, 40), (57, 31)])
def test_the_scan_of_whole_pictures(height, width):
    network, _ = load_network(ROOT / "weights" / "small.npz", "small")
    picture = noise(1, 3, height, width)
    theirs = run(onnx_graph.convert_scan(network), picture)
    np.testing.assert_allclose(theirs, compile_scan(network)(picture), atol=1e-5)


def faces():
    """Windows beside rendered faces, 45 of each."""
    pictures = sorted((ROOT / "dataset" / "smielfy" / "static" / "examples").glob("*-1.jpg"))
    images = [cv2.imread(str(path)) for path in pictures]
    return [network_input(crop(one, neighbours(whole_square(one.shape)))) for one in images]


@pytest.mark.parametrize("name", ["real", "smiles"])
def test_a_vote_in_8_bits_names_the_same(name, tmp_path):
    path = ROOT / "weights" / f"{name}.npz"
    onnx_graph.export(path, tmp_path / "net.onnx", int8=True)
    model = onnx.load(tmp_path / "net.onnx")
    assert [node.op_type for node in model.graph.node].count("QLinearConv") == 1
    ours = compile_probabilities(load_network(path, "smiles")[0])
    shown = faces()
    votes = [(run(model, windows).mean(axis=0), ours(windows).mean(axis=0)) for windows in shown]
    theirs, ours = np.array(votes).transpose(1, 0, 2)
    assert np.abs(theirs - ours).max() < 0.01
    ordered = np.sort(ours, axis=1)
    clear = ordered[:, -1] - ordered[:, -2] > 0.02
    assert clear.sum() >= 10
    assert (theirs.argmax(axis=1) == ours.argmax(axis=1))[clear].all()


def anybodys(nonlinearity):
    """A net of Lasagne's own layers, of other shapes than ours."""
    layers = lasagne.layers
    net = layers.InputLayer((None, 2, 15, 11))
    net = layers.Conv2DLayer(net, 5, (3, 2), stride=(2, 1), pad=(1, 0), nonlinearity=nonlinearity)
    net = layers.MaxPool2DLayer(net, 3, stride=2, ignore_border=False)
    net = layers.Conv2DLayer(net, 4, 3, pad="full", b=None)
    net = layers.NonlinearityLayer(net, lasagne.nonlinearities.tanh)
    net = layers.DenseLayer(layers.dropout(net), 6, b=None)
    return layers.DenseLayer(net, 3, nonlinearity=lasagne.nonlinearities.softmax)


@pytest.mark.parametrize("name", ["rectify", "sigmoid", "tanh", "linear"])
def test_anybodys_lasagne_net(name):
    network = anybodys(getattr(lasagne.nonlinearities, name))
    layers = lasagne.layers.get_all_layers(network)
    ours = theano.function(
        [layers[0].input_var], lasagne.layers.get_output(network, deterministic=True)
    )
    windows = noise(4, 2, 15, 11)
    model = onnx_graph.convert(network, softmax=False)
    np.testing.assert_allclose(run(model, windows), ours(windows), atol=1e-5)


def test_what_is_not_known_is_said():
    net = lasagne.layers.InputLayer((None, 2, 8, 8))
    with pytest.raises(UserError, match="FeaturePoolLayer"):
        onnx_graph.convert(lasagne.layers.FeaturePoolLayer(net, 2))
    with pytest.raises(UserError, match="nonlinearity"):
        onnx_graph.convert(lasagne.layers.DenseLayer(net, 2, nonlinearity=lambda x: x**2))


def test_the_script(call, refused, tmp_path):
    weights = ROOT / "weights" / "small.npz"
    code, said, _ = call(export.main, weights, "--onnx", tmp_path / "a.onnx", "--scan")
    assert code == 0
    assert f"opset {onnx_graph.OPSET}" in said
    onnx.checker.check_model(str(tmp_path / "a.onnx"))
    big = ROOT / "weights" / "big.npz"
    assert "only 'small'" in refused(export.main, big, "--onnx", tmp_path / "b.onnx", "--scan")
    assert "no folder" in refused(export.main, big, "--onnx", tmp_path / "no" / "b.onnx")
    assert "for a smiley net" in refused(export.main, big, "--onnx", tmp_path / "b.onnx", "--int8")
    assert not (tmp_path / "b.onnx").exists()
