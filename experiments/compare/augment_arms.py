"""The arms of `eval_augment.py`: augmentation without, of nothing but, and at a strength."""

from dataclasses import fields, replace

from augment.transforms import Augmentation
from experiments.compare.split_arms import FOLDS, arm_of
from experiments.smileys.data import SMILEYS
from experiments.smileys.training import epoch_steps

# All that vary a smiley: what is off already cannot be left out.
NAMES = [field.name for field in fields(Augmentation) if getattr(SMILEYS, field.name)]
STRENGTHS = (0.0, 0.5, 1.0, 1.5, 2.0)
KINDS = ("strength", "without", "only")
BASE = ("strength", 1.0)  # what the others are compared with
NOTHING = ("strength", 0.0)


def at_strength(factor):
    """`SMILEYS` scaled; a mirror image is as likely as not from strength 1 on."""
    scaled = SMILEYS.scaled(factor)
    return replace(scaled, flip=min(scaled.flip, SMILEYS.flip))


def augmentations(kinds=KINDS):
    """All settings of the ablation: dict of (kind, name or factor) to Augmentation or None."""
    found = {NOTHING: None, BASE: SMILEYS}
    if "strength" in kinds:
        found |= {("strength", f): at_strength(f) for f in STRENGTHS if 0 < f != 1}
    if "without" in kinds:
        found |= {("without", name): SMILEYS.without(name) for name in NAMES}
    if "only" in kinds:
        found |= {("only", name): SMILEYS.only(name) for name in NAMES}
    return found


def plan(data, recipe, *, splits, seeds, epochs, kinds=KINDS):
    """All arms, the strengths first; ``recipe`` is an `experiments.core.options.Recipe`.

    With one seed after the other, so that a comparison that is ended early has whole seeds.

    Returns
    -------
    dict of (split, setting, seed) to Arm
    """
    steps = epoch_steps(len(data.rows) * (FOLDS - 1) / FOLDS, recipe.batch)
    arms = {}
    for seed in range(seeds):
        for split in splits:
            for setting, augmentation in augmentations(kinds).items():
                arms[split, setting, seed] = arm_of(
                    data,
                    split,
                    seed,
                    f"{split}-{setting[0]}-{setting[1]}",
                    augmentation=augmentation,
                    epochs=epochs,
                    steps=steps,
                    batch=recipe.batch,
                    rate=recipe.rate,
                    schedule=recipe.schedule,
                )
    return arms
