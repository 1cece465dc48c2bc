"""How often rare smileys are named, on hand-counted answers and on the published sets."""

import csv

import numpy as np
import pytest

from common.cli import ROOT
from experiments.real import rare, sources
from experiments.real.labels import SMILEYS

DATA = ROOT.parent / "shared" / "data"
needs_data = pytest.mark.skipif(not (DATA / "genki").exists(), reason="../shared/data is not here")


def test_rare_are_the_smileys_that_nobody_votes_for():
    assert set(sources.VOTES.values()) < {*rare.USUAL, "happiness"}
    assert {"wink", "kiss", "tongue", "joy"} < set(rare.RARE)
    assert len(rare.RARE) + len(rare.USUAL) == len(SMILEYS)


def test_rows_count_faces_and_average_people(monkeypatch):
    answers = ["wink", "smile", "kiss", "neutral"]
    people = ["a", "a", "b", "c"]
    monkeypatch.setattr(rare, "SEEN", ("faces",))
    monkeypatch.setattr(rare, "calm_faces", lambda folder, name: (np.zeros((4, 9)), people))
    monkeypatch.setattr(rare, "reader", lambda weights: lambda windows: np.array(answers))
    (row,) = rare.rows_of(None, [ROOT / "weights" / "real.npz"])
    assert row["share"] == pytest.approx((0.5 + 1 + 0) / 3)
    assert 0 <= row["low"] < row["share"] < row["high"] <= 1
    assert (row["faces"], row["people"], row["net"]) == (4, 3, "real")
    assert (row["wink"], row["kiss"], row["tongue"]) == (1, 1, 0)


@needs_data
def test_whoever_trains_or_is_seen_to_wink_is_not_asked():
    windows, people = rare.calm_faces(DATA, "grimaces")
    assert windows.shape == (len(people), 9, 48, 48, 3)
    assert windows.dtype == np.uint8
    ours = sources.labelled()
    with open(DATA / "grimaces.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "val"]
    left = [
        row["person"]
        for row in rows
        if (row["smiley"] or ours.get(("grimaces", row["path"]), "")) not in rare.RARE
    ]
    assert sorted(people) == sorted(left)
    assert len(left) < len(rows)


@needs_data
def test_a_net_is_asked_by_the_names_of_its_own_classes():
    windows, _ = rare.calm_faces(DATA, "grimaces")
    answers = rare.reader(ROOT / "weights" / "real.npz")(windows)
    assert set(answers) <= set(SMILEYS)
    assert np.isin(answers, ("smile", "laugh")).mean() > 0.3  # most of them grin
