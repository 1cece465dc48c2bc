"""The ablation: its arms against the transforms' names, its arithmetic by hand."""

from dataclasses import asdict
from types import SimpleNamespace

import pytest

from augment.transforms import Augmentation
from experiments import eval_augment
from experiments.compare.augment_arms import BASE, NAMES, NOTHING, augmentations, plan
from experiments.compare.augment_report import Ablation, write_results
from experiments.core.options import Recipe
from experiments.smileys.data import SMILEYS

pytestmark = pytest.mark.slow


def test_each_transform_is_left_out_once_and_alone_once():
    found = augmentations()
    whole = asdict(SMILEYS)
    assert set(NAMES) == set(Augmentation.__dataclass_fields__) - {"stretch"}  # not for smileys
    for name in NAMES:
        without, only = asdict(found["without", name]), asdict(found["only", name])
        assert without == {**whole, name: 0}
        assert only == {**dict.fromkeys(whole, 0), name: whole[name]}
    assert found[NOTHING] is None
    assert found[BASE] == SMILEYS


def test_strengths_multiply_and_mirrors_stay_even():
    found = augmentations(["strength"])
    assert [factor for _, factor in sorted(found)] == [0.0, 0.5, 1.0, 1.5, 2.0]
    double = found["strength", 2.0]
    assert double.rotation == 2 * SMILEYS.rotation
    assert double.flip == 0.5
    assert found["strength", 0.5].flip == 0.25


def data_of(people=6):
    rows = [
        {"person": f"p{p}", "smiley": s, "clip": f"{p}{s}", "path": f"{p}{s}{f}"}
        for p in range(people)
        for s in "ab"
        for f in range(3)
    ]
    return SimpleNamespace(rows=rows, classes=["a", "b"], hash=lambda: "abc")


def arms_of(data, seeds=2, kinds=eval_augment.KINDS):
    recipe = Recipe(batch=8)
    return plan(data, recipe, splits=("person", "image"), seeds=seeds, epochs=3, kinds=kinds)


def test_all_arms_of_a_seed_and_split_judge_the_same_pictures_with_as_many_steps():
    data = data_of()
    arms = arms_of(data)
    assert len(arms) == 2 * 2 * (5 + 2 * len(NAMES))
    assert len({arm.name for arm in arms.values()}) == len(arms)
    assert len({(arm.epochs, arm.steps, arm.batch) for arm in arms.values()}) == 1
    for split in ("person", "image"):
        for seed in range(2):
            judged = {
                tuple(arm.parts(data.rows).test)
                for (by, _, number), arm in arms.items()
                if (by, number) == (split, seed)
            }
            assert len(judged) == 1


def results_of(arms, accuracy):
    """Made-up results: ``accuracy`` (setting, seed, part) to float."""
    return {
        arm.name: {
            # What the best epoch on the way gave does not count.
            "history": {
                f"{part}_accuracy": [0.99, accuracy(setting, seed, part)]
                for part in ("train", "choose", "val")
            },
        }
        for (_, setting, seed), arm in arms.items()
    }


def made_up(setting, seed, part):
    """Rotation helps by 0.2, blur harms by 0.1; the seeds differ by 0.05 in all."""
    base = 0.5 + 0.05 * seed
    if setting == ("strength", 1.5):
        # Best on the pictures kept to choose; on what judges another is.
        return 0.9 if part == "choose" else 0.1
    if setting == ("strength", 2.0):
        return 0.2 if part == "choose" else 0.95
    changes = {("without", "rotation"): -0.2, ("without", "blur"): 0.1, ("only", "rotation"): 0.2}
    return (
        base - (0.3 if setting[0] == "only" or setting == NOTHING else 0) + changes.get(setting, 0)
    )


def test_differences_are_paired_by_seed(tmp_path):
    data = data_of()
    arms = arms_of(data, seeds=3)
    ablation = Ablation(arms, results_of(arms, made_up))
    change = ablation.change("person", ("without", "rotation"))
    # The seeds' own differences cancel: the interval has no width.
    assert (change.mean, change.low, change.high) == pytest.approx((-0.2, -0.2, -0.2))
    assert ablation.change("image", ("only", "rotation")).mean == pytest.approx(0.2)
    assert ablation.change("image", ("only", "noise")).mean == pytest.approx(0)
    assert ablation.recommended("person") == 1.5
    assert ablation.change("person", ("strength", 1.5), "choose").mean == pytest.approx(0.35)


def test_a_split_of_few_people_has_wider_intervals():
    arms = arms_of(data_of(people=3), seeds=3)  # three folds by person, five by image
    results = results_of(arms, lambda setting, seed, part: 0.5 + 0.05 * seed)
    found = [Ablation(arms, results).accuracy(split, BASE, "val") for split in ("person", "image")]
    by_person, by_image = (interval.high - interval.mean for interval in found)
    # Nadeau and Bengio: 1/3 + 1/2 against 1/3 + 1/4.
    assert by_person / by_image == pytest.approx((10 / 7) ** 0.5)


def test_the_report_says_what_matters(tmp_path):
    data = data_of()
    arms = arms_of(data, seeds=3)

    def noisy(setting, seed, part):
        return made_up(setting, seed, part) + 0.001 * ((len(str(setting[1])) + seed) % 3)

    write_results(data, arms, results_of(arms, noisy), [], "ten.csv", tmp_path, "command")
    report = (tmp_path / "REPORT.md").read_text()
    assert "- by person, without, held out: helps rotation; harms blur" in report
    assert "- by image, only, kept to choose: helps rotation; harms none" in report
    assert "are named best at strength 1.5 (against 1: 0.35" in report
    assert "; the held-out ones had no part in that" in report
    assert {path.name for path in tmp_path.iterdir()} == {
        "REPORT.md", "ablation.csv", "strength.png", "transforms.png",
    }  # fmt: skip
    lines = (tmp_path / "ablation.csv").read_text().splitlines()
    assert len(lines) == 1 + 2 * (5 + 2 * len(NAMES))


def test_transforms_without_other_strengths(tmp_path):
    data = data_of()
    arms = arms_of(data, kinds=("without", "only"))
    write_results(data, arms, results_of(arms, made_up), [], "ten.csv", tmp_path, "command")
    report = (tmp_path / "REPORT.md").read_text()
    assert "are named best" not in report
    assert "strength.png" not in report
    assert not (tmp_path / "strength.png").exists()
    assert "| 0 | 0.225 (" in report
    assert (tmp_path / "transforms.png").exists()


def test_mistakes(refused, tmp_path):
    argv = ["--data", tmp_path / "none.csv", "--out", tmp_path / "out"]
    assert "no file" in refused(eval_augment.main, *argv)
    assert not (tmp_path / "out").exists()


def test_an_unknown_kind_is_refused(call, tmp_path):
    code, _, errors = call(
        eval_augment.main, "--data", "x", "--out", tmp_path / "out", "--kinds", "all"
    )
    assert code == 2
    assert "choose from strength, without, only" in errors
