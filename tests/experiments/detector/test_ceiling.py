"""What the big net can hold: the net twice as wide, windows by heart, and the judgement."""

import cv2
import lasagne
import numpy as np
import pytest
import theano

from augment.drawn import drawn_face
from common.tables import read_csv
from experiments import eval_ceiling
from experiments.core.training import Trainer, set_seed
from experiments.detector import ceiling
from experiments.detector.ceiling import ByHeart, Judged, build_net_wide, difference, widened
from experiments.detector.runs import Run
from experiments.detector.sealed import Sealed
from experiments.detector.truth import Picture
from nets.detector import build_net_big
from nets.functions import input_of
from pipeline.cascade import Detection

get, put = lasagne.layers.get_all_param_values, lasagne.layers.set_all_param_values


@pytest.fixture(scope="module")
def trained():
    """A big net with all of its parameters away from where they begin."""
    rng = np.random.default_rng(0)
    network = build_net_big()
    values = []
    for value in get(network):
        flat = value.ndim == 1
        fan_in = value[0].size if value.ndim == 4 else len(value)
        drawn = rng.uniform(0.2, 1, value.shape) if flat else rng.normal(size=value.shape)
        values.append((drawn if flat else drawn * np.sqrt(2 / fan_in)).astype(np.float32))
    put(network, values)
    return network


def outputs(network, windows):
    """What the last layer says of windows (N, 3, 48, 48), before the softmax: (N, 2)."""
    said = lasagne.layers.get_output(network, deterministic=True)
    return theano.function([input_of(network)], said)(windows)


@pytest.fixture(scope="module")
def windows():
    return np.random.default_rng(1).uniform(-1, 1, (16, 3, 48, 48)).astype(np.float32)


def test_of_one_width_it_is_the_big_net(trained, windows):
    same = build_net_wide(times=1)
    put(same, get(trained))
    np.testing.assert_allclose(outputs(same, windows), outputs(trained, windows), rtol=1e-4)
    drops = [
        [layer.p for layer in lasagne.layers.get_all_layers(net) if hasattr(layer, "p")]
        for net in (same, trained)
    ]
    assert drops[0] == drops[1] == [0.1, 0.3, 0.3]


@pytest.mark.slow
def test_widened_it_computes_the_same_until_it_learns(trained, windows):
    wide = widened(trained, 0)
    before = outputs(trained, windows)
    assert np.ptp(before, axis=0).min() > 0.1  # they differ among each other
    np.testing.assert_allclose(outputs(wide, windows), before, rtol=1e-3, atol=1e-3)
    # Both halves of the first layer were the same and learn different things.
    first = lasagne.layers.get_all_params(wide)[0]
    np.testing.assert_array_equal(*np.split(first.get_value(), 2))
    set_seed(0)
    trainer = Trainer(wide)
    for _ in range(2):
        trainer.step(windows, np.arange(16, dtype=np.int32) % 2)
    one, other = np.split(first.get_value(), 2)
    assert (one != other).mean() > 0.5


def survivors(boxes):
    """A `Detection` whose survivors are these boxes."""
    boxes = np.array(boxes, float).reshape(-1, 4)
    none = np.zeros((0, 4)), np.zeros(0)
    return Detection(*none, boxes, np.zeros(len(boxes)), *none)


def test_by_heart_shows_the_cascades_windows_with_their_labels(tmp_path):
    # The face is red, what is none green: each window says what it is.
    image = np.zeros((100, 160, 3), np.uint8)
    image[..., 1] = 200
    image[20:60, 10:50] = (0, 0, 200)
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), image)
    face = (10, 20, 40, 40)
    near, between, far = (12, 22, 38, 38), (26, 20, 40, 40), (100, 30, 30, 30)
    pictures = [Picture(path, "a", [face]), Picture(path, "b", [])]
    batches = ByHeart(pictures, [survivors([near, between, far]), survivors([far])], batch=200)
    assert [len(batches.windows[label]) for label in (0, 1)] == [2, 2]
    windows, labels = batches(np.random.default_rng(0))
    assert windows.shape == (200, 48, 48, 3)
    assert labels.dtype == np.int32
    red = windows[:, 24, 24, 2] > windows[:, 24, 24, 1]
    np.testing.assert_array_equal(red, labels == 1)
    assert 70 < labels.sum() < 130


def judged(scores, false=()):
    """`Judged` of ten pictures with a face each, found where a score is given; false squares."""
    face, shown, found = (10.0, 10, 40, 40), [], []
    for k, score in enumerate(scores):
        tags = [{"kind": "", "pose": "", "person": f"p{k}"}]
        shown.append(Sealed(Picture(f"{k}.png", "a", [face], tags), [f"p{k}"], f"s{k}"))
        boxes = [(face, score)] if score else []
        boxes += [((200, 10, 40, 40), false[k])] if k < len(false) else []
        where = np.array([box for box, _ in boxes], float).reshape(-1, 4)
        values = np.array([value for _, value in boxes], np.float32)
        found.append(Detection(where, values, where, values, where, values))
    run = Run("a", [(one.boxes, one.scores) for one in found])
    return Judged(run, found, shown, 0.4)


def test_faces_are_counted_at_the_rates_threshold():
    # One false square in ten pictures may pass, so the threshold is the second best.
    row = judged([0.9, 0.8, 0.7, 0.6, 0.5, 0.3, 0.2, 0, 0, 0], [0.95, 0.5]).row(0.1)
    assert row["threshold"] == pytest.approx(0.5)
    assert (row["pictures"], row["faces"], row["recall"]) == (10, 10, 0.4)
    assert (row["found"], row["big net"], row["small net"]) == (4, 3, 3)


def test_the_difference_is_the_seconds_gain():
    few, many = judged([0.9] * 3 + [0] * 7), judged([0.9] * 8 + [0] * 2)
    found = difference(few, many, 0.1, 0)
    assert found["difference"] == pytest.approx(0.5)
    assert 0 <= found["low"] < 0.5 < found["high"] <= 1
    same = difference(many, many, 0.1, 0)
    assert same["difference"] == same["low"] == same["high"] == 0


@pytest.fixture
def folder(tmp_path):
    """Pictures that judge, one of them empty; people and scenes to learn from."""
    face = drawn_face(96)
    tables = {
        "images": ["path,x,y,w,h,person,scene"], "empty": ["path,split"],
        "people": ["path,person,x,y,w,h"], "rooms": ["path"],
    }  # fmt: skip
    for k in range(4):
        cv2.imwrite(str(tmp_path / f"{k}.png"), np.minimum(face, 240 - k))
        tables["people"].append(f"{k}.png,p{k},24,20,44,44")
    tables["images"].append("0.png,24,20,44,44,j0,s0.png")
    noise = np.random.default_rng(0).integers(0, 255, (60, 60, 3), np.uint8)
    for k in range(24):
        cv2.imwrite(str(tmp_path / f"room{k}.png"), np.roll(noise, k))
        tables["rooms"].append(f"room{k}.png")
    tables["empty"].append("room0.png,val")
    for name, lines in tables.items():
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


@pytest.mark.slow
def test_end_to_end_and_again(call, compiled, folder, monkeypatch):
    options = (
        "--images", folder / "images.csv", "--empty", folder / "empty.csv", "--faces",
        folder / "people.csv", "--scenes", folder / "rooms.csv", "--weights", compiled.folder,
        "--steps", 2, "--by-heart", 1, "--mine", 1, "--min-face", 60, "--work", folder / "work",
        "--out", folder / "out",
    )  # fmt: skip
    code, _, err = call(eval_ceiling.main, *options)
    assert code == 0, err
    rows = read_csv(folder / "out" / "table.csv")
    nets = ["shipped", "by heart", "on", "on, half", "wide", "wide, half"]
    assert [row["net"] for row in rows] == [net for net in nets for _ in range(2)]
    assert [row["batches"] for row in rows[::2]] == ["0", "1", "2", "2", "2", "2"]
    sizes = {row["net"]: int(row["parameters"]) for row in rows}
    assert sizes["wide"] > 3 * sizes["on"] == 3 * sizes["shipped"]
    for row in rows:
        assert sum(int(row[stage]) for stage in ceiling.STAGES) == int(row["faces"]) == 1
    text = (folder / "out" / "REPORT.md").read_text(encoding="utf-8")
    assert "| wide less on | 0.1 |" in text
    # Whoever calls it again finds its trainings done: no batch is made.
    monkeypatch.setattr(ByHeart, "__call__", None)
    code, _, err = call(eval_ceiling.main, *options)
    assert code == 0, err
    assert read_csv(folder / "out" / "table.csv") == rows


def test_people_must_be_named(refused, folder):
    (folder / "images.csv").write_text("path,x,y,w,h\n0.png,24,20,44,44\n")
    assert "must name person" in refused(
        eval_ceiling.main, "--images", folder / "images.csv", "--empty", folder / "empty.csv",
        "--faces", folder / "people.csv", "--scenes", folder / "rooms.csv", "--out", folder,
    )  # fmt: skip
