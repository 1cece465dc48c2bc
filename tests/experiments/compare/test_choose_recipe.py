"""The search for a recipe, on trainings whose outcome is known."""

import argparse
import json
from types import SimpleNamespace

import numpy as np
import pytest

from common.cli import UserError
from common.tables import read_csv
from experiments.compare.recipe import search
from experiments.core.options import Recipe, add_recipe_options, recipe_of


def trainings(calls, best_rate=6e-3, flat_from=3000):
    """Stands for the trainings: how well each recipe does."""

    def run(arms):
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
        return results

    return run


def data_of():
    rows = [{"person": p, "smiley": s, "clip": s, "path": p + s} for p in "uvwxyz" for s in "ab"]
    return SimpleNamespace(rows=rows, classes=["a", "b"], hash=lambda: "abc")


def test_the_best_of_each_stage_goes_on_to_the_next(tmp_path):
    calls = []
    run = trainings(calls)
    chosen, enough = search(data_of(), run, tmp_path, folds=3, batches=1500, doublings=3)
    assert enough
    # 1500 batches are not flat at the top: 3000 know as much as 6000.
    assert chosen == {"rate": 6e-3, "batch": 32, "schedule": "late", "batches": 3000}
    tried = read_csv(tmp_path / "tried.csv")
    assert len(tried) == 3 + 1 + 1 + 2  # a stage begins with what is known; three budgets in all
    assert {call[1] for call in calls} == {32, 64}
    assert recipe_of(parsed(tmp_path / "recipe.json")) == Recipe(32, 6e-3, "late", 3000)
    given = recipe_of(parsed(tmp_path / "recipe.json", "--rate", "0.01"))
    assert given.rate == 0.01  # what is given goes before


def test_a_budget_that_is_the_largest_allowed_is_not_said_to_be_enough(tmp_path):
    run = trainings([], flat_from=48000)
    chosen, enough = search(data_of(), run, tmp_path, folds=3, batches=1500, doublings=3)
    assert (chosen["batches"], enough) == (12000, False)
    assert json.loads((tmp_path / "recipe.json").read_text())["enough"] is False


def parsed(recipe, *words):
    parser = argparse.ArgumentParser()
    add_recipe_options(parser)
    return parser.parse_args(["--recipe", str(recipe), *words])


def test_a_file_that_is_no_recipe_is_refused(tmp_path):
    path = tmp_path / "recipe.json"
    with pytest.raises(UserError, match="run 'make choose-recipe' first"):
        recipe_of(parsed(path))
    path.write_text(json.dumps({"other": 1}))
    with pytest.raises(UserError, match="is not of experiments"):
        recipe_of(parsed(path))
    with pytest.raises(UserError, match="must be above 0"):
        recipe_of(argparse.Namespace(recipe=None, batch=None, rate=-1.0, schedule=None))
