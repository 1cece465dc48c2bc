"""What a source may say of a face: one smiley, or a set of smileys of which it is one.

People who vote on emotions say "happiness" and do not tell a smile from a roar; who marks
smiles says of the other faces only what they are not; so does who looks at a net's mistakes. A
label is the set of smileys that it allows, and a face's target divides a mass of 1 between labels.
"""

import numpy as np

from common.smileys import read_smileys

SMILEYS = tuple(read_smileys())
HAPPY = ("smile", "laugh", "joy", "roar")
LABELS = {
    **{slug: (slug,) for slug in SMILEYS},
    **{f"no {slug}": tuple(other for other in SMILEYS if other != slug) for slug in SMILEYS},
    "happiness": HAPPY,
    "lips together": ("smile", "joy"),
    "lips apart": ("laugh", "roar"),
    "sadness": ("sad", "cry"),
    "no smile": tuple(slug for slug in SMILEYS if slug not in HAPPY),  # of whatever force
    # Lids down without a smile are no smiley; they are not joy and not a wink either.
    "eyes_closed": tuple(slug for slug in SMILEYS if slug not in ("joy", "wink", "odd")),
}
NUMBER = {name: k for k, name in enumerate(LABELS)}
# Labels that say of one smiley only that a face does not show it.
NEGATIONS = [name for name, slugs in LABELS.items() if len(slugs) == len(SMILEYS) - 1]


def allowed(classes):
    """Which classes each label allows: float32 (labels, classes) of 0 and 1."""
    sets = [[name in smileys for name in classes] for smileys in LABELS.values()]
    return np.array(sets, np.float32)


def target(**masses):
    """A face's target (labels,) from masses by label's name, scaled to add up to 1."""
    return targets([masses])[0]


def targets(rows):
    """Targets of many faces, float32 (N, labels): each row a dict of masses by label's name."""
    made = np.zeros((len(rows), len(LABELS)), np.float32)
    for row, masses in zip(made, rows):
        for name, mass in masses.items():
            row[NUMBER[name]] = mass
    return made / made.sum(axis=1, keepdims=True)


def class_prior(made, weights):
    """Share of each smiley of `SMILEYS` in weighted targets, a set's mass spread evenly.

    Parameters
    ----------
    made : ndarray (N, labels)
    weights : ndarray (N,), adding up to 1

    Returns
    -------
    ndarray (classes,), adding up to 1
    """
    sets = allowed(SMILEYS)
    return weights @ made @ (sets / sets.sum(axis=1, keepdims=True))
