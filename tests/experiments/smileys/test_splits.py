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
    judged = []
    for fold in range(5):
        parts = parts_of(ROWS, by, 5, fold, seed)
        together = np.concatenate([parts.fit, parts.choose, parts.val])
        assert sorted(together) == list(range(len(ROWS)))
        assert min(map(len, (parts.fit, parts.choose, parts.val))) > 0
        assert not keys(by, parts.fit) & keys(by, parts.val)
        assert not keys(by, parts.choose) & keys(by, parts.val)
        assert not keys(by, parts.fit) & keys(by, parts.choose)
        judged.extend(parts.val)
    # Over the folds everyone judges once.
    assert sorted(judged) == list(range(len(ROWS)))


def test_what_chooses_the_epoch_does_not_depend_on_the_order_of_the_rows():
    parts = parts_of(ROWS, "person", 5, 2, 7)
    backwards = parts_of(ROWS[::-1], "person", 5, 2, 7)
    assert {ROWS[k]["person"] for k in parts.choose} == {
        ROWS[::-1][k]["person"] for k in backwards.choose
    }


def test_without_a_split_nothing_judges():
    parts = parts_of(ROWS, "none", 5, 0, 0)
    assert len(parts.val) == 0
    assert len(parts.choose) == len(ROWS) // 8
    assert sorted([*parts.fit, *parts.choose]) == list(range(len(ROWS)))


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
        part = subset(ROWS, parts.fit, "person", share, seed=3)
        assert last <= set(part) <= set(parts.fit)
        # Each person with all her twelve frames.
        assert len(part) == 12 * len(keys("person", part))
        last = set(part)
        sizes.append(len(keys("person", part)))
    assert sizes == [1, 2, 4, 5, 7]
    assert len(subset(ROWS, parts.fit, "image", 0.5, 0)) == len(parts.fit) // 2


def test_the_fold_of_a_group_is_its_own():
    folds = folds_of(ROWS, "person", 5, 0)
    people = {}
    for row, fold in zip(ROWS, folds):
        people.setdefault(row["person"], set()).add(fold)
    assert all(len(found) == 1 for found in people.values())
