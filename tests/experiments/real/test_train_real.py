"""The training for real people: its labels, loss, mixture, sources, and the script on a toy set."""

import csv
import json
from pathlib import Path

import cv2
import lasagne
import numpy as np
import pytest
import theano
import theano.tensor as T

from augment.drawn import BOX, drawn_face
from augment.transforms import Augmentation
from common.cli import ROOT, UserError
from common.tables import read_csv
from experiments.real import acted, labels, mixture, packed, recipe, source, sources
from experiments.real.card import betrayed
from experiments.real.choosing import Chooser, chosen_metrics, mean_recall, recalls
from experiments.real.finish import (
    PENALTIES,
    WEIGHTS,
    finish,
    fit_bias,
    held_out,
    real_windows,
    see_no_colour,
    taken,
)
from experiments.real.labels import HAPPY, LABELS, SMILEYS
from experiments.real.loss import SetLoss
from experiments.real.training import started
from experiments.real.winks import read_winks
from nets.functions import compile_probabilities
from nets.input import network_input
from nets.smiles import build_net_smiles
from nets.weights import load_network, read_weights, save_weights
from tests.experiments.real.drawn import faces

pytestmark = pytest.mark.slow

DATA = ROOT.parent / "shared" / "data"
needs_data = pytest.mark.skipif(not (DATA / "fer").exists(), reason="../shared/data is not here")


def softmax(outputs):
    powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def test_every_label_allows_known_smileys_and_not_all():
    for name, smileys in LABELS.items():
        assert set(smileys) < set(SMILEYS), name
    assert [name for name in LABELS if len(LABELS[name]) == 1] == list(SMILEYS)
    assert not set(LABELS["no smile"]) & set(HAPPY)
    assert sorted({*SMILEYS} - {*LABELS["no wink"]}) == ["wink"]
    assert {"no wink", "no joy"} < {*labels.NEGATIONS}
    assert "no smile" not in labels.NEGATIONS


def beside(made, prior):
    """Targets with the logarithms of a source's shares beside them, as a batch has them."""
    return np.hstack([made, np.tile(np.log(prior), (len(made), 1))]).astype(np.float32)


def test_the_loss_is_minus_the_logarithm_of_what_is_allowed():
    rng = np.random.default_rng(0)
    outputs = rng.normal(size=(3, 17)).astype(np.float32)
    made = labels.targets([{"happiness": 6, "neutral": 2}, {"wink": 1}, {"no smile": 1}])
    made = beside(made, np.full(17, 1 / 17))
    loss = SetLoss()
    symbol = T.fmatrix()
    value, accuracy = theano.function([symbol, loss.labels], list(loss(symbol)))(outputs, made)
    shares = [dict(zip(SMILEYS, row)) for row in softmax(outputs)]
    happy = sum(shares[0][name] for name in HAPPY)
    others = sum(share for name, share in shares[2].items() if name not in HAPPY)
    expected = [
        -0.75 * np.log(happy) - 0.25 * np.log(shares[0]["neutral"]),
        -np.log(shares[1]["wink"]),
        -np.log(others),
    ]
    assert value == pytest.approx(np.mean(expected), rel=1e-5)
    best = [max(share, key=share.get) for share in shares]
    right = [best[0] in HAPPY, best[1] == "wink", best[2] not in HAPPY]
    assert accuracy == pytest.approx(np.mean(right))


def test_a_net_trained_with_the_shares_added_favours_no_class():
    """With outputs that know nothing, the loss is least where only the shares speak."""
    prior = np.arange(1, 18) / np.arange(1, 18).sum()
    loss = SetLoss()
    symbol = T.fmatrix()
    value = theano.function([symbol, loss.labels], loss(symbol)[0])
    made = beside(labels.targets([{name: 1} for name in SMILEYS]), prior)
    weighted = [
        sum(p * value(outputs, row[None]) for p, row in zip(prior, made))
        for outputs in (np.zeros((1, 17), np.float32), np.log(prior)[None].astype(np.float32))
    ]
    assert weighted[0] == pytest.approx(-np.sum(prior * np.log(prior)), rel=1e-4)
    assert weighted[0] < weighted[1]


def test_each_source_is_made_even_by_its_own_shares():
    """Three of four faces of one source wink, half of another are sad: each adds its own."""
    one = mixture.Part(faces("a", ["wink", "wink", "wink", "smile"]), 0.5, levelled=0.0)
    other = mixture.Part(faces("b", ["smile", "sad"]), 0.5)
    made = mixture.Mixture([one, other], batch=200)(np.random.default_rng(0))[1]
    offsets = dict(zip(SMILEYS, np.exp(made[:, len(LABELS) :].T)))
    first = made[:, list(LABELS).index("wink")] == 1
    assert offsets["wink"][first] == pytest.approx(0.75)
    assert offsets["smile"][first] == pytest.approx(0.25)
    # What it never shows is to be known as its rarest is.
    assert offsets["sad"][first] == pytest.approx(0.25)
    second = made[:, list(LABELS).index("sad")] == 1
    assert offsets["wink"][second] == pytest.approx(0.5)


def test_a_batch_keeps_shares_and_shows_labels_alike():
    parts = [
        mixture.Part(faces("a", ["smile"] * 18 + ["wink"] * 2), 0.75),
        mixture.Part(faces("b", ["cool"] * 3 + ["sad"]), 0.25, levelled=0.0),
    ]
    made = mixture.Mixture(parts, batch=4000)
    shown = dict(zip(LABELS, made(np.random.default_rng(0))[1].mean(axis=0)))
    expected = {"smile": 0.375, "wink": 0.375, "cool": 0.1875, "sad": 0.0625}
    for name, share in expected.items():
        assert shown[name] == pytest.approx(share, abs=0.03)
    assert dict(zip(SMILEYS, made.prior())) == pytest.approx(
        {**dict.fromkeys(SMILEYS, 0), **expected}
    )


def test_a_set_counts_towards_all_that_it_allows():
    one = mixture.Mixture([mixture.Part(faces("a", ["happiness", "wink"]), 1)])
    prior = dict(zip(SMILEYS, one.prior()))
    assert prior["wink"] == pytest.approx(0.5)
    assert [prior[name] for name in HAPPY] == pytest.approx([0.125] * 4)


def test_batches_are_the_same_for_the_same_seed():
    one = mixture.Mixture([mixture.Part(faces("a", ["smile", "wink"]), 1)], batch=8)
    first, again, other = (one(np.random.default_rng(seed))[0] for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_a_tight_picture_ends_beside_the_face_and_keeps_it_in_place():
    picture = np.zeros((100, 100, 3), np.uint8)
    picture[:] = np.arange(100)[None, :, None] + np.arange(100)[:, None, None]
    for seed in range(40):
        part, (x, y, w, h) = mixture.tight(np.random.default_rng(seed), picture, (30, 20, 40, 50))
        assert (w, h) == (40, 50)
        assert part[10, 10, 0] == picture[10 + 20 - round(y), 10 + 30 - round(x), 0]
        if part.shape != picture.shape:
            assert part.shape[0] <= 1.15 * 50 + 1
            assert part.shape[1] <= 1.15 * 40 + 1


def test_a_cut_picture_shows_the_same_face():
    picture = cv2.resize(drawn_face(96), (480, 480), interpolation=cv2.INTER_CUBIC)
    part, box = source.cut(picture, tuple(5 * value / 2 for value in BOX))
    assert max(box[2:]) == pytest.approx(source.SIDE, abs=1)
    whole = mixture.Mipmap(picture)
    from common.crops import crop

    ours = crop(part, [box])[0].astype(int)
    theirs = crop(whole, [tuple(5 * value / 2 for value in BOX)])[0].astype(int)
    assert abs(ours - theirs).mean() < 6


def test_performers_train_choose_or_judge_and_nobody_does_two_of_it():
    people = [f"{k:02d}" for k in range(23)]
    train, choose, first = (
        acted.performers(people + people, part) for part in ("train", "choose", "first half")
    )
    assert train == {"01", "03", "05", "07", "09", "11"}
    assert choose == {"00", "02", "04", "06", "08", "10"}
    assert first == set(people[:12])


@needs_data
def test_no_picture_of_a_performer_who_judges_is_read():
    with open(DATA / "expressions.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    judging = sorted({row["person"] for row in rows})[12:]
    for part in ("train", "choose", "first half"):
        assert not set(acted.read_acted(DATA, part).people) & set(judging)
    both = [len(acted.read_acted(DATA, part)) for part in ("train", "choose")]
    assert sum(both) == len(acted.read_acted(DATA))


def test_recall_counts_what_a_label_allows_among_those_asked():
    made = labels.targets([{"happiness": 1}, {"happiness": 1}, {"wink": 1}])
    predicted = np.zeros((3, 17), np.float32)
    for row, (best, second) in enumerate((("joy", "sad"), ("wink", "smile"), ("wink", "sad"))):
        predicted[row, SMILEYS.index(best)] = 0.6
        predicted[row, SMILEYS.index(second)] = 0.4
    assert recalls(predicted, made, SMILEYS) == {"happiness": 0.5, "wink": 1.0}
    assert recalls(predicted, made, (*HAPPY, "sad")) == {"happiness": 1.0, "wink": 0.0}
    assert mean_recall(predicted, made, SMILEYS) == pytest.approx(0.75)


def test_labels_by_eye_are_well_formed_and_known():
    ours = sources.labelled()
    assert len(ours) > 40
    assert {name for name, _ in ours} <= {"fer", "genki", "strangers", "grimaces", "faces"}
    text = sources.LABELLED.read_text()
    assert len(text.splitlines()) == len(ours) + 1  # no key twice
    keys = [(row["set"], row["key"]) for row in read_csv(sources.LABELLED)]
    assert keys == sorted(keys)


def test_an_unknown_label_is_refused(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("set,key,smiley\nfer,a.png,grin\n")
    with pytest.raises(UserError, match="no label 'grin'"):
        sources.labelled(path)


@needs_data
def test_votes_become_targets_and_no_one_is_in_two_parts():
    train, choose = (sources.read_fer(DATA, part) for part in ("train", "choose"))
    assert not set(train.people) & set(choose.people)
    fer = packed.archive(DATA / "fer" / "train.npz")
    votes = dict(zip(fer["names"].tolist(), fer["votes"].astype(int)))
    classes = list(fer["classes"])
    names = list(LABELS)
    for k in range(0, len(train), 997):
        row = {c: v for c, v in zip(classes, votes[train.people[k]]) if v > 1}
        kept = {c: v for c, v in row.items() if c in sources.VOTES}
        made = dict(zip(names, train.targets[k]))
        angry = kept.get("anger", 0) / sum(kept.values())
        assert made["angry"] == pytest.approx(angry, abs=1e-6)
        happy = kept.get("happiness", 0) / sum(kept.values())
        groups = made["happiness"] + made["lips together"] + made["lips apart"]
        assert groups == pytest.approx(happy, abs=1e-6)


@needs_data
def test_people_of_val_are_left_out_of_every_training_source():
    val = set()
    for name in ("strangers", "grimaces", "faces"):
        val |= {row["person"] for row in read_csv(DATA / f"{name}.csv") if row["split"] == "val"}
    for read in (sources.read_strangers, sources.read_labelled):
        assert not set(read(DATA).people) & val
    held_out = sources.unseen_people(DATA)
    assert all(held_out(person) for person in val)


def test_a_label_of_one_or_two_pictures_decides_nothing():
    made = labels.targets([{name: 1} for name in ["sad"] * 4 + ["wink"]])
    answers = np.zeros((5, 17))
    answers[:3, SMILEYS.index("sad")] = 1  # three of four, and the wink is missed
    assert mean_recall(answers, made, SMILEYS) == 0.75
    assert mean_recall(answers[3:], made[3:], SMILEYS) == 0  # nothing else is known


def test_a_net_may_start_from_one_whose_classes_stand_otherwise(tmp_path):
    path = tmp_path / "other.npz"
    network = build_net_smiles()
    order = list(reversed(SMILEYS))
    save_weights(path, network, "smiles", classes=order)
    begun = started(path, seed=0)
    ours, theirs = (lasagne.layers.get_all_param_values(net) for net in (begun, network))
    assert (ours[-2] == theirs[-2][:, ::-1]).all()
    assert all((a == b).all() for a, b in zip(ours[:-2], theirs[:-2]))


def test_a_net_of_other_classes_cannot_be_started_from(tmp_path):
    path = tmp_path / "other.npz"
    save_weights(path, build_net_smiles(num_classes=2), "smiles", classes=["smile", "sad"])
    with pytest.raises(UserError, match="17 smileys"):
        started(path, seed=0)


def validation(names, rng, people):
    """A validation set whose windows are their own logits, for `fit_bias`."""
    made = labels.targets([{name: 1} for name in names])
    return Chooser("set", None, made, None, people), rng.normal(size=(len(names), 3, 17))


def test_the_fitted_bias_is_where_the_loss_is_least():
    rng = np.random.default_rng(3)
    some, rows = zip(
        validation(["sad", "happiness", "sad", "wink"], rng, "abcd"),
        validation(["neutral", "no smile"], rng, "ef"),
    )
    masks = [np.ones(4, bool), np.ones(2, bool)]

    def loss(bias):
        """Plainly: the mean over sets, labels and pictures of minus the logarithm."""
        found = []
        for one, logits in zip(some, rows):
            losses = {}
            for target, windows in zip(one.targets, logits):
                label = list(LABELS)[target.argmax()]
                share = softmax(windows + bias).mean(axis=0)
                right = sum(share[SMILEYS.index(name)] for name in LABELS[label])
                losses.setdefault(label, []).append(-np.log(right))
            found.append(np.mean([np.mean(values) for values in losses.values()]))
        return np.mean(found) + 0.1 * bias @ bias

    bias = fit_bias(rows, some, masks, 0.1)
    least = loss(bias)
    assert least < loss(np.zeros(17))
    for step in 0.02 * np.vstack([np.eye(17), -np.eye(17)]):
        assert loss(bias + step) > least
    assert not fit_bias(rows, some, masks, None).any()


def test_nobody_is_asked_with_a_bias_fitted_on_her(monkeypatch):
    rng = np.random.default_rng(5)
    one, rows = validation(["sad"] * 12, rng, [f"p{k // 3}" for k in range(12)])
    fitted = []

    def fit(logits, sets, masks, penalty):
        fitted.append({one.people[k] for k in np.flatnonzero(masks[0])})
        return np.full(17, 0.0)

    monkeypatch.setattr("experiments.real.finish.fit_bias", fit)
    predicted = held_out([rows], [one], 1.0)
    assert fitted[0] | fitted[1] == set(one.people)
    assert not fitted[0] & fitted[1]
    expected = [softmax(windows).mean(axis=0) for windows in rows]
    np.testing.assert_allclose(predicted[0], expected, rtol=1e-6)


def test_a_bias_helps_a_net_that_says_nothing():
    """It is asked among those who are all neutral: the calibrated bias names them so."""
    network = build_net_smiles()
    for param in lasagne.layers.get_all_params(network, trainable=True):
        param.set_value(0 * param.get_value())
    mixed = mixture.Mixture([mixture.Part(faces("rendered", ["wink", *["neutral"] * 3]), 1, 0.0)])
    shown = faces("fer", ["neutral"] * 8)
    shown.people = [f"p{k}" for k in range(8)]
    tried = finish(network, mixed, [Chooser.of(shown)])
    assert [one["penalty"] for one in tried] == list(PENALTIES)
    assert [one["choose_accuracy"] for one in tried] == [0.0, 1.0, 1.0, 1.0, 1.0]
    assert taken(tried)["penalty"] == PENALTIES[1]
    bias = dict(zip(SMILEYS, network.b.get_value()))
    assert bias["neutral"] > max(value for name, value in bias.items() if name != "neutral")


def test_a_net_without_colour_sees_any_window_as_its_grey_one():
    network = build_net_smiles()
    probabilities = compile_probabilities(network)
    rng = np.random.default_rng(2)
    colour = rng.integers(0, 256, (4, 48, 48, 3), dtype=np.uint8)
    grey = np.stack([
        cv2.cvtColor(cv2.cvtColor(one, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR) for one in colour
    ])  # fmt: skip
    before = probabilities(network_input(grey))
    see_no_colour(network)
    np.testing.assert_allclose(probabilities(network_input(grey)), before, atol=1e-5)
    # Grey values are whole numbers: half a step of 255 is lost at most.
    np.testing.assert_allclose(probabilities(network_input(colour)), before, atol=3e-3)


def test_windows_of_all_sources_are_grey_soft_and_sharp():
    rng = np.random.default_rng(1)
    picture = np.repeat(rng.integers(0, 256, (24, 24, 3), dtype=np.uint8), 4, axis=0)
    picture = np.repeat(picture, 4, axis=1)
    made = mixture.window(rng, picture, (20, 20, 50, 50), Augmentation().scaled(0))
    assert (made[..., 0] == made[..., 1]).all()
    assert (made[..., 1] == made[..., 2]).all()
    image = rng.integers(64, 192, (48, 48), dtype=np.uint8)
    detail = [np.abs(np.diff(mixture.focused(rng, image).astype(float))).mean() for _ in range(40)]
    plain = np.abs(np.diff(image.astype(float))).mean()
    assert min(detail) < 0.8 * plain < 1.2 * plain < max(detail)


def test_made_people_are_not_measured_for_the_statistics(monkeypatch):
    monkeypatch.setattr("experiments.real.finish.COUNT", 8)
    parts = [
        mixture.Part(faces("rendered", ["smile"]), 1),
        mixture.Part(faces("puppets", ["smile"]), 1),
    ]
    assert len(real_windows(parts)) == 0
    parts.append(mixture.Part(faces("labelled", ["smile"]), 0.1))
    assert real_windows(parts).shape == (8, 3, 48, 48)


@pytest.fixture
def toy(monkeypatch):
    """Sources of a few drawn faces in the place of the published sets."""
    smileys = list(SMILEYS)

    def read_source(name, data, rendered, puppets, part="train"):
        return faces(name, smileys if name in ("rendered", "labelled") else ["happiness", "sad"])

    from experiments.real import choosing

    monkeypatch.setattr("experiments.real.finish.COUNT", 8)
    monkeypatch.setattr(recipe, "read_source", read_source)
    monkeypatch.setattr(choosing, "read_source", read_source)
    monkeypatch.setattr(
        choosing, "read_acted", lambda data, part: faces("acted", ["angry", "neutral"])
    )


def test_the_script_trains_and_writes_a_net_that_loads(toy, tmp_path, call):
    from experiments import train_real

    words = ["--data", tmp_path, "--epochs", 1, "--steps", 2, "--batch", 8, "--workers", 0]
    words += ["--without", "puppets", "--out", tmp_path / "run"]
    code, out, err = call(train_real.main, *words)
    assert code == 0, err
    assert f"fer: 2 faces, share {recipe.SHARES['fer']}" in out
    _, meta = load_network(tmp_path / "run" / "real.npz", "smiles")
    assert meta["classes"] == list(SMILEYS)
    assert "--without puppets" in meta["origin"]
    chosen = json.loads((tmp_path / "run" / "chosen.json").read_text())
    assert chosen["epoch"] == 1
    assert len(chosen["finish"]) == len(WEIGHTS) * len(PENALTIES)
    card = (tmp_path / "run" / "real.md").read_text(encoding="utf-8")
    for heading in ("Data", "Training", "Measured", "Where it fails"):
        assert f"## {heading}" in card
    left = sum(recipe.SHARES.values()) - recipe.SHARES["puppets"]
    assert f"| labelled | 17 | {recipe.SHARES['labelled'] / left:.2f} |" in card


def test_a_training_can_start_from_nothing(toy, tmp_path, call):
    """Its scales are then still near 1, as Lasagne begins, and not near those of a net."""
    from experiments import train_real

    words = ["--data", tmp_path, "--epochs", 1, "--steps", 1, "--batch", 8, "--workers", 0]
    for init in ("none", ROOT / "weights" / "strangers.npz"):
        call(train_real.main, *words, "--init", init, "--out", tmp_path / Path(init).stem)
    texts = {name: (tmp_path / name / "real.md").read_text() for name in ("none", "strangers")}
    assert "from nothing, 1 epochs" in texts["none"]
    assert "from `strangers.npz`, 1 epochs" in texts["strangers"]
    gamma = "16.BatchNormLayer.gamma"
    scales = {name: read_weights(tmp_path / name / "real.npz")[0][gamma] for name in texts}
    old = read_weights(ROOT / "weights" / "strangers.npz")[0][gamma]
    assert np.abs(scales["none"] - 1).max() < 0.01  # a step of Adam is 0.002
    assert np.abs(scales["strangers"] - old).max() < 0.01 < np.abs(old - 1).max()


def test_the_final_training_is_finished_as_another_has_chosen(toy, tmp_path, call):
    """Its bias is what it learnt and what the other one's calibration has added."""
    from experiments import train_real

    words = ["--data", tmp_path, "--epochs", "1", "--steps", "2", "--batch", "4"]
    words += ["--workers", "0", "--init", ROOT / "weights" / "strangers.npz"]
    call(train_real.main, *words, "--out", tmp_path / "six")
    chosen = json.loads((tmp_path / "six" / "chosen.json").read_text())
    chosen["bias"]["wink"] = 5.0
    (tmp_path / "six" / "chosen.json").write_text(json.dumps(chosen))
    final = ["--final", tmp_path / "six" / "chosen.json"]
    call(train_real.main, *words, *final, "--out", tmp_path / "all")
    whole = json.loads((tmp_path / "all" / "chosen.json").read_text())
    assert whole["bias"] == pytest.approx(chosen["bias"], abs=1e-6)
    assert whole["weight"] == chosen["weight"]
    assert len(whole["finish"]) == 1
    assert not any(name.startswith("acted") for name in whole["finish"][0])
    card = (tmp_path / "all" / "real.md").read_text()
    assert "| as chosen (taken) |" in card
    for number, step in enumerate(("six", "all"), 1):  # each with its own command, in order
        line = next(line for line in card.splitlines() if line.startswith(f"{number}. "))
        assert f"--out {step}`" in line
    assert card.count("(taken)") == 2
    (tmp_path / "bad.json").write_text("{}")
    for name, said in (("bad.json", "is no chosen.json"), ("none.json", "train without --final")):
        with pytest.raises(UserError, match=said):
            train_real.main(
                [*map(str, words), "--final", str(tmp_path / name), "--out", str(tmp_path / "x")]
            )


def test_what_a_face_is_not_is_told_and_chooses_nothing():
    shown = Chooser.of(faces("labelled", ["wink", "kiss"]))
    mistaken = Chooser.of(faces("mistaken", ["no wink", "no kiss"]))
    winks, sad = (np.eye(len(SMILEYS))[[SMILEYS.index(name)] * 2] for name in ("wink", "sad"))
    found = chosen_metrics([shown, mistaken], [winks, winks])
    assert found["labelled_own"] == found["mistaken_own"] == found["choose_accuracy"] == 0.5
    blinks = Chooser.of(faces("winks", ["wink", "no wink"]))
    found = chosen_metrics([shown, mistaken, blinks], [winks, sad, sad])
    assert found["choose_accuracy"] == 0.5
    assert found["mistaken_own"] == 1
    assert found["winks_own"] == 0.5


@needs_data
def test_faces_of_which_is_known_what_they_are_not_are_a_source_of_their_own():
    labelled, mistaken = (
        {name for part in ("train", "choose") for name in names_of(read(DATA, part))}
        for read in (sources.read_labelled, sources.read_mistaken)
    )
    assert mistaken <= set(labels.NEGATIONS)
    assert not labelled & set(labels.NEGATIONS)
    assert {"wink", "kiss", "cool"} <= labelled


@needs_data
def test_winks_are_as_many_as_their_frames_ask_and_keep_people_apart():
    train, choose = (read_winks(DATA, part) for part in ("train", "choose"))
    with open(DATA / "faces.csv", newline="") as file:
        val = {row["person"] for row in csv.DictReader(file) if row["split"] == "val"}
    assert set(choose.people) <= val
    assert not set(train.people) & val
    for part in (train, choose):
        names = names_of(part)
        assert names.count("wink") == 2 * names.count("no wink") > 200
    # Only one eye of a frame changes: below the nose it stays.
    frame, first, second = choose.pictures[:3]
    low = int(choose.boxes[0][1] + 0.7 * choose.boxes[0][3])
    assert (frame[low:] == first[low:]).all()
    assert (frame[low:] == second[low:]).all()
    assert (first != second).any()


def names_of(faces):
    """Labels of a source's faces."""
    return [list(LABELS)[k] for k in faces.strata]


def test_what_the_source_alone_tells():
    """Two sources, one of winks only and one of both: guessing by source is right in 0.75."""
    parts = [
        mixture.Part(faces("a", ["wink"] * 3), 0.5),
        mixture.Part(faces("b", ["smile", "wink"]), 0.5),
    ]
    assert betrayed(mixture.Mixture(parts)) == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--without", "nobody"], "there is no source 'nobody'"),
        (["--only", "fer", "--without", "fer"], "no source is left"),
        (["--final", "chosen.json", "--without", "acted"], "--final takes the source acted in"),
    ],
)
def test_a_wrong_source_is_refused(words, said, tmp_path, capsys):
    from experiments import train_real

    with pytest.raises(SystemExit) as stop:
        train_real.main(["--data", str(tmp_path), "--out", str(tmp_path / "run"), *words])
    assert stop.value.code == 2
    assert said in capsys.readouterr().err


@needs_data
def test_the_mixture_can_be_left_without_a_source():
    names = ["labelled", "portraits"]
    parts = recipe.parts_of(names, DATA, ROOT, ROOT)
    assert [part.source.name for part in parts] == names
    assert [part.share for part in parts] == [recipe.SHARES[name] for name in names]
