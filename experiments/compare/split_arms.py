"""The arms of `eval_split.py`, and what is wrong with a data set before they begin."""

import math
from collections import Counter

from common.cli import UserError
from experiments.compare.training import Arm
from experiments.smileys.data import SMILEYS
from experiments.smileys.splits import MANY, SPLITS, groups_of
from experiments.smileys.training import epoch_steps

FOLDS = 5


def check_data(data, splits, choice=True):
    """Refuse a data set that cannot be compared, before any training.

    A split needs three groups: for training, validation and test. With ``choice`` the user can
    take other splits, which the message names.
    """
    counts = {split: len(set(groups_of(data.rows, split))) for split in SPLITS}
    for split in splits:
        if counts[split] < 3:
            others = ",".join(other for other in SPLITS if counts[other] >= 3)
            hint = f", or compare other splits: --splits {others}" if choice and others else ""
            raise UserError(
                f"a split by {split} needs at least 3 {MANY[split]}: there are {counts[split]}; "
                f"collect more{hint}"
            )
    counts = Counter(row["smiley"] for row in data.rows)
    if max(counts.values()) < 3:
        raise UserError(
            "no class has 3 pictures, to learn from, to choose the epoch and to judge: there is "
            "nothing to compare"
        )


def folds_for(data, split, folds=FOLDS):
    """So many folds, or as many as there are groups."""
    return min(folds, len(set(groups_of(data.rows, split))))


def arm_of(data, split, seed, name, folds=FOLDS, **settings):
    """One arm: seed s holds out fold s mod k of repeat s // k.

    After k seeds everyone has been held out once, and the groups are dealt anew.
    """
    folds = folds_for(data, split, folds)
    place = {"folds": folds, "fold": seed % folds, "repeat": seed // folds}
    return Arm(name=f"{name}-seed{seed}", split=split, seed=seed, **place, **settings)


def plan(
    data, recipe, *, splits, seeds, epochs=None, folds=FOLDS, growth=(), plain=True, augmented=True
):
    """All arms of a comparison, the article's first.

    Parameters
    ----------
    data : experiments.smileys.data.SmileyData
    recipe : experiments.core.options.Recipe
    splits : sequence of {'person', 'clip', 'image'}
    seeds, folds : int
    epochs : int, optional
        By default as many as make the recipe's batches.
    growth : sequence of float
        Shares of the training data, for the arms that ask what more data does.
    plain, augmented : bool
        Which of the two kinds of arms.

    Returns
    -------
    list of Arm
    """
    steps = epoch_steps(len(data.rows) * (folds - 1) / folds, recipe.batch)
    epochs = epochs or math.ceil(recipe.batches * 32 / recipe.batch / steps)
    budget = {"epochs": epochs, "steps": steps, "batch": recipe.batch}
    budget |= {"rate": recipe.rate, "schedule": recipe.schedule}
    arms = []

    def add(split, augmentation, seed, share, name):
        settings = {"augmentation": augmentation, "share": share, **budget}
        arms.append(arm_of(data, split, seed, name, folds, **settings))

    for seed in range(seeds):
        for split in splits:
            if augmented:
                add(split, SMILEYS, seed, 1.0, f"{split}-augmented")
            if plain:
                add(split, None, seed, 1.0, f"{split}-plain")
    if augmented:
        for seed in range(seeds):
            for split in splits:
                for share in growth if split != "clip" else ():
                    add(split, SMILEYS, seed, share, f"{split}-augmented-{share:g}")
    return arms


def whole_settings(arms, results):
    """Of arms, those of whose setting every seed has finished: list of Arm.

    A setting is a split, augmentation and share; ``results`` is by the arms' names.
    """

    def setting(arm):
        return arm.split, arm.augmentation, arm.share

    open_ = [setting(arm) for arm in arms if arm.name not in results]
    return [arm for arm in arms if setting(arm) not in open_]


def warnings_of(data, arms):
    """What to know about the classes: those that a part lacks. Raise if a part lacks nearly all."""
    lacking, folds = {}, {}
    for arm in arms:
        fold = arm.repeat, arm.fold
        folds.setdefault(arm.split, set()).add(fold)
        parts = arm.parts(data.rows)
        for what, part in (("training", parts.train), ("held-out", parts.test)):
            there = {data.rows[k]["smiley"] for k in part}
            if what == "training" and len(there) < 2:
                raise UserError(
                    f"fold {arm.fold} of the split by {arm.split} would learn from one class only: "
                    "the data set is too small, or each person makes one smiley"
                )
            for name in (name for name in data.classes if name not in there):
                lacking.setdefault((arm.split, what), {}).setdefault(name, set()).add(fold)
    found = []
    for (split, what), names in sorted(lacking.items()):
        counts = ", ".join(f"{name} in {len(where)}" for name, where in names.items())
        found.append(
            f"by {split}, classes are missing from the {what} pictures: {counts} of "
            f"{len(folds[split])} folds"
        )
    clips = {(row["person"], row["smiley"], row["clip"]) for row in data.rows}
    makes = {clip[:2] for clip in clips}
    if len(clips) == len(makes) and any(arm.split == "clip" for arm in arms):
        found.append(
            "every person makes every smiley in one clip only: by clip, a person is known and the "
            "smiley is, but never she making it"
        )
    return found
