"""The grid's people, its law against laws that are known, and its report on made-up results."""

from types import SimpleNamespace

import numpy as np
import pytest

from common.cli import UserError
from common.tables import read_csv
from experiments.compare.comparison import Comparison
from experiments.compare.people_arms import first_pictures, plan, warnings_of
from experiments.compare.people_report import flat_note, row_of, write_results
from experiments.core import growth_law as law_module
from experiments.core.growth_law import Law, bounds, fit, fit_people, number
from experiments.core.options import Recipe
from experiments.core.statistics import over_people
from experiments.smileys.data import SMILEYS

pytestmark = pytest.mark.slow


def data_of(people=30, frames=4):
    rows = [
        {"person": f"p{p:02}", "smiley": s, "clip": f"{s}{c}", "path": f"{p}{s}{c}{f}"}
        for p in range(people)
        for s in "ab"
        for c in range(2)
        for f in range(frames)
    ]
    return SimpleNamespace(rows=rows, classes=["a", "b"], hash=lambda: "abc")


def arms_of(data, people, unseen, pictures=(1, 10), seeds=2, rotate=False):
    return plan(
        data, Recipe(), people=people, pictures=pictures, unseen=unseen, seeds=seeds,
        batches=3000, epoch=250, rotate=rotate,
    )  # fmt: skip


def people_of(data, indices):
    return {data.rows[k]["person"] for k in indices}


def test_more_people_include_fewer_and_all_name_the_same():
    data = data_of()
    arms = arms_of(data, (2, 4, 8, 16, 99), 10, pictures=(1, 4))
    assert {key[0] for key in arms} == {2, 4, 8, 16}  # 99 there are not
    assert len({(arm.epochs * arm.steps, arm.augmentation) for arm in arms.values()}) == 1
    assert next(iter(arms.values())).augmentation == SMILEYS
    parts = {key: arm.parts(data.rows) for key, arm in arms.items()}
    assert len({tuple(p.test) for p in parts.values()}) == 1
    unseen = people_of(data, parts[2, 1, 0].test)
    assert len(unseen) == 10
    for seed in (0, 1):
        before = set(), set()
        for count in (2, 4, 8, 16):
            found = parts[count, 4, seed]
            now = people_of(data, found.train), people_of(data, found.validation)
            assert len(now[0] | now[1]) == count
            assert not (now[0] | now[1]) & unseen
            assert not now[0] & now[1]
            assert before[0] <= now[0]
            assert before[1] <= now[1]
            before = now
            assert len(parts[count, 1, seed].train) == 2 * len(now[0])
    assert people_of(data, parts[4, 1, 0].train) != people_of(data, parts[4, 1, 1].train)


def test_what_a_grid_lacks_is_said():
    data = data_of(people=8)  # eight pictures of each smiley
    for row in data.rows:
        row["smiley"] = "c" if row["person"] == "p00" and row["smiley"] == "b" else row["smiley"]
    arms = arms_of(data, (4, 99), 2, pictures=(1, 8, 10, 20))
    assert {key[:2] for key in arms} == {(4, 1), (4, 8)}
    data.classes.append("c")
    warned = warnings_of(data, arms, (4, 99), (1, 8, 10, 20))
    assert warned[:3] == [
        "99 people: the data set has too few",
        "nobody has 10 pictures of a smiley: 8 are taken",
        "nobody has 20 pictures of a smiley: 8 are taken",
    ]
    assert all("with 4 people, classes are missing from the training" in w for w in warned[3:])
    data.rows = [row for row in data.rows if row["smiley"] == "a" or row["person"] == "p00"]
    with pytest.raises(UserError, match="would learn one class only: leave 4 out of --people"):
        warnings_of(data, arms_of(data, (4,), 2), (4,), (1, 8))


def test_real_people_take_turns():
    data = data_of(people=11)
    arms = arms_of(data, (4,), 3, seeds=3, rotate=True)
    judged = [
        people_of(data, arm.parts(data.rows).test) for key, arm in arms.items() if key[1] == 1
    ]
    assert len(set.union(*judged)) == 9
    with pytest.raises(UserError, match="11 people, 10 of them unseen, leave 1 to learn from"):
        arms_of(data, (4,), 10)
    with pytest.raises(UserError, match="12 of them unseen, leave 0 to learn from"):
        arms_of(data, (4,), 12, rotate=True)


def test_pictures_are_taken_from_each_clip_in_turn():
    rows = data_of(people=1).rows
    assert [rows[k]["path"] for k in first_pictures(rows, 1)] == ["0a00", "0b00"]
    assert [rows[k]["path"] for k in first_pictures(rows, 3)] == [
        "0a00", "0a01", "0a10", "0b00", "0b01", "0b10",
    ]  # fmt: skip
    assert len(first_pictures(rows, 99)) == len(rows)


def test_a_known_law_is_found():
    counts = [5, 10, 20, 40, 80, 160, 320]
    law = Law(0.04, 0.9, 0.6)
    found = fit(counts, law(counts))
    assert (found.floor, found.scale, found.power) == pytest.approx((0.04, 0.9, 0.6), rel=1e-3)
    # 0.9 n^-0.6 = 0.06 for n = 15^(1 / 0.6).
    assert found.people(0.1) == pytest.approx(15 ** (1 / 0.6), rel=1e-2)
    assert found.people(0.03) == float("inf")
    assert Law(0.0, 0.5, 1e-5).people(0.3) == float("inf")  # more than a float holds
    assert fit([5, 10, 20], [0.4, 0.2, 0.1]).people(0.05) == pytest.approx(40, rel=1e-3)


def test_intervals_of_the_law_hold_the_truth(monkeypatch):
    monkeypatch.setattr(law_module, "RESAMPLES", 200)
    rng = np.random.default_rng(0)
    counts, law = np.array([5, 10, 20, 40, 80]), Law(0.0, 1.2, 0.5)
    held = []
    for _ in range(20):
        own = rng.normal(1, 0.3, 40)  # some people are harder at all numbers
        errors = law(counts)[:, None] * own + rng.normal(0, 0.01, (5, 40))
        _, laws = fit_people(counts, errors)
        low, high = bounds([other.people(0.2) for other in laws])
        held.append(low <= law.people(0.2) <= high)
    assert np.mean(held) >= 0.8


def test_intervals_of_people_who_take_turns_allow_for_what_trainings_share():
    data = data_of(people=12)
    arms = arms_of(data, (6,), 3, pictures=(1,), seeds=4, rotate=True)
    rng = np.random.default_rng(0)
    results = {}
    for arm in arms.values():
        val = arm.parts(data.rows).test.tolist()
        predicted = rng.integers(2, size=len(val)).tolist()
        results[arm.name] = {"val": val, "predicted": predicted, "pictures": 1,
                             "history": {"train_accuracy": [0.9] * 20}}  # fmt: skip
    group = list(arms.values())
    c = Comparison(data, group, results)
    people = c.by_person(c.hits(group))
    _, _, _, _, unseen, mean, low, high, *_ = row_of(c, 6, 1, group, people)
    wide = over_people(list(people.values()), 3 / 9, 12 * 16)
    assert (unseen, mean, low, high) == (12, wide.mean, wide.low, wide.high)


def test_a_law_of_what_is_not_learnt_is_doubted():
    (said,) = flat_note([(2, 1, 7, 3, 6, 0.5, 0.4, 0.6, 0.7, 1), (4, 1, 7, 3, 6, 0, 0, 0, 0.7, 3)])
    assert said.startswith("2 of 6 trainings were not flat")
    assert flat_note([(2, 1, 7, 3, 6, 0.5, 0.4, 0.6, 0.7, 3)]) == []


def test_never_is_said():
    assert number(float("inf")) == "never"
    assert number(63.2) == "64"
    assert number(10.02) == "10"


def test_the_report(tmp_path, monkeypatch):
    monkeypatch.setattr(law_module, "RESAMPLES", 100)
    data = data_of()
    arms = arms_of(data, (2, 4, 8, 16), 10, pictures=(1, 4))
    labels = np.array([row["smiley"] == "b" for row in data.rows], int)
    results = {}
    for (count, pictures, _), arm in arms.items():
        val = arm.parts(data.rows).test
        right = np.arange(len(val)) % 16 >= 16 / count - (pictures > 1)
        results[arm.name] = {
            "pictures": len(arm.parts(data.rows).train),
            "val": val.tolist(),
            "predicted": np.where(right, labels[val], 1 - labels[val]).tolist(),
            "history": {"train_accuracy": [0.9] * 20},
        }
    write_results(data, arms, results, ["other code"], "home/ten.csv", tmp_path, "command")
    rows = read_csv(tmp_path / "people.csv")
    assert len(rows) == 8
    # Of sixteen pictures a person, 16 / people are wrong.
    assert float(rows[2]["accuracy"]) == 0.75
    report = (tmp_path / "REPORT.md").read_text()
    # Skill 1 - 2 / people: the error is 2 n^-1, and 0.2, 0.1, 0.05 for 10, 20 and 40 people.
    assert "| 1 | 0.000 " in report
    assert "Data ten.csv (abc): 480 pictures, 30 people, 2 classes." in report
    # Of 8 people one chooses; each of the others has four pictures of two smileys.
    assert "| 8 | 4 | 56 | 0.900 | 2 of 2 | " in report
    assert "| 10 (10 to 10) | 20 (20 to 20) | 40 (40 to 40) |" in report
    assert "**other code**" in report
    assert "trainings were not flat" not in report
    assert (tmp_path / "law.png").exists()
