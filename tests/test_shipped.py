"""The shipped weights on real pictures, where those lie beside the project."""

import csv

import cv2
import numpy as np
import pytest

from common.cli import ROOT
from common.tables import BOX, box_of, read_csv, read_images, read_table, text
from dataset.manifest import read_manifest
from experiments.detector.metrics import match
from experiments.eval_transfer import MEANING, half_of, read_face
from nets.weights import load_network
from pipeline.cascade import Detector
from pipeline.vote import Voter

pytestmark = pytest.mark.slow

DATA = ROOT.parent / "shared" / "data"
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="the real pictures (../shared/data) are not here"
)


@pytest.fixture(scope="module")
def detector():
    return Detector.load(ROOT / "weights")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("small", "small"),
        ("small_calibration", "small_calibration"),
        ("big", "big"),
        ("big_calibration", "big_calibration"),
        ("smiles", "smiles"),
        ("expressions", "smiles"),
        ("strangers", "smiles"),
        ("real", "smiles"),
    ],
)
def test_every_network_ships_with_a_card(name, kind):
    _, meta = load_network(ROOT / "weights" / f"{name}.npz", kind)
    assert meta["origin"].startswith("experiments/train_")
    card = (ROOT / "weights" / f"{name}.md").read_text(encoding="utf-8")
    for heading in ("Data", "Training", "Measured", "Where it fails"):
        assert f"## {heading}" in card


def test_the_card_of_the_net_for_real_people_tells_what_was_measured():
    card = (ROOT / "weights" / "real.md").read_text(encoding="utf-8")
    lines = [line.strip("| ").split(" | ") for line in card.splitlines()]
    told = {tuple(cells[:3]): cells[3:] for cells in lines if len(cells) == 5}
    for name in ("expressions_second", "fer_valid"):
        rows = read_csv(ROOT / "results" / "eval_real" / name / "table.csv")
        nets = ("real", "strangers")
        means = [row for row in rows if row["label"] == "mean" and row["who"] in nets]
        assert {row["who"] for row in means} == set(nets)
        for row in means:
            recall, low, high = (f"{float(row[k]):.3f}" for k in ("recall", "low", "high"))
            cell = told[name, row["who"], row["way"]][row["among"] == "all"]
            assert cell == f"{recall} ({low} to {high})"


def frames(path):
    capture = cv2.VideoCapture(str(path))
    while True:
        ok, frame = capture.read()
        if not ok:
            return
        yield frame


@needs_data
def test_the_face_is_found_in_the_clip_and_named(detector):
    voter = Voter.load(ROOT / "weights" / "expressions.npz")
    found = total = 0
    for frame in frames(DATA / "video" / "carphone.mp4"):
        boxes, _ = detector.detect(frame)
        total += 1
        found += len(boxes) > 0
    assert total == 120
    assert found >= 115
    vote = voter.vote(frame, boxes[0])
    assert vote.sums.sum() == pytest.approx(45, rel=1e-4)
    assert 1 / len(vote.classes) < vote.shares.max() <= 1


@needs_data
def test_a_net_of_rendered_people_reads_real_faces(detector):
    # Of the people on whom no choice was made; naming all of them happy would reach 0.27.
    voter = Voter.load(ROOT / "weights" / "strangers.npz")
    path = DATA / "expressions.csv"
    rows = [row for row in read_manifest(path) if row["smiley"] in MEANING]
    people = half_of({row["person"] for row in rows}, "second")
    rows = [row for row in rows if row["person"] in people][::3]
    right = 0
    for row, image in zip(rows, read_images(path, rows)):
        right += read_face(image, box_of(row), detector, voter)[0] == row["smiley"]
    assert right / len(rows) > 0.45


@needs_data
def test_faces_of_group_photos_are_found(detector):
    truth = {}
    with open(DATA / "photos" / "faces.csv", newline="") as file:
        for row in csv.DictReader(file):
            x1, y1, x2, y2 = (float(row[key]) for key in ("x1", "y1", "x2", "y2"))
            truth.setdefault(row["path"], []).append((x1, y1, x2 - x1, y2 - y1))
    hits = 0
    for name, boxes in truth.items():
        image = cv2.imread(str(DATA / "photos" / name))
        hits += match(boxes, *detector.detect(image, min_face=20), iou=0.4).sum()
    assert sum(map(len, truth.values())) == 43
    assert hits >= 30


@needs_data
def test_new_peoples_faces_are_found_and_scenes_left_alone(detector):
    # A part of the held-out people and scenes; the model card has the whole.
    path = DATA / "faces.csv"
    rows = read_table(path, {"path": text, "split": text, **BOX})
    rows = [row for row in rows if row["split"] == "val"][::5]
    found = [
        match([box_of(row)], *detector.detect(image)).any()
        for row, image in zip(rows, read_images(path, rows))
    ]
    assert np.mean(found) >= 0.93
    path = DATA / "scenes.csv"
    rows = [row for row in read_table(path, {"path": text, "split": text}) if row["split"] == "val"]
    false = [len(detector.detect(image)[0]) for image in read_images(path, rows[::3])]
    assert np.mean(false) <= 0.2
