"""The comparison: its arithmetic against hand-computed cases, and a tiny one from end to end."""

import contextlib
import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from common.cli import ROOT, UserError
from common.tables import read_csv
from experiments import eval_split
from experiments.compare.claims import assess, closes, skill
from experiments.compare.comparison import Comparison
from experiments.compare.controls import METHODS, controls_of, random_labels
from experiments.compare.convergence import is_flat, rise
from experiments.compare.leakage import divisions_of
from experiments.compare.split_arms import check_data, plan, warnings_of
from experiments.core.options import Recipe
from experiments.smileys.baselines import nearest_neighbour
from experiments.smileys.data import SmileyData
from tests.waiting import until

pytestmark = pytest.mark.slow

SCRIPT = str(ROOT / "experiments" / "eval_split.py")


def test_skill_is_cohens_kappa_of_a_constant_guess():
    # 100 pictures, 20 of the class always guessed, 60 right: (0.6 - 0.2) / (1 - 0.2).
    assert skill(0.6, 0.2) == pytest.approx(0.5)
    assert skill(0.2, 0.2) == 0
    assert skill(1.0, 0.2) == 1


FLAT, RISING = [0.98] * 20, [0.9] * 18 + [0.94, 0.98]


@pytest.mark.parametrize(
    ("people", "fails", "works"),
    [
        ([0.97, 0.98, 0.99, 0.98], "did not hold", "held"),
        ([0.10, 0.12, 0.11, 0.12], "held", "did not hold"),
        ([0.50, 0.51, 0.52, 0.51], "did not hold", "did not hold"),
        ([0.20, 0.50, 0.90, 0.60], "undecided", "undecided"),
        # Too high to fail, though it may not work.
        ([0.58, 0.60, 0.66, 0.61], "did not hold", "undecided"),
    ],
)
def test_a_claim_is_decided_by_its_whole_interval(people, fails, works):
    assert assess("x", "fails", people, [FLAT], 0.0).answer == fails
    assert assess("x", "works", people, [FLAT], 0.0).answer == works
    assert assess("x", "works", None, [], 0.0).answer == "not measured"


@pytest.mark.parametrize("curve", [[0.5] * 20, RISING])
def test_a_failure_of_what_has_not_learnt_decides_nothing(curve):
    people = [0.10, 0.12, 0.11, 0.12]
    for wanted in ("fails", "works"):
        verdict = assess("x", wanted, people, [FLAT, curve], 0.0)
        assert verdict.answer == "undecided"
        # Nor does it with another threshold.
        others = verdict.why.partition("With other thresholds, ")[2]
        assert others.count("undecided") == others.count(":") >= 2
        assert "it fails" not in verdict.why
        said = "have not learnt even their own" if curve[-1] < 0.6 else "training accuracy still"
        assert f"1 of 2 trainings {said}" in verdict.why or said in verdict.why
    # But an interval above failing is no failure, however little was learnt.
    assert assess("x", "fails", [0.50, 0.51, 0.52, 0.51], [curve], 0.0).answer == "did not hold"
    assert assess("x", "works", [0.97, 0.98, 0.99, 0.98], [curve], 0.0).answer == "held"


def test_a_verdict_says_what_other_thresholds_would_give_and_who_would_decide():
    people = [0.5, 0.6, 0.7, 0.66, 0.74]  # mean 0.64
    verdict = assess("x", "works", people, [FLAT], 0.0)
    assert verdict.answer == "undecided"
    assert "0.5: held, 0.7: undecided, 0.8: did not hold" in verdict.why
    # 0.0927 between people, 0.04 away: ((1.98 + 0.85) x 2.32)^2 = 43 and a few for Student's t.
    needed = int(verdict.why.split(" people would decide")[0].split()[-1])
    assert 42 <= needed <= 48


def test_a_training_is_flat_by_its_last_fifth():
    # Tenths of two epochs: 0.82 on average, then 0.824.
    curve = [0.1] * 16 + [0.81, 0.83, 0.83, 0.818]
    assert rise(curve) == pytest.approx(0.004)
    assert is_flat(curve)
    assert not is_flat([0.1] * 16 + [0.81, 0.83, 0.83, 0.83])
    assert not is_flat([0.9] * 9)  # too few to tell


def test_a_training_too_short_to_tell_is_not_said_to_rise():
    verdict = assess("x", "fails", [0.10, 0.12, 0.11, 0.12], [FLAT, [0.98] * 9], 0.0)
    assert verdict.answer == "undecided"
    assert "still rose by" not in verdict.why
    assert "In 1 of 2, of less than ten epochs, whether it rose cannot be told" in verdict.why


def test_a_gap_of_equal_sizes_is_not_measured():
    sizes = np.array([[1, 1, 1], [1, 1, 2]])  # shares of so few people are the same people
    assert closes("x", sizes, np.full((2, 3), 0.1)).answer == "not measured"


def test_a_gap_closes_where_its_slope_is_below_zero_for_all_seeds():
    sizes = np.array([[4, 8, 16]] * 3)
    # Per doubling -0.1, -0.12 and -0.11.
    gaps = np.array([[0.5, 0.4, 0.3], [0.54, 0.42, 0.30], [0.52, 0.41, 0.30]])
    verdict = closes("x", sizes, gaps)
    assert verdict.answer == "held"
    assert "changes by -0.110" in verdict.why
    assert closes("x", sizes, -gaps).answer == "did not hold"
    assert closes("x", sizes, gaps * [[1], [-1], [0]]).answer == "undecided"


def test_nearest_neighbour_against_a_naive_loop():
    rng = np.random.default_rng(0)
    pixels = rng.random((700, 30)).astype(np.float32)
    labels = rng.integers(3, size=700)
    divisions = []
    for _ in range(2):
        order = rng.permutation(700)
        divisions.append((order[:500], order[600:]))
    expected = []
    for train, val in divisions:
        right = 0
        for index in val:
            distances = [((pixels[index] - pixels[k]) ** 2).sum() for k in train]
            right += labels[train[int(np.argmin(distances))]] == labels[index]
        expected.append(right / len(val))
    found = [
        float((nearest_neighbour(pixels[a], labels[a], pixels[b]) == labels[b]).mean())
        for a, b in divisions
    ]
    assert found == expected


def data_of(people=6, smileys=("a", "b"), frames=3, skip=()):
    rows = [
        {"person": f"p{p}", "smiley": s, "clip": f"{p}{s}", "path": f"{p}{s}{f}"}
        for p in range(people)
        for s in smileys
        for f in range(frames)
        if (p, s) not in skip
    ]
    return SimpleNamespace(rows=rows, classes=list(smileys))


def arms_of(data, splits=("person", "clip", "image"), seeds=5, growth=(0.25, 0.5), **options):
    return plan(data, Recipe(batches=1000), splits=splits, seeds=seeds, growth=growth, **options)


@pytest.mark.parametrize(("option", "kinds"), [("augmented", {"plain"}), ("plain", {"augmented"})])
def test_half_of_the_comparison(option, kinds):
    arms = arms_of(data_of(), growth=(), **{option: False})
    assert {arm.name.split("-")[1] for arm in arms} == kinds
    assert {arm.augmentation is not None for arm in arms} == {option == "plain"}
    assert len(arms) == 5 * 3


def test_every_arm_takes_as_many_steps_and_everyone_judges_once():
    data = data_of(people=7)
    arms = arms_of(data)
    assert len({(arm.steps, arm.epochs, arm.batch) for arm in arms}) == 1
    assert len({arm.name for arm in arms}) == len(arms) == 5 * (3 * 2 + 2 * 2)
    for split in ("person", "clip", "image"):
        for augmented in (True, False):
            judged = [
                index
                for arm in arms
                if arm.split == split and arm.share == 1 and bool(arm.augmentation) == augmented
                for index in arm.parts(data.rows).test
            ]
            assert sorted(judged) == list(range(len(data.rows)))
    grown = [arm for arm in arms if arm.share < 1]
    assert all(len(arm.parts(data.rows).train) < len(data.rows) / 2 for arm in grown)
    # What judges is the same however much is learnt from.
    for arm in grown:
        (whole,) = [
            other
            for other in arms
            if (other.split, other.seed, other.share) == (arm.split, arm.seed, 1)
            and other.augmentation
        ]
        np.testing.assert_array_equal(arm.parts(data.rows).test, whole.parts(data.rows).test)


def test_a_sixth_seed_deals_anew():
    data = data_of(people=10)
    arms = [a for a in arms_of(data, seeds=6) if a.split == "person" and a.share == 1]
    first, sixth = (next(a for a in arms if a.seed == seed) for seed in (0, 5))
    assert first.fold == sixth.fold
    assert set(first.parts(data.rows).test) != set(sixth.parts(data.rows).test)


def test_a_class_missing_from_a_fold_is_a_warning():
    data = data_of(people=5, skip={(p, "b") for p in range(1, 5)})
    check_data(data, ["person"])
    arms = arms_of(data, splits=("person",), growth=())
    with pytest.raises(UserError, match="learn from one class only"):
        warnings_of(data, arms)
    data = data_of(people=5, smileys=("a", "b", "c"), skip={(p, "b") for p in range(1, 5)})
    warned = warnings_of(data, arms_of(data, splits=("person",), growth=()))
    said = "by person, classes are missing from the held-out pictures: b in 4 of 5 folds"
    assert said in warned


def test_one_clip_a_smiley_is_said():
    data = data_of()
    arms = arms_of(data, growth=())
    assert any("in one clip only" in warning for warning in warnings_of(data, arms))
    for number, row in enumerate(data.rows):
        row["clip"] = str(number)
    assert warnings_of(data, arms) == []


@pytest.mark.parametrize(
    ("data", "splits", "message"),
    [
        (data_of(people=1), ["image", "person"], "a split by person needs at least 3 people"),
        (data_of(people=1), ["person"], "collect more, or compare other splits: --splits image$"),
        (data_of(people=2), ["person"], "there are 2; collect more, .* --splits clip,image$"),
        (data_of(people=1, frames=1), ["clip"], "a split by clip needs at least 3 clips"),
        (data_of(people=1, smileys="abcd", frames=1), ["image"], "no class has 3 pictures"),
    ],
)
def test_data_that_cannot_be_compared_is_refused_at_once(data, splits, message):
    with pytest.raises(UserError, match=message):
        check_data(data, splits)


def test_other_splits_are_named_only_where_there_is_a_choice():
    with pytest.raises(UserError, match=r"there are 2; collect more$"):
        check_data(data_of(people=2), ["person"], choice=False)


class TestComparison:
    """Two people, two pictures each; by person seed s holds out person s."""

    def make(self):
        rows = [{"person": p, "smiley": s, "path": p + s, "clip": p} for p in "xy" for s in "ab"]
        data = SimpleNamespace(rows=rows, classes=["a", "b"])
        arms, results = [], {}

        def add(split, seed, val, predicted):
            arm = SimpleNamespace(
                name=f"{split}{seed}", split=split, seed=seed, share=1, augmentation=None, folds=2
            )
            arms.append(arm)
            results[arm.name] = {"val": val, "predicted": predicted}

        add("person", 0, [0, 1], [0, 0])  # one of two right
        add("person", 1, [2, 3], [1, 0])  # none
        add("image", 0, [0, 3], [0, 1])  # both
        add("image", 1, [1, 2], [0, 0])  # the second
        return Comparison(data, arms, results)

    def test_differences_are_taken_on_the_same_pictures(self):
        c = self.make()
        person, image = (c.hits(c.group(split, False)) for split in ("person", "image"))
        # Person x: by image 1 and 0 right, by person 1 and 0; person y: 1 and 1 against none.
        assert c.paired(person, image) == [0.0, 1.0]
        assert c.paired(image, person) == [0.0, -1.0]
        assert c.paired(person, {2: 1.0}) == [1.0]  # what both have named

    def test_people(self):
        c = self.make()
        assert c.people(("person", False)) == {"x": 0.5, "y": 0.0}
        assert c.people(("image", False)) == {"x": 0.5, "y": 1.0}


def start(faces, out, *more):
    command = [sys.executable, SCRIPT, "--data", faces, "--out", out, "--epochs", 4, "--batch", 4]
    command += ["--seeds", 1, "--splits", "person,image", "--processes", 1, "--no-augment", *more]
    # A group of its own: what is killed is this comparison and no other process.
    return subprocess.Popen(
        [str(word) for word in command],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def alive(group):
    """Whether a process of a group runs."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has just ended
            state, _, its_group = path.read_text().rpartition(")")[2].split()[:3]
            if int(its_group) == group and state != "Z":
                return True
    return False


def test_controls(faces):
    data = SmileyData.read(faces)
    arms = arms_of(data, folds=3, seeds=3, splits=("person", "image"), growth=())
    found = controls_of(data, divisions_of(data, arms), quiet=True)
    # A face the right way up and one upside down are told apart without a network, however new.
    for split in ("person", "image"):
        assert sorted(found["HOG + ridge"][split]) == list(range(36))
        assert np.mean(list(found["HOG + ridge"][split].values())) > 0.9
    # A label that was drawn for a clip is known from its other frames only.
    random = random_labels(data, 0)
    clips = [row["clip"] for row in data.rows]
    assert len(set(zip(clips, random.tolist()))) == len(set(clips)) == 12
    copied = found["random, nearest pixel"]
    assert np.mean(list(copied["image"].values())) > 0.9
    assert np.mean(list(copied["person"].values())) < 0.8


def finished(out):
    return sorted(path.parent.name for path in out.glob("arms/*/result.json"))


def test_a_comparison_killed_and_called_again(faces, tmp_path, refused):
    out = tmp_path / "out"
    process = start(faces, out)
    until(lambda: process.poll() is not None or finished(out))
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    first = finished(out)
    assert len(first) == 1
    stamps = {name: (out / "arms" / name / "result.json").stat().st_mtime_ns for name in first}
    until(lambda: not alive(process.pid), "processes outlive their comparison")
    process = start(faces, out)
    said, errors = process.communicate(timeout=200)
    assert process.returncode == 0, errors
    assert "(a) Without augmentation it fails (new people): " in said
    assert "(b) With augmentation it still fails on new people: not measured" in said
    assert len(finished(out)) == 2
    for name, stamp in stamps.items():  # not trained again
        assert (out / "arms" / name / "result.json").stat().st_mtime_ns == stamp
    rows = read_csv(out / "table.csv")
    columns = "split,augment,seed,fold,epochs,train_accuracy,val_accuracy,val_loss,chance"
    assert ",".join(rows[0]) == columns
    assert [(r["split"], r["augment"], r["seed"], r["epochs"], r["chance"]) for r in rows] == [
        (split, "0", "0", "4", "0.5000") for split in ("person", "image")
    ]
    for row in rows:
        arm = out / "arms" / f"{row['split']}-plain-seed{row['seed']}"
        result = json.loads((arm / "result.json").read_text())
        assert float(row["val_accuracy"]) == round(result["chosen"]["val_accuracy"], 4)
        right = [r == k for r, k in zip(result["predicted"], truth(faces, result["val"]))]
        assert np.mean(right) == pytest.approx(result["chosen"]["val_accuracy"])
        assert len((arm / "metrics.jsonl").read_text().splitlines()) == 4
        assert not (arm / "checkpoint.npz").exists()
    report = (out / "REPORT.md").read_text()
    assert str(faces.parent) not in report
    assert "**By person, 2 of 6 people were held out" in report
    assert "| nearest pixel |" in report
    methods = {(r["split"], r["method"]) for r in csv.DictReader((out / "controls.csv").open())}
    assert methods == {
        (split, method) for split in ("person", "image") for method in [*METHODS, "net, plain"]
    }
    for name in ("curves.png", "confusion.png", "people.png"):
        assert cv2.imread(str(out / name)).std() > 5
    # Of four settings two have finished: a report of these, and nothing is trained.
    whole = ["--data", faces, "--out", out, "--epochs", 4, "--batch", 4, "--seeds", 1]
    whole += ["--growth", "none", "--splits", "person,image", "--finished"]
    assert eval_split.main([str(word) for word in whole]) == 0
    assert len(read_csv(out / "table.csv")) == 2
    assert len(finished(out)) == 2
    line = refused(eval_split.main, *whole, "--only-augment")
    assert "no setting has finished" in line
    # Of three the fourth's place in the figure is empty.
    one = ["--splits", "person", "--only-augment", "--processes", "1"]
    assert eval_split.main([str(word) for word in [*whole[:-3], *one]]) == 0
    assert eval_split.main([str(word) for word in whole]) == 0
    assert len(read_csv(out / "table.csv")) == 3
    # Other settings in the same folder.
    options = ["--splits", "person", "--seeds", 1, "--no-augment", "--batch", 4, "--epochs", 5]
    line = refused(eval_split.main, "--data", faces, "--out", out, *options)
    assert "is of another epochs: choose another --out" in line


def test_a_cluster_that_loses_a_worker_gives_the_bytes_of_one_process(faces, tmp_path, cluster):
    from distributed import Client

    serial, spread = tmp_path / "serial", tmp_path / "spread"
    process = start(faces, serial)
    _, errors = process.communicate(timeout=400)
    assert process.returncode == 0, errors
    with Client(cluster) as client:
        pids = list(client.run(os.getpid).values())
    process = start(faces, spread, "--scheduler", cluster)
    until(lambda: process.poll() is not None or list(spread.glob("arms/*/checkpoint.npz")))
    os.kill(pids[0], signal.SIGKILL)
    _, errors = process.communicate(timeout=400)
    assert process.returncode == 0, errors
    for name in finished(serial):
        one, other = (out / "arms" / name / "result.json" for out in (serial, spread))
        assert one.read_bytes() == other.read_bytes()
    assert (serial / "table.csv").read_bytes() == (spread / "table.csv").read_bytes()


def truth(faces, indices):
    names = [row["label"] for row in csv.DictReader(faces.open())]
    return [["down", "up"].index(names[k]) for k in indices]


def test_a_mistake_is_one_line_before_any_training(refused, faces, tmp_path):
    (tmp_path / "one.csv").write_text(
        "\n".join(line for line in faces.read_text().splitlines() if not line[:1].isdigit())
        + "\n"
        + "\n".join(
            f"{faces.parent}/{line}" for line in faces.read_text().splitlines() if line[0] == "0"
        )
    )
    for path in faces.parent.glob("0*.png"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    text = (tmp_path / "one.csv").read_text().replace(f"{faces.parent}/", "")
    (tmp_path / "one.csv").write_text(text)
    argv = ["--data", tmp_path / "one.csv", "--out", tmp_path / "out"]
    assert "a split by person needs at least 3 people: there are 1" in refused(
        eval_split.main, *argv
    )
    assert not (tmp_path / "out").exists()
