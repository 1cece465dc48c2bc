"""Finished arms are kept if data, settings and code are the same, and as they were written."""

import json

import numpy as np
import pytest

from common.cli import UserError
from experiments.compare.training import Arm, probe, probe_halves
from experiments.core.arms import in_words, read_results, read_seconds, write_result
from experiments.core.provenance import code_hashes

ARM = Arm("first", "person", 5, 0, 0, 0, None, epochs=3, steps=2, batch=4)
SETTINGS = ARM.settings("abc")


def write(out, code=None, **changes):
    folder = out / "arms" / ARM.name
    folder.mkdir(parents=True, exist_ok=True)
    result = {"settings": {**SETTINGS, **changes}, "code": code or code_hashes(), "val": [1, 2]}
    return write_result(folder, json.loads(json.dumps(result)), 12.34)


def test_what_is_finished_is_read_as_it_was_written(tmp_path):
    assert read_results([ARM], "abc", tmp_path) == ({}, [])
    result = write(tmp_path)
    assert read_results([ARM], "abc", tmp_path) == ({"first": result}, [])
    assert read_seconds([ARM], tmp_path) == [12.3]
    with pytest.raises(UserError, match="is of another data: choose another --out"):
        read_results([ARM], "abd", tmp_path)


def test_a_result_edited_by_hand_is_refused(tmp_path):
    write(tmp_path)
    path = tmp_path / "arms" / "first" / "result.json"
    path.write_text(path.read_text().replace("[1, 2]", "[1, 3]"))
    with pytest.raises(UserError, match="is not as it was written: remove it"):
        read_results([ARM], "abc", tmp_path)
    for text in ("{", "[]", '{"settings": 3}'):
        path.write_text(text)
        with pytest.raises(UserError, match="is damaged"):
            read_results([ARM], "abc", tmp_path)


@pytest.mark.parametrize("text", ["", "{}", "soon"])
def test_times_edited_by_hand_are_unknown(tmp_path, text):
    write(tmp_path)
    (tmp_path / "arms" / "first" / "seconds.json").write_text(text)
    assert read_seconds([ARM], tmp_path) == []


def test_other_code_is_named_and_the_user_decides(tmp_path):
    old = write(tmp_path, {**code_hashes(), "augment/transforms.py": "00000000"})
    with pytest.raises(UserError, match=r"other code \(augment/transforms.py\): first; --stale"):
        read_results([ARM], "abc", tmp_path)
    assert read_results([ARM], "abc", tmp_path, "train") == ({}, ["augment/transforms.py"])
    assert read_results([ARM], "abc", tmp_path, "keep") == (
        {"first": old},
        ["augment/transforms.py"],
    )


def test_arms_that_differ_in_their_seed_are_named_together():
    names = [f"{split}-plain-seed{seed}" for split in ("person", "image") for seed in range(12)]
    assert in_words([*names, "clip-plain-seed3"]) == (
        "clip-plain, image-plain (12 seeds), person-plain (12 seeds)"
    )
    assert in_words(map(str, range(12)), shown=2) == "0, 1, 10 others"


def test_who_is_who_is_learnt_from_every_other_clip():
    rows = [
        {"person": p, "clip": f"{p}{c}", "path": f"{p}{c}{f}"}
        for p in "xyz"
        for c in range(4)
        for f in range(3)
    ]
    learn, judge = probe_halves(rows)
    assert sorted([*learn, *judge]) == list(range(36))
    assert {rows[k]["clip"][1] for k in learn} == {"0", "2"}
    rng = np.random.default_rng(0)
    people = np.repeat(np.arange(3), 12)
    assert probe(np.eye(3)[people] + rng.normal(0, 0.1, (36, 3)), rows) == 1.0
    assert probe(rng.normal(size=(36, 3)), rows) < 0.7
