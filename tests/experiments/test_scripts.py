"""The detector's matching and the trainer against naive statements; trainings on drawn faces."""

import json
import subprocess
import sys
from types import SimpleNamespace

import cv2
import lasagne
import numpy as np
import pytest

from augment.drawn import drawn_face
from common.cli import ROOT, UserError
from experiments.core.training import Trainer, load_checkpoint, save_checkpoint, set_seed
from experiments.detector.metrics import match, recall_at
from nets.detector import build_net_small

pytestmark = pytest.mark.slow


def test_matching_is_one_to_one_and_best_first():
    truth = [(0, 0, 10, 10), (50, 0, 10, 10)]
    boxes = [(1, 0, 10, 10), (0, 0, 10, 10), (90, 0, 10, 10), (50, 3, 10, 10), (50, 6, 10, 10)]
    # The second is worse by score: its face is taken. The last overlaps by a quarter only.
    assert match(truth, boxes, [0.9, 0.8, 0.7, 0.6, 0.5]).tolist() == [
        True,
        False,
        False,
        True,
        False,
    ]
    assert match(truth, boxes[:2], [0.1, 0.8]).tolist() == [False, True]
    assert match([], boxes, np.arange(5)).tolist() == [False] * 5


def test_recall_at_a_rate_of_false_positives():
    # One false positive allowed over ten images: the threshold is the second best one.
    recall, threshold = recall_at([0.9, 0.75, 0.6], 4, [0.8, 0.7, 0.1], 10, 0.1)
    assert threshold == 0.7
    assert recall == 2 / 4
    assert recall_at([0.9, 0.2], 2, [0.5], 10, 0.1) == (1.0, 0.0)


@pytest.mark.filterwarnings("error")
def test_where_nothing_is_found_the_recall_is_none():
    assert recall_at([], 3, [0.5, 0.4], 10, 0.1) == (0.0, 0.4)


class TestTrainer:
    def make(self, seed=0):
        set_seed(seed)
        network = build_net_small()
        return network, Trainer(network)

    def batch(self, number):
        rng = np.random.default_rng(number)
        labels = rng.integers(2, size=32).astype(np.int32)
        inputs = rng.normal(labels[:, None, None, None] - 0.5, 1, (32, 3, 12, 12))
        return inputs.astype(np.float32), labels

    def test_learns_what_is_there_to_learn(self):
        _, trainer = self.make()
        losses = [float(trainer.step(*self.batch(k))[0]) for k in range(60)]
        assert np.mean(losses[-10:]) < 0.3 * np.mean(losses[:3])

    def test_same_seed_same_weights(self):
        results = []
        for _ in range(2):
            network, trainer = self.make(4)
            for k in range(3):
                trainer.step(*self.batch(k))
            results.append([p.get_value() for p in lasagne.layers.get_all_params(network)])
        for a, b in zip(*results):
            np.testing.assert_array_equal(a, b)

    def test_a_resumed_training_is_the_same_to_the_bit(self, tmp_path):
        network, trainer = self.make()
        for k in range(4):
            if k == 2:
                save_checkpoint(tmp_path / "c.npz", trainer.state(), round=2)
            trainer.step(*self.batch(k))
        other, resumed = self.make(9)
        state, extra = load_checkpoint(tmp_path / "c.npz")
        assert extra["round"] == 2
        resumed.set_state(state)
        for k in (2, 3):
            resumed.step(*self.batch(k))
        for a, b in zip(*map(lasagne.layers.get_all_params, (network, other))):
            np.testing.assert_array_equal(a.get_value(), b.get_value())

    def test_anothers_checkpoint_is_refused(self):
        _, trainer = self.make()
        with pytest.raises(UserError, match="another"):
            trainer.set_state(trainer.state()[:-1])


def run(script, *argv):
    command = [sys.executable, str(ROOT / "experiments" / script), *map(str, argv)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    """A set of drawn faces: upright ones and ones on their heads, four people each."""
    folder = tmp_path_factory.mktemp("faces")
    manifest, table = ["path,person,smiley,clip,frame,x,y,w,h"], ["path,person,split,x,y,w,h"]
    scenes = ["path,split"]
    for number in range(32):
        image = drawn_face(96)
        image = image if number % 2 else image[::-1]
        image = cv2.add(np.ascontiguousarray(image), (number, 0, 2 * number, 0))
        cv2.imwrite(str(folder / f"{number}.png"), image)
        box = "25,23,45,45" if number % 2 else "25,28,45,45"
        person = f"p{number // 2 % 4}"
        manifest.append(
            f"{number}.png,{person},{'sad' if number % 2 else 'smile'},c,{number},{box}"
        )
        table.append(
            f"{number}.png,{person}-{number % 8},{'val' if number > 27 else 'train'},{box}"
        )
        noise = np.random.default_rng(number).integers(0, 255, (6, 8, 3)).astype(np.uint8)
        cv2.imwrite(str(folder / f"s{number}.png"), cv2.resize(noise, (96, 72)))
        scenes.append(f"s{number}.png,{'val' if number > 27 else 'train'}")
    for name, lines in (("manifest", manifest), ("faces", table), ("scenes", scenes)):
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    return folder


def test_train_smiles_from_end_to_end(faces, tmp_path):
    out = tmp_path / "run"
    result = run(
        "train_smiles.py", "--data", faces, "--split", "person", "--folds", 4, "--epochs", 12,
        "--batch", 16, "--out", out,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    names = {p.name for p in out.iterdir()}
    assert {"curves.png", "metrics.jsonl", "smiles.npz", "smiles.md", "checkpoint.npz"} <= names
    assert sum("tfevents" in name for name in names) == 1
    for heading in ("Data", "Training", "Measured", "Where it fails"):
        assert f"## {heading}" in (out / "smiles.md").read_text()
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == list(range(1, 13))
    assert np.sum(lines[0]["val_confusion"]) == 8
    assert lines[-1]["val_accuracy"] == 1  # which way up a face stands is easy
    assert lines[-1]["val_recall"] == [1, 1]
    from nets.weights import load_network

    _, meta = load_network(out / "smiles.npz", "smiles")
    assert meta["classes"] == ["smile", "sad"]


def test_a_net_for_strangers_sees_all_that_varies_among_real_pictures(faces, tmp_path):
    result = run(
        "train_smiles.py", "--data", faces, "--split", "none", "--strangers", "--epochs", 1,
        "--out", tmp_path / "run",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert "harder than usual" in (tmp_path / "run" / "smiles.md").read_text()
    from experiments.core.training import load_checkpoint, read_note

    path = tmp_path / "run" / "checkpoint.npz"
    used = read_note(path, load_checkpoint(path)[1])["settings"]["augmentation"]
    assert all(used.values())  # no transform is left out
    assert used["saturation"] == 1  # down to grey
    assert used["shift"] >= 0.15  # the detector's squares wander


def test_train_detector_from_end_to_end_and_resumed(faces, tmp_path):
    from nets.detector import build_net_small_calibration
    from nets.weights import save_weights

    calibration = tmp_path / "small_calibration.npz"
    save_weights(calibration, build_net_small_calibration(), "small_calibration")
    options = [
        "--faces", faces / "faces.csv", "--scenes", faces / "scenes.csv", "--out", tmp_path,
        "--steps", 2, "--small-steps", 12, "--mine", 3, "--min-face", 40,
        "--calibration", calibration,
    ]  # fmt: skip
    result = run("train_detector.py", *options, "--rounds", 1)
    assert result.returncode == 0, result.stderr
    from pipeline.cascade import Detector

    detector = Detector.load(tmp_path)
    assert detector.small_calibration.size == 12
    assert detector.stages(drawn_face(96), 40, threshold=0).candidates.shape[1] == 4
    again = run("train_detector.py", *options, "--rounds", 2, "--resume")
    assert again.returncode == 0, again.stderr
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["round"] for line in lines if "mined" in line] == [0, 1]


@pytest.mark.parametrize(
    ("script", "argv", "message"),
    [
        ("train_smiles.py", ["--data", "none.csv"], "error: no file none.csv"),
        ("train_smiles.py", ["--data", "{faces}", "--fold", "9"], "--fold must be from 0 to 4"),
        ("train_smiles.py", ["--data", "{faces}", "--split", "person"], "there are 4"),
        ("train_smiles.py", ["--data", "{faces}", "--strangers", "--no-augment"], "contradict"),
        ("train_smiles.py", ["--data", "{faces}/faces.csv"], "lacks the column smiley;"),
        ("train_detector.py", ["--faces", "none.csv", "--scenes", "x"], "error: no file none.csv"),
    ],
)
def test_mistakes_end_with_code_2_and_one_line(faces, tmp_path, script, argv, message):
    argv = [word.replace("{faces}", str(faces)) for word in argv]
    result = run(script, *argv, "--out", tmp_path / "run")
    assert result.returncode == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert not list(tmp_path.rglob("*.npz"))


class Frames:
    """Stands in for detector and voter: the face, beside it, nothing, two squares on it."""

    found = (
        ([(25, 23, 45, 45)], "smile"),
        ([(60, 60, 20, 20), (25, 23, 45, 45)], "smile"),
        ([], None),
        ([(25, 23, 45, 45), (27, 24, 45, 45)], "wink"),
    )

    def detect(self, image, min_face):
        boxes = self.found[image[0, 0, 0]][0]
        return np.array(boxes, float).reshape(-1, 4), np.linspace(0.9, 0.7, len(boxes))

    def vote(self, image, box):
        return SimpleNamespace(smiley=self.found[image[0, 0, 0]][1])


def test_eval_frames_counts_faces_and_smileys(call, tmp_path, monkeypatch):
    from experiments import eval_frames

    for number in range(4):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((96, 96, 3), number, np.uint8))
    rows = [f"{number}.png,{'smile' if number else 'wink'},25,23,45,45" for number in range(4)]
    (tmp_path / "frames.csv").write_text("\n".join(["path,smiley,x,y,w,h", *rows]))
    monkeypatch.setattr("pipeline.cascade.Detector.load", lambda folder: Frames())
    monkeypatch.setattr("pipeline.vote.Voter.load", lambda path: Frames())
    code, out, _ = call(eval_frames.main, "--frames", tmp_path / "frames.csv")
    assert code == 0
    found, right, by_smiley = out.splitlines()
    assert found == "face found in 3 of 4 frames, by the best square in 2; 1 other squares"
    assert right == "smiley right in 1 of 4 frames"
    assert by_smiley == "wink 0/1, smile 1/3"
