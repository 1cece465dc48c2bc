"""The search of `choose_recipe.py`."""

import json
import math
from dataclasses import asdict

import numpy as np

from common.output import write_csv, write_file
from experiments.compare.convergence import RISE, is_flat, rise
from experiments.compare.split_arms import arm_of
from experiments.core.options import Recipe
from experiments.smileys.data import SMILEYS
from experiments.smileys.training import epoch_steps

# What is varied, one after the other.
STAGES = {"rate": (1e-3, 3e-3, 6e-3), "batch": (32, 64), "schedule": ("cosine", "late")}
SHOWN = 32  # pictures a batch in terms of which budgets are given
COLUMNS = ("rate", "batch", "schedule", "batches", "held_out", "training", "rise", "flat")


def search(data, run, out, *, folds, batches, doublings):
    """Run the stages, write tried.csv and recipe.json.

    Parameters
    ----------
    data : experiments.smileys.data.SmileyData
    run : callable
        Takes a list of arms; gives their results by name, as `experiments.core.arms.run_arms`.
    out : pathlib.Path
    folds, batches, doublings : int
        Trainings of each setting, the smallest budget, and how often it is doubled at most.

    Returns
    -------
    (dict, bool)
        The recipe that was chosen, as `experiments.core.options.Recipe` has it; whether its budget
        was tried and found to be enough, rather than the largest that was allowed.
    """
    recipe = asdict(Recipe(batches=batches * 2 ** max(0, doublings - 2)))
    rows = []

    def tried(recipe):
        arms = arms_of(data, recipe, folds)
        results = run(arms)
        row = {**recipe, **measures([results[arm.name] for arm in arms])}
        # By the recipe: the rise of a short training is nan, which equals nothing.
        if recipe not in [{name: other[name] for name in recipe} for other in rows]:
            rows.append(row)
            write_csv(out / "tried.csv", COLUMNS, rows, digits=4)
        return row

    for name, values in STAGES.items():
        # Of equals the first: max keeps it.
        best = max((tried({**recipe, name: v}) for v in values), key=lambda row: row["held_out"])
        recipe[name] = best[name]
    recipe["batches"], enough = batches, False
    for _ in range(doublings):
        now, doubled = tried(recipe), tried({**recipe, "batches": 2 * recipe["batches"]})
        enough = now["flat"] and doubled["training"] - now["training"] < RISE
        if enough:
            break
        recipe["batches"] *= 2
    text = json.dumps({"chosen": recipe, "enough": enough, "data": data.hash()}, indent=1)
    write_file(out / "recipe.json", text + "\n")
    return recipe, enough


def arms_of(data, recipe, folds):
    """Trainings with augmentation, each with other people held out."""
    batch = recipe["batch"]
    steps = epoch_steps(len(data.rows) * (folds - 1) / folds, batch)
    epochs = max(1, math.ceil(recipe["batches"] * SHOWN / batch / steps))
    name = f"rate{recipe['rate']:g}-batch{batch}-{recipe['schedule']}-{recipe['batches']}"
    return [
        arm_of(
            data, "person", seed, name, folds, augmentation=SMILEYS, epochs=epochs, steps=steps,
            batch=batch, rate=recipe["rate"], schedule=recipe["schedule"],
        )
        for seed in range(folds)
    ]  # fmt: skip


def measures(results):
    """Of one setting's trainings, after the last epoch: dict, see `COLUMNS`."""
    curves = [result["history"]["train_accuracy"] for result in results]
    held_out = [result["history"]["val_accuracy"][-1] for result in results]
    return {
        "held_out": float(np.mean(held_out)),
        "training": float(min(curve[-1] for curve in curves)),
        "rise": float(max(rise(curve) for curve in curves)),
        "flat": all(map(is_flat, curves)),
    }
