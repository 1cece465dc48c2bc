"""Measuring nets and packages on labelled real faces: reading, judging, intervals, the script."""

import csv
import sys
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from common.cli import ROOT, UserError
from common.tables import read_csv
from experiments import eval_real
from experiments.real import unpack as unpacking
from experiments.real.answers import BOX, Answers, all_answers, hog_answers, peer_answers
from experiments.real.labelled import from_haar, read_labelled, to_haar
from experiments.real.measures import (
    ALL,
    SET,
    evaluate,
    not_sure,
    recalls,
    reliability_of,
    sure_from,
)
from experiments.real.peers import PEERS, grey_crop
from experiments.real.vocabulary import meaning, meanings, smileys
from tests.conftest import drawn_face

HAPPY = ("smile", "laugh", "joy", "roar")


def write_set(folder, header, rows, size=(60, 50)):
    folder.mkdir(exist_ok=True)
    for row in rows:
        cv2.imwrite(str(folder / row[0]), drawn_face(*size))
    file = folder / "faces.csv"
    with open(file, "w", newline="") as out:
        csv.writer(out).writerows([header, *rows])
    return file


def test_every_word_means_smileys_of_the_17():
    assert len(smileys()) == 17
    assert all({*slugs} <= {*smileys()} for slugs in meanings().values())
    assert meaning("happy") == HAPPY
    assert meaning("smile") == ("smile",)
    assert meaning("Anger") == meaning("ANGRY") == ("angry",)
    assert meaning("fear") == meaning("disgusted") == ()
    assert all(isinstance(meaning(word), tuple) for peer in PEERS.values() for word in peer.CLASSES)
    with pytest.raises(UserError, match="no smiley is known for 'hungry'"):
        meaning("hungry")


def test_a_set_is_read_with_and_without_people_and_boxes(tmp_path):
    rows = [("a.png", "p2", "happy", 1, 2, 30, 30), ("b.png", "p1", "fear", 0, 0, 9, 9),
            ("c.png", "p1", "sad", -3, 0, 40, 40), ("d.png", "p3", "", 0, 0, 5, 5)]  # fmt: skip
    data = read_labelled(
        write_set(tmp_path / "1", ["path", "person", "label", "x", "y", "w", "h"], rows)
    )
    assert [path.name for path in data.paths] == ["a.png", "c.png"]
    assert data.groups == {"happy": HAPPY, "sad": ("sad",)}
    assert data.left_out == 1
    assert data.people.tolist() == ["p2", "p1"]
    assert data.boxes[1].tolist() == [-3, 0, 40, 40]
    file = write_set(tmp_path / "2", ["path", "smiley"], [("a.png", "wink"), ("b.png", "odd")])
    data = read_labelled(file)
    assert len(set(data.people)) == 2
    assert np.isnan(data.boxes).all()
    assert data.chance == 0.5
    file = write_set(tmp_path / "3", ["path", "smiley"], [("a.png", "wink"), ("b.png", "fear")])
    with pytest.raises(UserError, match="fewer than two smileys"):
        read_labelled(file)


def test_cells_may_be_empty_and_paths_absolute(tmp_path):
    """What one measures on may lie anywhere: nothing is written there, unlike in a data set."""
    rows = [("a.png", "", "happy", "", "", "", ""), ("b.png", "p1", "sad", 1, 2, 30, 30),
            (tmp_path / "other.png", "p1", "sad", 0, 0, 9, 9)]  # fmt: skip
    file = write_set(tmp_path / "1", ["path", "person", "label", *"xywh"], rows)
    data = read_labelled(file)
    assert data.paths[2] == tmp_path / "other.png"
    assert data.people.tolist() == ["a.png", "p1", "p1"]
    assert np.isnan(data.boxes[0]).all()
    assert data.boxes[1].tolist() == [1, 2, 30, 30]


def test_all_that_cannot_be_measured_is_named_before_the_work(tmp_path):
    """A box without a size ended in OpenCV, one off the picture was measured."""
    rows = [("fine.png", "smile", -5, 0, 50, 50), ("flat.png", "sad", 10, 10, 0, 9),
            ("off.png", "wink", 900, 900, 50, 50), ("none.png", "odd", 0, 0, 40, 40),
            ("text.png", "cry", 0, 0, 40, 40)]  # fmt: skip
    file = write_set(tmp_path, ["path", "smiley", *"xywh"], rows)
    (tmp_path / "none.png").unlink()
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(UserError) as told:
        all_answers(read_labelled(file), [], tmp_path / "no weights")
    text = str(told.value)
    assert "fine.png" not in text
    for name in ("flat.png", "off.png"):
        assert f"box outside the picture {tmp_path / name}" in text
    for name in ("none.png", "text.png"):
        assert f"no readable picture {tmp_path / name}" in text


def test_halves_are_of_the_sorted_people(tmp_path):
    rows = [(f"{k}.png", f"p{9 - k % 5}", "sad" if k < 5 else "odd") for k in range(10)]
    file = write_set(tmp_path / "s", ["path", "person", "label"], rows)
    first, second = (set(read_labelled(file, half).people) for half in ("first", "second"))
    assert (first, second) == ({"p5", "p6", "p7"}, {"p8", "p9"})


def test_haar_squares_there_and_back():
    ours = from_haar([[100, 200, 50, 50]])
    np.testing.assert_allclose(ours, [[93.5, 199, 63.25, 63.25]])
    np.testing.assert_allclose(to_haar(ours), [[100, 200, 50, 50]])


def labelled(labels, groups, people=None):
    groups = {name: meaning(name) for name in groups}
    number = {name: k for k, name in enumerate(groups)}
    return SimpleNamespace(
        labels=np.array(labels), groups=groups,
        people=np.array(people or [str(k) for k in range(len(labels))]),
        truth=lambda: np.array([number[label] for label in labels]),
    )  # fmt: skip


def test_judging_sums_what_a_label_may_mean_and_counts_no_face_as_wrong():
    data = labelled(["happy", "sad", "happy", "sad"], ["happy", "sad"])
    names = ["smile", "laugh", "sad", "kiss"]
    nan = [np.nan] * 4
    answers = Answers("x", BOX, names, [meaning(n) for n in names], np.array(
        [[0.3, 0.25, 0.4, 0.05], [0.3, 0.2, 0.4, 0.1], [0.3, 0.0, 0.1, 0.6], nan]))  # fmt: skip
    outcome = evaluate(data, answers)
    assert outcome.right[SET].tolist() == [True, False, True, False]
    assert outcome.right[ALL].tolist() == [False, True, False, False]
    assert outcome.chosen.tolist() == [2, 2, 3, -1]
    assert outcome.lost == 1


def test_a_word_for_several_labels_is_right_with_each():
    data = labelled(["smile", "laugh", "wink"], ["smile", "laugh", "wink"])
    words = ["happy", "fear"]
    answers = Answers("fer", BOX, words, [meaning(w) for w in words], np.array(
        [[0.6, 0.4], [0.2, 0.8], [0.9, 0.1]]))  # fmt: skip
    outcome = evaluate(data, answers)
    assert outcome.right[SET].tolist() == [True, True, False]  # no output may mean a wink
    assert outcome.right[ALL].tolist() == [True, False, False]


def test_recalls_agree_with_a_naive_bootstrap():
    rng = np.random.default_rng(3)
    people = rng.integers(0, 12, 200)
    truth, right = rng.integers(0, 3, 200), rng.random(200) < 0.6
    outcome = SimpleNamespace(people=people.astype(str), truth=truth, right={SET: right})
    *_, mean = found = recalls(outcome, SET, 3)
    by_label = [right[truth == k].mean() for k in range(3)]
    np.testing.assert_allclose([value.mean for value in found], [*by_label, np.mean(by_label)])
    naive = []
    for _ in range(2000):
        drawn = np.concatenate([np.flatnonzero(people == p) for p in rng.integers(0, 12, 12)])
        naive.append(np.mean([right[drawn][truth[drawn] == k].mean() for k in range(3)]))
    np.testing.assert_allclose([mean.low, mean.high], np.percentile(naive, [2.5, 97.5]), atol=0.01)
    assert mean.count == len(set(people))


def test_the_share_from_which_nine_in_ten_are_right():
    share = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    right = np.array([True, True, True, False, False])
    assert sure_from(share, right, wanted=0.75, fewest=1) == 0.6  # 3 of 4
    assert sure_from(share, right, wanted=0.8, fewest=1) == 0.7
    assert np.isnan(sure_from(share, ~right, wanted=0.9, fewest=1))
    assert np.isnan(sure_from(share, right, wanted=0.9, fewest=4))
    # Equal shares stand or fall together.
    assert sure_from(np.array([0.9, 0.5, 0.5]), np.array([1, 1, 0]) > 0, 0.9, 1) == 0.9


def test_not_sure_is_told_of_people_who_did_not_choose():
    rng = np.random.default_rng(0)
    share = rng.random(40000)
    outcome = SimpleNamespace(
        people=np.array([f"p{k % 40}" for k in range(40000)]), share=share,
        chosen=np.zeros(40000, int), right={ALL: rng.random(40000) < share},
    )  # fmt: skip
    told = not_sure(outcome)
    # Answers of share t or more are right (1 + t) / 2 of the time: 0.9 from 0.8 on.
    assert told["threshold"] == pytest.approx(0.8, abs=0.05)
    assert told["right"] == pytest.approx(0.9, abs=0.03)
    assert told["shown"] == pytest.approx(0.2, abs=0.05)
    table, error = reliability_of(outcome)
    assert table[:, 2].sum() == 40000
    assert error < 0.05


def test_hog_is_taught_by_other_people_only(tmp_path):
    # A person's label is her own: whoever learns from others alone can only guess.
    rng = np.random.default_rng(0)
    rows = []
    (tmp_path / "s").mkdir()
    for person in range(6):
        for take in range(3):
            name = f"{person}-{take}.png"
            rows.append((name, person, "sad" if person % 2 else "odd"))
    file = write_set(tmp_path / "s", ["path", "person", "label"], rows)
    for name, person, _ in rows:
        pattern = np.random.default_rng(person).integers(0, 255, (8, 8, 3)).astype(np.uint8)
        image = cv2.resize(pattern, (64, 64)) // 2 + rng.integers(0, 9, (64, 64, 3))
        cv2.imwrite(str(tmp_path / "s" / name), image)
    data = read_labelled(file)
    data.boxes[:] = 0, 0, 64, 64
    answers, _ = hog_answers(data, data.boxes, data.boxes)
    assert evaluate(data, answers).right[SET].mean() < 0.9
    assert np.isfinite(answers.probabilities).all()


def test_grey_squares_repeat_the_border():
    image = np.random.default_rng(0).integers(0, 255, (20, 30, 3)).astype(np.uint8)
    grey = np.pad(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), 15, mode="edge")
    for x, y, side in [(2, 3, 10), (-6, -4, 28), (20, 12, 14)]:
        expected = grey[15 + y : 15 + y + side, 15 + x : 15 + x + side]
        assert (grey_crop(image, x, y, side) == expected).all()


def test_a_peer_that_is_not_there_is_named(tmp_path):
    file = write_set(tmp_path / "s", ["path", "smiley"], [("a.png", "sad"), ("b.png", "odd")])
    data = read_labelled(file)
    boxes = np.array([[0, 0, 40, 40.0]] * 2)
    with pytest.raises(UserError, match="fer, labelled box does not run under"):
        peer_answers(data, "fer", sys.executable, boxes, boxes)


def test_unpacking_takes_clear_labels_only(tmp_path):
    tiles = [np.full((4, 4, 3), shade, np.uint8) for shade in (40, 90, 200)]
    _, code = cv2.imencode(".jpg", np.concatenate(tiles), [cv2.IMWRITE_JPEG_QUALITY, 100])
    packed = tmp_path / "x.npz"
    np.savez(packed, jpeg=code.ravel(), offsets=[0, code.size], classes=["sadness", "anger"],
             votes=[[6, 4], [5, 5], [1, 9]])  # fmt: skip
    unpacking.main([str(packed), "--out", str(tmp_path / "out")])
    rows = read_csv(tmp_path / "out" / "manifest.csv")
    assert [(row["path"], row["label"]) for row in rows] == [
        ("00000.png", "sadness"), ("00002.png", "anger")]  # fmt: skip
    assert abs(int(cv2.imread(str(tmp_path / "out" / "00002.png")).mean()) - 200) < 4
    with pytest.raises(UserError, match="holds no packed pictures"):
        unpacking.main([str(tmp_path / "out" / "manifest.csv"), "--out", str(tmp_path / "y")])


@pytest.mark.slow
def test_the_script_from_a_csv_to_a_report(tmp_path, capsys):
    capture = cv2.VideoCapture(str(ROOT / "dataset" / "demo" / "known.mp4"))
    rows = []
    for k in range(4):
        ok, frame = capture.read()
        assert ok
        cv2.imwrite(str(tmp_path / f"{k}.jpg"), frame)
        rows.append((f"{k}.jpg", f"p{k // 2}", "neutral" if k % 2 else "happy"))
    capture.release()
    cv2.imwrite(str(tmp_path / "none.jpg"), np.full((90, 90, 3), 128, np.uint8))
    rows.append(("none.jpg", "p0", "neutral"))
    with open(tmp_path / "faces.csv", "w", newline="") as file:
        csv.writer(file).writerows([("path", "person", "label"), *rows])
    out = tmp_path / "out"
    net = ROOT / "weights" / "smiles.npz"
    eval_real.main(["--data", str(tmp_path / "faces.csv"), "--smiles", str(net), "--adapt",
                    "--out", str(out)])  # fmt: skip
    assert sorted(path.name for path in out.iterdir()) == [
        "REPORT.md", "confusion.png", "reliability.png", "table.csv"]  # fmt: skip
    text = (out / "REPORT.md").read_text()
    assert "5 pictures of 2 people" in text
    assert str(tmp_path) not in text
    table = read_csv(out / "table.csv")
    ours = [row for row in table if (row["who"], row["way"]) == ("smiles", "detector")]
    assert {row["label"] for row in ours} == {"happy", "neutral", "mean"}
    assert "| smiles |" in capsys.readouterr().out
