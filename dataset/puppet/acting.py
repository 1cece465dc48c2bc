"""What a puppeteered face does: a person's manner, on top of what her photo does at rest.

The recipes (`recipes.csv`, read as `dataset.synth.expression` reads its own) say how real
people make the smileys when they act them.
"""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from dataset.synth.expression import ANGLES, variants
from dataset.synth.manner import SPREAD, Manner, unsided
from dataset.synth.seeding import generator

RECIPES = Path(__file__).resolve().parent / "recipes.csv"
# The photo brings the person's face at rest and a pose: less of both is made up.
ACTED = replace(
    SPREAD, person_rest=0.04, person_angle=1.0, smiley_extra=0.14, take_extra=0.10, variant=0.6
)
# What the photo's face does is taken off it, but for these, in which people differ at rest.
KEPT = (
    "mouthPucker", "mouthRollLower", "mouthRollUpper", "browInnerUp",
    *(base + side for base in ("eyeBlink", "eyeWide", "eyeSquint", "browDown", "browOuterUp")
      for side in ("Left", "Right")),
)  # fmt: skip
# Real faces cannot do more, and a recipe must not turn into another smiley's.
MOST = {
    "mouthSmile": 1.15, "jawOpen": 0.9, "mouthPucker": 1.7, "mouthFunnel": 0.6, "mouthLeft": 1.4,
    "mouthRight": 1.4, "tongueOut": 1.6, "browOuterUp": 2.2, "browInnerUp": 1.4, "browDown": 1.5,
}  # fmt: skip
MOST_IN = {
    "smile": {"jawOpen": 0.05, "mouthUpperUp": 0.12, "mouthLowerDown": 0.10},
    "laugh": {"eyeBlink": 0.3},
    "sad": {"mouthSmile": 0.0, "jawOpen": 0.08, "eyeWide": 0.2},
    "angry": {"mouthSmile": 0.0, "browInnerUp": 0.0, "browOuterUp": 0.1},
    "surprise": {"mouthSmile": 0.1, "tongueOut": 0.0},
    "kiss": {"jawOpen": 0.08, "mouthSmile": 0.0, "mouthUpperUp": 0.1, "mouthLowerDown": 0.1},
    "skeptic": {"jawOpen": 0.05, "mouthUpperUp": 0.15, "mouthLowerDown": 0.1},
    "neutral": {"jawOpen": 0.10, "mouthSmile": 0.15, "mouthFrown": 0.25, "browDown": 0.35,
                "mouthUpperUp": 0.12, "mouthLowerDown": 0.15, "mouthPucker": 0.3,
                "eyeBlink": 0.3, "mouthRollLower": 0.4},
    "sealed": {"jawOpen": 0.0, "mouthSmile": 0.15, "mouthUpperUp": 0.0, "mouthLowerDown": 0.0,
               "mouthPucker": 0.1},
    "nerd": {"mouthSmile": 0.2, "mouthStretch": 0.1, "mouthLowerDown": 0.1, "jawOpen": 0.15},
    "odd": {"mouthUpperUp": 0.2, "eyeBlink": 0.35, "eyeSquint": 1.0},
}  # fmt: skip
LEAST_IN = {"tongue": {"tongueOut": 1.0, "jawOpen": 0.22}}
SHUT = 1.0  # weight from which an eye is closed: a smiley whose core it is gets no less
DROOP = 0.35  # a lid never hangs lower than so at rest
LIPS = ("mouthPucker", "mouthRollLower", "mouthRollUpper")
MOUTH = ("mouth", "jaw", "tongue", "cheekPuff", "teeth")  # how units of the mouth begin
OPEN_EYE = 0.3  # what is left of narrowness in a winker's other eye
LIVELY = 0.08  # log-deviation of the strength of a mouth that stays as it is
JITTER = (2.0, 1.5, 2.0)  # degrees a picture, turn, nod and tilt


@lru_cache(maxsize=1)
def ways():
    """All ways to act each smiley, {slug: [Recipe, ...]}."""
    return variants(RECIPES)


def make_manner(seed):
    """The manner of the person with this seed."""
    return Manner(seed, ACTED, ways())


def act(manner, slug, take, units, rng, own_mouth=False):
    """One face.

    Parameters
    ----------
    manner : Manner
    slug : str
    take : int
    units : dict of str to float
        What the photo's face does.
    rng : numpy.random.Generator
        Of the head's angles.
    own_mouth : bool
        Whether the mouth stays nearly as it is in the photo.

    Returns
    -------
    dict of str to float
        As `dataset.synth.expression` describes a face.
    """
    face = limited(add_rest_pose(manner.expression(slug, take), units), slug)
    closed = {unsided(unit) for unit in manner.way(slug).core} >= {"eyeBlink"}
    for side in ("Left", "Right"):
        if closed and face["eyeBlink" + side] > 0.7:
            face["eyeBlink" + side] = max(face["eyeBlink" + side], SHUT)
    if slug == "wink":  # the other eye is seen to be open
        side = min(("Left", "Right"), key=lambda s: face["eyeBlink" + s])
        for unit in ("eyeBlink", "eyeSquint", "cheekSquint"):
            face[unit + side] = OPEN_EYE * min(face.get(unit + side, 0.0), 1.0)
        face["eyeWide" + side] = max(face["eyeWide" + side], 0.3)
    if own_mouth:
        face = {unit: weight for unit, weight in face.items() if not unit.startswith(MOUTH)}
        strength = float(np.exp(LIVELY * rng.standard_normal()))
        face.update({u: w * strength for u, w in units.items() if u.startswith(MOUTH)})
    for angle, size in zip(ANGLES, JITTER):
        face[angle] = face.get(angle, 0.0) + size * float(rng.standard_normal())
    return face


def add_rest_pose(face, units):
    """An expression on top of what a person's face is like at rest, as her photo has it."""
    face = dict(face)
    for unit in KEPT:
        own, acted = units.get(unit, 0.0), face.get(unit, 0.0)
        if unit.startswith("eyeBlink"):
            own = min(own, DROOP)
            face[unit] = own + acted * (1 - max(own, 0.0)) if acted < 1 else acted
        elif unit in LIPS:
            face[unit] = min(acted + own, max(1.2, acted))
        else:
            face[unit] = acted + own
    return face


def limited(face, slug):
    """An expression with no unit beyond what `MOST`, `MOST_IN` and `LEAST_IN` allow."""
    most, least = {**MOST, **MOST_IN.get(slug, {})}, LEAST_IN.get(slug, {})
    within = {unit: min(w, most.get(unsided(unit), w)) for unit, w in face.items()}
    return {unit: max(w, least.get(unit, w)) for unit, w in within.items()}


def person_seed(seed, person):
    """Seed of the manner of a person, of all sets' people together."""
    return int(generator(seed, "puppet", person).integers(1 << 40))
