"""The detector's training: who is kept for the thresholds, going on, and a finished one."""

from argparse import Namespace

import lasagne
import numpy as np
import pytest

from augment.drawn import drawn_face
from common.images import write_image
from experiments.core.training import Trainer, save_checkpoint, set_seed
from experiments.detector.training import TUNE_EVERY, DetectorTraining
from nets.detector import build_net_big, build_net_small
from nets.weights import save_weights


@pytest.fixture
def options(tmp_path):
    """40 people with two pictures each, these also as scenes; 160 scenes in runs; a folder."""
    face = drawn_face(96)
    people, scenes = ["path,person,x,y,w,h"], ["path"]
    for k in range(40):
        for take in "ab":
            write_image(tmp_path / f"{take}{k}.png", np.minimum(face, 200 - k))
            people.append(f"{take}{k}.png,p{k},24,20,44,44")
    for k in range(160):
        write_image(tmp_path / f"room_{k:04d}.png", np.full((40, 40, 3), k // 8, np.uint8))
        scenes.append(f"room_{k:04d}.png")
    for name, lines in (("people", people), ("rooms", scenes)):
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n")
    return Namespace(
        faces=[tmp_path / "people.csv"], scenes=[tmp_path / "rooms.csv", tmp_path / "people.csv"],
        seed=0, calibration=None, init=None, min_face=40, mine=2, rounds=1, steps=1,
        small_steps=1, workers=0,
    )  # fmt: skip


@pytest.mark.slow
def test_people_and_runs_of_scenes_are_kept_whole(options, tmp_path):
    training = DetectorTraining(options, tmp_path)
    rows = {part: {row["person"] for row in training.faces[part][0]} for part in ("train", "tune")}
    assert len(rows["tune"]) == 40 / TUNE_EVERY
    assert not rows["train"] & rows["tune"]
    # Whole frames of people: each is as bright as its person.
    shown = {part: set() for part in ("train", "tune")}
    runs = {part: set() for part in ("train", "tune")}
    for part in shown:
        for scene in training.scenes[part]:
            image = scene.picture.levels[0]
            if scene.face:
                shown[part].add(f"p{200 - int(image.max())}")
            elif scene.kind != "texture":
                runs[part].add(int(image.max()))
    assert shown["tune"] == rows["tune"]
    assert shown["train"] == rows["train"]
    assert len(runs["tune"]) == 20 / TUNE_EVERY
    assert not runs["train"] & runs["tune"]


@pytest.mark.slow
def test_going_on_begins_with_what_was_learnt(options, tmp_path):
    trained = build_net_small(), build_net_big()
    for network, kind in zip(trained, ("small", "big")):
        save_weights(tmp_path / f"{kind}.npz", network, kind, threshold=0.3)
    options.init = tmp_path
    training = DetectorTraining(options, tmp_path)
    set_seed(1)
    network = build_net_big()
    assert training.start(network, "big") == 0.3
    for ours, theirs in zip(*map(lasagne.layers.get_all_param_values, (network, trained[1]))):
        np.testing.assert_array_equal(ours, theirs)
    options.init = None
    assert training.start(network, "big") == 0


@pytest.mark.slow
def test_a_finished_training_is_judged_at_its_threshold(options, tmp_path):
    training = DetectorTraining(options, tmp_path)
    state = Trainer(build_net_big()).state()
    save_checkpoint(
        tmp_path / "checkpoint.npz", state, round=1, hard=np.zeros((0, 5)), threshold=0.37
    )
    options.resume = True
    training.big_net()
    assert training.detector.big_threshold == 0.37
