"""Enrolment: training and test pictures, the shipped old pictures, a face learned."""

import json

import cv2
import lasagne
import numpy as np
import pytest

from common.cli import ROOT, UserError
from common.crops import Mipmap
from common.tables import read_csv
from dataset.manifest import write_manifest
from experiments import enrol, eval_enrol
from experiments.personal import fine_tuning
from experiments.personal.fine_tuning import (
    FROZEN,
    NEW,
    OLD,
    WINDOWS,
    Accuracy,
    FineTuner,
    Settings,
    balanced,
    check_smileys,
    hold_out,
    mixed,
)
from experiments.smileys import replay
from nets.smiles import build_net_smiles
from nets.weights import load_network, note, save_weights
from pipeline.vote import Vote

pytestmark = pytest.mark.slow

CLASSES = ["smile", "laugh", "sad"]


def shots(*clips):
    """Rows of clips given as (smiley, name, frames)."""
    return [
        {"smiley": smiley, "clip": clip, "frame": str(frame), "person": "p"}
        for smiley, clip, frames in clips
        for frame in range(frames)
    ]


def test_the_last_shot_of_a_smiley_is_the_test():
    rows = shots(("smile", "a", 3), ("sad", "b", 2), ("smile", "c", 2), ("smile", "d", 4))
    train, test, whole = hold_out(rows)
    assert whole
    assert [rows[k]["clip"] for k in test] == ["d"] * 4
    assert sorted(train + test) == list(range(len(rows)))


def test_with_one_shot_each_the_last_frames_are_the_test():
    rows = shots(("smile", "a", 10), ("sad", "b", 5), ("laugh", "c", 1))
    train, test, whole = hold_out(rows)
    assert not whole
    assert [(rows[k]["clip"], rows[k]["frame"]) for k in test] == [
        ("a", "7"), ("a", "8"), ("a", "9"), ("b", "4"),
    ]  # fmt: skip
    assert sorted(train + test) == list(range(len(rows)))


def test_what_cannot_teach_is_refused():
    check_smileys(shots(*[(name, name, 2) for name in CLASSES]), CLASSES, "x")
    with pytest.raises(UserError, match="shows 1 smileys: make at least 3"):
        check_smileys(shots(("smile", "a", 9)), CLASSES, "x")
    with pytest.raises(UserError, match="does not know grin"):
        check_smileys(shots(("grin", "a", 9)), CLASSES, "x")


def test_half_of_a_batch_is_old():
    new = np.full((3, 2), 20.0), np.int32([2, 2, 2])
    old = np.full((40, 2), 230.0), np.arange(40, dtype=np.int32)
    inputs, labels = mixed(np.random.default_rng(0), (new, old), 11)
    assert inputs[:5].tolist() == [[20.0, 20.0]] * 5
    assert inputs[5:].tolist() == [[230.0, 230.0]] * 6
    assert set(labels[:5]) == {2}
    assert len(set(labels[5:])) > 1


def test_smileys_are_taught_equally_often():
    """Whoever sends five smiles and two sad faces is shown both as often."""
    rows = [
        {"smiley": name} for name in ("smile", "sad", "smile", "sad", "smile", "smile", "smile")
    ]
    found, pictures = balanced(rows, list("abcdefg"))
    assert "".join(pictures) == "acefg" + "bdbdb"
    assert [row["smiley"] for row in found] == ["smile"] * 5 + ["sad"] * 5


def test_of_old_faces_the_networks_own_answers_are_remembered():
    """Also where the labels are others: this network says laugh of every face."""
    network = build_net_smiles(num_classes=3)
    network.b.set_value(np.float32([0, 99, 0]))
    tuner = FineTuner(network, CLASSES, some_pictures("p", 3))
    assert set(tuner.old[1]) == {CLASSES.index("laugh")}


def test_examples_are_variations_that_the_lower_layers_have_seen():
    """Of a bright face and a dark one, each label has its own; the same seed makes the same."""
    box = {"x": 12, "y": 12, "w": 24, "h": 24}
    rows = [{"smiley": "sad", **box}, {"smiley": "laugh", **box}]
    pictures = [Mipmap(np.full((48, 48, 3), value, np.uint8)) for value in (20, 230)]
    tuner = FineTuner(build_net_smiles(num_classes=3), CLASSES, (rows, pictures), seed=5)
    features, labels = tuner.examples((rows, pictures), NEW)
    assert features.shape == (WINDOWS, 64, 48 // 2**FROZEN, 48 // 2**FROZEN)
    assert set(labels) == {1, 2}
    assert len(np.unique(features.reshape(WINDOWS, -1), axis=0)) > WINDOWS / 2
    means = [features[labels == label].mean(axis=0) for label in (1, 2)]
    spread = features[labels == 1].std(axis=0).mean()
    assert np.abs(means[0] - means[1]).mean() > spread
    np.testing.assert_array_equal(tuner.examples((rows, pictures), NEW)[0], features)
    assert not np.array_equal(tuner.examples((rows, pictures), OLD)[1], labels)


def test_the_lower_layers_stay():
    network = build_net_smiles(num_classes=3)
    get = lasagne.layers.get_all_param_values
    before = get(network)
    FineTuner(network, CLASSES, some_pictures("p", 3))(some_pictures("q", 3), steps=2)
    changed = [(a != b).any() for a, b in zip(before, get(network))]
    lower = 5 * FROZEN  # a block has filters and the four vectors of its batch norm
    assert not any(changed[:lower])
    assert all(changed[lower:])


def test_the_shipped_old_pictures():
    """Every woman and smiley twice; the network that ships knows them."""
    rows, pictures = replay.load()
    pairs = {}
    for row in rows:
        pairs[row["person"], row["smiley"]] = pairs.get((row["person"], row["smiley"]), 0) + 1
    network, meta = load_network(ROOT / "weights" / "smiles.npz", "smiles")
    assert len(pairs) == 20 * 17
    assert set(pairs.values()) == {2}
    assert {smiley for _, smiley in pairs} == set(meta["classes"])
    assert replay.REPLAY.stat().st_size < 2_000_000
    assert Accuracy(network, meta["classes"])(rows[::10], pictures[::10]) > 0.9


def test_packing_keeps_the_face_in_the_middle(tmp_path):
    image = np.full((200, 300, 3), 50, np.uint8)
    cv2.rectangle(image, (100, 80), (159, 139), (200, 200, 200), -1)
    row = {"smiley": "sad", "person": "p", "x": 100, "y": 80, "w": 60, "h": 60}
    replay.pack([row], [Mipmap(image)], tmp_path / "replay.npz")
    (row,), (picture,) = replay.load(tmp_path / "replay.npz")
    assert (row["x"], row["y"], row["w"], row["h"]) == (24, 24, 48, 48)
    packed = picture.levels[0]
    assert packed.shape == (96, 96, 3)
    assert packed[28:68, 28:68].mean() > 180
    assert packed[:20].mean() < 70


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 broken"])
def test_damaged_old_pictures_are_named(tmp_path, content):
    path = tmp_path / "replay.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=r"cannot read the old pictures .*replay\.npz"):
        replay.load(path)


def test_forgetting_goes_back_to_the_bits():
    network = build_net_smiles(num_classes=3)
    own = some_pictures("p", 3)
    tuner = FineTuner(network, CLASSES, own)
    before = lasagne.layers.get_all_param_values(network)
    tuner(own, steps=2)
    changed = lasagne.layers.get_all_param_values(network)
    assert any((a != b).any() for a, b in zip(before, changed))
    tuner.reset()
    for a, b in zip(before, lasagne.layers.get_all_param_values(network)):
        np.testing.assert_array_equal(a, b)
    tuner(own, steps=2)  # the same seed, the same bits
    for a, b in zip(changed, lasagne.layers.get_all_param_values(network)):
        np.testing.assert_array_equal(a, b)


def test_a_share_of_what_was_learnt_stays():
    network = build_net_smiles(num_classes=3)
    own = some_pictures("p", 3)
    tuner = FineTuner(network, CLASSES, own)
    get = lasagne.layers.get_all_param_values
    before = get(network)
    tuner(own, steps=2, share=1.0)
    whole = get(network)
    tuner.reset()
    tuner(own, steps=2, share=0.25)
    for a, b, found in zip(before, whole, get(network)):
        np.testing.assert_allclose(found, a + 0.25 * (b - a), atol=1e-6)


def some_pictures(person, frames, size=64):
    """Plain shapes instead of smileys, so that they can be learned in seconds."""
    rows, pictures = [], []
    for index, smiley in enumerate(CLASSES):
        for frame in range(frames):
            image = np.random.default_rng(frame).integers(90, 130, (size, size, 3), np.uint8)
            if index == 0:
                cv2.circle(image, (32, 32), 13, (250, 250, 250), -1)
            elif index == 1:
                cv2.rectangle(image, (18, 28), (46, 36), (250, 250, 250), -1)
            else:
                cv2.rectangle(image, (28, 18), (36, 46), (20, 20, 20), -1)
            box = {"x": 16, "y": 16, "w": 32, "h": 32}
            clip = f"{smiley}-{frame // 2}"
            rows.append({"smiley": smiley, "person": person, "clip": clip, "frame": frame, **box})
            pictures.append(Mipmap(image))
    return rows, pictures


@pytest.fixture
def collected(tmp_path):
    """A data set of two people on disk, and a network of three classes."""
    folder = tmp_path / "set"
    folder.mkdir()
    rows = []
    for person in ("ann", "ben"):
        for row, picture in zip(*some_pictures(person, 4)):
            row["path"] = f"{person}-{row['smiley']}-{row['frame']}.png"
            cv2.imwrite(str(folder / row["path"]), picture.levels[0])
            rows.append(row)
    write_manifest(folder, rows)
    save_weights(tmp_path / "net.npz", build_net_smiles(num_classes=3), "smiles", classes=CLASSES)
    return tmp_path


@pytest.mark.parametrize("normalized", [False, True])
def test_the_script_learns_and_leaves_the_old_net(normalized, collected, call, monkeypatch):
    for name in ("REAL", "RENDERED"):
        monkeypatch.setattr(fine_tuning, name, Settings(30, 2e-3, 0.5))
    net, out = collected / "net.npz", collected / "mine.npz"
    note(net, net, normalized=normalized)
    before = net.read_bytes()
    options = ["--data", collected / "set", "--old", collected / "set", "--smiles", net]
    code, said, _ = call(enrol.main, *options, "--person", "ann", "--out", out, "--json")
    assert code == 0
    lines = [json.loads(line) for line in said.splitlines()]
    assert [line["done"] for line in lines[:-1]] == list(range(5, 61, 5))
    assert lines[-1]["tested"] == 6
    assert lines[-1]["whole"] is True
    answers = lines[-1]["answers"]
    assert len(answers) == 6
    assert {one["seen"] for one in answers} <= set(CLASSES)
    right = sum(one["seen"] == one["smiley"] for one in answers)
    assert right > 3
    assert lines[-1]["after"] > max(0.6, lines[-1]["before"])
    assert net.read_bytes() == before
    network, meta = load_network(out, "smiles")
    assert meta["classes"] == CLASSES
    assert "experiments/enrol.py" in meta["origin"]
    rows, pictures = some_pictures("ann", 4)
    assert Accuracy(network, CLASSES, normalized)(rows, pictures) > 0.6
    assert meta["normalized"] is normalized
    if normalized:
        dark = [Mipmap(picture.levels[0] // 2 + 5) for picture in pictures]
        assert Accuracy(network, CLASSES, normalized)(rows, dark) > 0.6
    assert meta["sure"]["tested"] == 6  # too few to choose a threshold by
    assert meta["sure"]["threshold"] is None


def test_the_same_seed_writes_the_same_net(collected, call, monkeypatch):
    """Dropout's random numbers included, which are drawn when a network is built."""
    monkeypatch.setattr(fine_tuning, "RENDERED", Settings(2, 1e-3, 1.0))
    options = ["--data", collected / "set", "--old", collected / "set", "--person", "ann"]
    found = []
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        out = collected / f"{name}.npz"
        more = ["--smiles", collected / "net.npz", "--out", out, "--seed", seed]
        assert call(enrol.main, *options, *more)[0] == 0
        found.append(lasagne.layers.get_all_param_values(load_network(out, "smiles")[0]))
    same, other = ([(x == y).all() for x, y in zip(found[0], one)] for one in found[1:])
    assert all(same)
    assert not all(other)


def test_the_net_that_is_written_has_learned_from_all(collected, call, monkeypatch):
    """Test pictures train, too, once they have tested: the second round sees all clips."""
    taught = []

    def learn(tuner, own, tick, share):
        taught.append({(row["clip"], row["frame"]) for row in own[0]})

    monkeypatch.setattr(FineTuner, "__call__", learn)
    options = ["--data", collected / "set", "--old", collected / "set", "--person", "ann"]
    code, said, _ = call(
        enrol.main, *options, "--smiles", collected / "net.npz", "--out", collected / "m.npz"
    )
    assert code == 0
    first, used = taught
    assert len(first) == 6
    assert len(used) == 12
    assert first < used
    assert "has learned from all 12" in said


def test_a_persons_own_threshold_is_where_nine_of_ten_are_right():
    rows = [{"smiley": "sad"}] * 30

    def vote(share):
        best = np.array([share, 1 - share])
        return Vote(["sad" if share > 0.6 else "smile", "laugh"], best)

    shares = [*np.linspace(0.55, 0.6, 10), *np.linspace(0.61, 0.9, 20)]
    votes = [vote(share) for share in shares]
    # Of the 22 above 0.59, 20 are right: nine of ten, and of 23 they are not.
    threshold = enrol.own_threshold(votes, rows)
    assert threshold == pytest.approx(sorted(shares)[8], abs=1e-3)
    assert enrol.own_threshold(votes[-7:], rows[:7]) is None  # too few


def test_who_names_no_net_gets_that_for_real_people(tmp_path, refused):
    """It was that of the rendered women, which run_video has not shown for long."""
    options = ["--data", tmp_path / "none.csv", "--out", tmp_path / "mine.npz"]
    assert enrol.parse_args(map(str, options)).smiles == ROOT / "weights" / "real.npz"
    # What is there is looked at before a net is compiled.
    message = refused(enrol.main, *options, "--smiles", tmp_path / "none.npz")
    assert "none.csv" in message


def test_the_script_refuses_with_words(collected, refused):
    net = collected / "net.npz"
    options = ["--data", collected / "set", "--smiles", net, "--out", collected / "mine.npz"]
    assert "shows 2 people: name one by --person" in refused(enrol.main, *options)
    assert "shows no eve" in refused(enrol.main, *options, "--person", "eve")
    assert "named twice" in refused(enrol.main, *options[:-1], net, "--person", "ann")
    # The shipped old pictures have 17 smileys, this network three.
    assert "does not know" in refused(enrol.main, *options, "--person", "ann")
    assert not (collected / "mine.npz").exists()


def test_plans_teach_five_pictures_and_never_the_test_shot():
    rows = [
        {"person": person, "smiley": smiley, "clip": f"{person}-{smiley}-{take}", "frame": frame}
        for person in ("p1000", "p1001")
        for smiley in CLASSES
        for take in range(4)
        for frame in range(5)
    ]
    for frames in eval_enrol.PLANS.values():
        train, test = eval_enrol.choose(rows, "p1001", frames)
        assert len(train) == len(test) == 15
        assert {rows[k]["person"] for k in train + test} == {"p1001"}
        assert not {rows[k]["clip"] for k in train} & {rows[k]["clip"] for k in test}


def test_the_report_says_what_the_table_holds():
    folder = ROOT / "results" / "enrol"
    rows = read_csv(folder / "table.csv")
    assert {row["plan"] for row in rows} == set(eval_enrol.PLANS)
    assert len({row["person"] for row in rows}) == 5
    report = (folder / "REPORT.md").read_text(encoding="utf-8")
    for plan in eval_enrol.PLANS:
        after = [float(row["after"]) for row in rows if row["plan"] == plan]
        mean, spread = np.mean(after), np.std(after, ddof=1)
        assert f"{mean:.3f} ± {spread:.3f}" in report
