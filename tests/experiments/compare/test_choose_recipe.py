"""The search for a recipe, on trainings whose outcome is known."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from common.cli import UserError
from common.tables import read_csv
from experiments.compare import recipe
from experiments.core.options import take_recipe


def trainings(calls, best_rate=6e-3, flat_from=3000):
    """Stands for `run_arms`: how well each recipe does."""

    def run_arms(arms, data, args):
        results = {}
        for arm in arms:
            batches = arm.epochs * arm.steps * arm.batch / 32
            calls.append((arm.rate, arm.batch, arm.schedule, round(batches, -2)))
            held_out = 0.5 + 0.1 * (arm.rate == best_rate) + 0.05 * (arm.schedule == "late")
            end = 0.9 if batches >= flat_from - 50 else 0.9 - 0.1 * flat_from / batches
            curve = np.full(20, end)
            results[arm.name] = {
                "history": {"train_accuracy": curve, "val_accuracy": [held_out]},
            }
        return results, []

    return run_arms


def data_of():
    rows = [{"person": p, "smiley": s, "clip": s, "path": p + s} for p in "uvwxyz" for s in "ab"]
    return SimpleNamespace(rows=rows, classes=["a", "b"], hash=lambda: "abc")


def test_the_best_of_each_stage_goes_on_to_the_next(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(recipe, "run_arms", trainings(calls))
    args = SimpleNamespace(folds=3, batches=1500, doublings=3, out=tmp_path, data="x")
    chosen = recipe.search(data_of(), args)
    # 1500 batches are not flat at the top: 3000 know as much as 6000.
    assert chosen == {"rate": 6e-3, "batch": 32, "schedule": "late", "batches": 3000}
    tried = read_csv(tmp_path / "tried.csv")
    assert len(tried) == 3 + 1 + 1 + 2  # a stage begins with what is known; three budgets in all
    assert {call[1] for call in calls} == {32, 64}
    found = SimpleNamespace(recipe=tmp_path / "recipe.json", batch=None, rate=None, schedule=None)
    take_recipe(found)
    assert (found.batch, found.rate, found.schedule, found.batches) == (32, 6e-3, "late", 3000)
    found.rate = 0.01  # what is given goes before
    take_recipe(found)
    assert found.rate == 0.01


def test_a_file_that_is_no_recipe_is_refused(tmp_path):
    args = SimpleNamespace(recipe=tmp_path / "none", batch=None, rate=None, schedule=None)
    with pytest.raises(UserError, match="run 'make choose-recipe' first"):
        take_recipe(args)
    args.recipe.write_text(json.dumps({"other": 1}))
    with pytest.raises(UserError, match="is not of experiments"):
        take_recipe(args)
