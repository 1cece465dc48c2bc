import cv2
import lasagne
import numpy as np
import pytest

from augment.drawn import drawn_face
from experiments import eval_multi_resolution
from experiments.core.training import Trainer, set_seed
from experiments.eval_multi_resolution import build_net_beside
from nets.detector import build_net_big, build_net_small
from nets.input import network_input

pytestmark = pytest.mark.slow


def outputs(network, inputs):
    return lasagne.layers.get_output(network, inputs, deterministic=True).eval()


def test_the_small_nets_features_stand_beside_the_big_nets():
    set_seed(0)
    big, small = build_net_big(), build_net_small()
    network = build_net_beside(big, small)
    windows = np.random.default_rng(0).integers(0, 256, (4, 48, 48, 3)).astype(np.uint8)
    inputs = network_input(windows)
    before = outputs(big, inputs)
    np.testing.assert_allclose(outputs(network, inputs), before, atol=1e-5)
    # One of its sixteen features, of windows that OpenCV shrank.
    weights = network.W.get_value()
    assert weights.shape == (256 + 16, 2)
    weights[256 + 3, 1] = 1
    network.W.set_value(weights)
    coarse = np.stack([cv2.resize(w, (12, 12), interpolation=cv2.INTER_AREA) for w in windows])
    features = outputs(small.input_layer, network_input(coarse))
    change = outputs(network, inputs) - before
    # OpenCV rounds to whole grey levels.
    np.testing.assert_allclose(change[:, 1], features[:, 3], atol=0.05)
    assert features[:, 3].max() > 0.1
    assert not change[:, 0].any()


def test_the_small_net_does_not_learn():
    set_seed(0)
    big, small = build_net_big(), build_net_small()
    network = build_net_beside(big, small)
    before = [p.get_value() for p in lasagne.layers.get_all_params(small)]
    inputs = np.random.default_rng(0).normal(size=(8, 3, 48, 48)).astype(np.float32)
    Trainer(network).step(inputs, np.arange(8, dtype=np.int32) % 2)
    for array, param in zip(before, lasagne.layers.get_all_params(small)):
        np.testing.assert_array_equal(param.get_value(), array)
    assert network.W.get_value()[256:].any()


def test_end_to_end(call, tmp_path):
    face = drawn_face(96)
    lines, searched, scenes = ["path,person,x,y,w,h,split"], ["path,x,y,w,h"], ["path,split"]
    for number in range(4):
        cv2.imwrite(str(tmp_path / f"{number}.png"), cv2.add(face, 5 * number))
        lines.append(f"{number}.png,p{number},8,8,80,80,train")
        searched.append(f"{number}.png,8,8,80,80")
        noise = np.random.default_rng(number).integers(0, 256, (64, 64, 3)).astype(np.uint8)
        cv2.imwrite(str(tmp_path / f"s{number}.png"), cv2.resize(noise, (128, 96)))
        scenes.append(f"s{number}.png,{'val' if number == 3 else 'train'}")
    for name, rows in (("faces", lines), ("searched", searched), ("scenes", scenes)):
        (tmp_path / f"{name}.csv").write_text("\n".join(rows) + "\n")
    options = ["--faces", tmp_path / "faces.csv", "--scenes", tmp_path / "scenes.csv"]
    options += ["--images", tmp_path / "searched.csv", "--seeds", 1, "--steps", 2, "--mine", 2]
    options += ["--min-face", 40, "--workers", 0, "--out", tmp_path / "out"]
    code, _, errors = call(eval_multi_resolution.main, *options)
    assert code == 0, errors
    report = (tmp_path / "out" / "REPORT.md").read_text()
    assert "Recall on 5 pictures with 4 faces" in report
    assert [line.split("|")[1].strip() for line in report.splitlines() if "| 0 |" in line] == [
        "alone",
        "beside",
    ]
    assert "- seed 0, at 0.1: " in report
