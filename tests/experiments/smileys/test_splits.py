"""Splits against naive statements of what they promise."""

import numpy as np
import pytest

from common.cli import UserError
from experiments.smileys.splits import folds_of, parts_of, subset

ROWS = [
    {"person": f"p{p}", "clip": f"c{c}", "path": f"{p}-{c}-{f}", "smiley": f"s{c}"}
    for p in range(10)
    for c in range(4)
    for f in range(3)
]
KEYS = {
    "person": lambda row: row["person"],
    # Two people's shots may bear the same name.
    "clip": lambda row: (row["person"], row["clip"]),
    "image": lambda row: row["path"],
}


def keys(by, indices):
    return {KEYS[by](ROWS[k]) for k in indices}


@pytest.mark.parametrize("by", ["person", "clip", "image"])
@pytest.mark.parametrize("seed", [0, 1])
def test_no_group_is_on_two_sides_and_every_frame_is_somewhere(by, seed):
    tested = []
    for fold in range(5):
        parts = parts_of(ROWS, by, 5, fold, seed)
        together = np.concatenate([parts.train, parts.validation, parts.test])
        assert sorted(together) == list(range(len(ROWS)))
        assert min(map(len, (parts.train, parts.validation, parts.test))) > 0
        assert not keys(by, parts.train) & keys(by, parts.test)
        assert not keys(by, parts.validation) & keys(by, parts.test)
        assert not keys(by, parts.train) & keys(by, parts.validation)
        tested.extend(parts.test)
    # Over the folds everyone is tested once.
    assert sorted(tested) == list(range(len(ROWS)))


def test_what_chooses_the_epoch_does_not_depend_on_the_order_of_the_rows():
    parts = parts_of(ROWS, "person", 5, 2, 7)
    backwards = parts_of(ROWS[::-1], "person", 5, 2, 7)
    assert {ROWS[k]["person"] for k in parts.validation} == {
        ROWS[::-1][k]["person"] for k in backwards.validation
    }


def test_without_a_split_nothing_is_tested():
    parts = parts_of(ROWS, "none", 5, 0, 0)
    assert len(parts.test) == 0
    assert len(parts.validation) == len(ROWS) // 8
    assert sorted([*parts.train, *parts.validation]) == list(range(len(ROWS)))


@pytest.mark.parametrize("people", [1, 2])
def test_too_few_groups_are_refused_in_words(people):
    rows = [row for row in ROWS if int(row["person"][1:]) < people]
    with pytest.raises(UserError, match="split by person"):
        parts_of(rows, "person", 2, 0, 0)


def test_smaller_shares_lie_in_larger_ones_and_keep_groups_whole():
    parts = parts_of(ROWS, "person", 5, 0, 0)
    sizes = []
    last = set()
    for share in (0.1, 0.25, 0.5, 0.75, 1):
        part = subset(ROWS, parts.train, "person", share, seed=3)
        assert last <= set(part) <= set(parts.train)
        # Each person with all her twelve frames.
        assert len(part) == 12 * len(keys("person", part))
        last = set(part)
        sizes.append(len(keys("person", part)))
    assert sizes == [1, 2, 4, 5, 7]
    assert len(subset(ROWS, parts.train, "image", 0.5, 0)) == len(parts.train) // 2


@pytest.mark.parametrize("by", ["person", "clip", "image"])
def test_folds_keep_groups_together_and_use_every_frame_once(by):
    folds = folds_of(ROWS, by, 5, seed=3)
    assert len(folds) == len(ROWS)
    assert set(folds) == set(range(5))
    key = KEYS[by]
    where = {}
    for row, fold in zip(ROWS, folds):
        where.setdefault(key(row), set()).add(fold)
    assert all(len(found) == 1 for found in where.values())
    groups = [len({key(r) for r, f in zip(ROWS, folds) if f == k}) for k in range(5)]
    assert max(groups) - min(groups) <= 1


def test_folds_depend_on_the_seed_only():
    assert (folds_of(ROWS, "image", 5, 0) == folds_of(ROWS, "image", 5, 0)).all()
    assert (folds_of(ROWS, "image", 5, 0) != folds_of(ROWS, "image", 5, 1)).any()
    backwards = folds_of(ROWS[::-1], "person", 3, 0)[::-1]
    assert (backwards == folds_of(ROWS, "person", 3, 0)).all()


@pytest.mark.parametrize(("folds", "message"), [(1, "at least 2"), (11, "there are 10")])
def test_impossible_folds_are_refused(folds, message):
    with pytest.raises(UserError, match=message):
        folds_of(ROWS, "person", folds, 0)
