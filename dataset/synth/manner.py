"""Everybody makes a smiley in her own manner; how much manners differ is set here.

`SPREAD` was calibrated on real faces (experiments/eval_realism.py, results/calibration): with
it, a classifier loses as much from people it knows to people it does not as it loses
on photographs of real performers.
"""

from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np

from dataset.synth.expression import ANGLES, EFFECTS, TEETH, mirror, variants
from dataset.synth.head import load_head
from dataset.synth.seeding import generator, pick

# Units that may creep into any expression of somebody whose habit they are.
HABITS = (
    "browInnerUp", "browOuterUp", "browDown", "eyeSquint", "eyeWide", "cheekSquint", "noseSneer",
    "mouthSmile", "mouthFrown", "mouthPress", "mouthStretch", "mouthDimple", "mouthPucker",
    "mouthUpperUp", "mouthLowerDown", "mouthRollLower", "mouthShrugLower", "mouthShrugUpper",
    "jawOpen", "jawForward", "cheekPuff",
)  # fmt: skip


CORE = 0.7  # what makes a smiley that smiley is never weaker than this share of the recipe


@dataclass(frozen=True)
class Spread:
    """Strengths of all that varies in a manner. Zero everywhere: all people act alike.

    `person_*` is drawn once a person, `smiley_*` once a person and smiley, `take_*` once
    a clip.
    """

    person_unit: float = 0.47  # log-deviation of the strength of each face unit
    person_side: float = 0.17  # how much stronger one side is than the other
    person_rest: float = 0.15  # weight of what her face does at rest
    person_angle: float = 2.5  # degrees by which she usually holds her head
    smiley_strength: float = 0.3  # log-deviation of how strongly she makes this smiley
    smiley_unit: float = 0.43  # log-deviation of each unit's share in it
    smiley_skip: float = 0.15  # chance to leave out a unit that is not the main one
    smiley_extra: float = 0.32  # weight of the two or three units she adds to it
    smiley_angle: float = 2.0  # degrees
    take_strength: float = 0.25
    take_unit: float = 0.35
    take_extra: float = 0.22
    take_angle: float = 2.5
    variant: float = 0.4  # chance that she has another way than the usual one
    mirrored: float = 0.5  # share of people who wink with the other eye

    def times(self, factor):
        """All strengths (not the share of the mirrored) multiplied by `factor`."""
        values = {field.name: getattr(self, field.name) * factor for field in fields(self)}
        for chance in ("smiley_skip", "variant"):
            values[chance] = min(values[chance], 0.9)
        return Spread(**{**values, "mirrored": self.mirrored})


SPREAD = Spread()


def unsided(unit):
    """The name without Left or Right."""
    for side in ("Left", "Right"):
        if unit.endswith(side):
            return unit[: -len(side)]
    return unit


@lru_cache(maxsize=1)
def _bases():
    bases = []
    for unit in load_head().units:
        if unsided(unit) not in bases:
            bases.append(unsided(unit))
    return tuple(bases)


def sided(base):
    """Face units of a name without a side."""
    units = load_head().units
    return (base,) if base in units else (base + "Left", base + "Right")


def log_normal(rng, deviation):
    """Factor about 1, kept within two deviations."""
    return float(np.exp(deviation * np.clip(rng.standard_normal(), -2, 2)))


class Manner:
    """One person's way of making faces.

    Parameters
    ----------
    seed : int
        The person.
    spread : Spread
        How much people differ.
    ways : dict of str to list of Recipe, optional
        The ways to make each smiley, see `expression.variants`.
    """

    def __init__(self, seed, spread=SPREAD, ways=None):
        self.seed, self.spread, self.ways = seed, spread, ways or variants()
        rng = generator(seed, "manner")
        self.strength = {base: log_normal(rng, spread.person_unit) for base in _bases()}
        self.side = {base: 1 + spread.person_side * rng.standard_normal() for base in _bases()}
        self.mirrored = bool(rng.random() < spread.mirrored)
        self.tempo = float(np.exp(0.25 * rng.standard_normal()))  # of her movements
        self.restless = float(np.exp(0.35 * rng.standard_normal()))  # how much her head sways
        self.weeps, self.blushes = bool(rng.random() < 0.4), float(rng.uniform(0, 0.7))
        self.rest = {}
        for base in HABITS:
            amount = spread.person_rest * rng.standard_normal()
            if amount > 0:
                self._add(self.rest, base, amount)
        for angle in ANGLES:
            self.rest[angle] = spread.person_angle * rng.standard_normal()

    def _add(self, recipe, base, amount):
        """Add `amount` of a unit, stronger on this person's stronger side."""
        for unit in sided(base):
            recipe[unit] = recipe.get(unit, 0.0) + amount * self._share(unit)

    def _share(self, unit):
        """How strong a unit is on its side of her face, about 1."""
        lean = np.clip(self.side[unsided(unit)] - 1, -0.6, 0.6)
        if unit.endswith("Left"):
            return 1 + lean
        return 1 - lean if unit.endswith("Right") else 1.0

    def neutral(self):
        """Her face at rest: {unit: weight}."""
        return dict(self.rest)

    def way(self, slug):
        """Which of the ways to make a smiley is hers, a `Recipe`."""
        usual, *others = self.ways[slug]
        rng = generator(self.seed, "way", slug)
        if others and rng.random() < self.spread.variant:
            return pick(rng, others)
        return usual

    def expression(self, slug, take=0):
        """How she makes a smiley in one clip.

        Parameters
        ----------
        slug : str
        take : int
            Number of the clip: nobody makes a face twice in the very same way.

        Returns
        -------
        dict of str to float
        """
        spread = self.spread
        often = generator(self.seed, "smiley", slug)
        once = generator(self.seed, "take", slug, take)
        recipe, core = self.way(slug)
        overall = log_normal(often, spread.smiley_strength) * log_normal(once, spread.take_strength)
        shares = {}
        for unit in recipe:
            base = unsided(unit)
            if base not in shares:
                kept = often.random() >= spread.smiley_skip
                share = log_normal(often, spread.smiley_unit) * log_normal(once, spread.take_unit)
                shares[base] = share * kept
        made = {}
        for unit, weight in recipe.items():
            if unit in (*ANGLES, *EFFECTS, TEETH):
                made[unit] = made.get(unit, 0.0) + weight * (overall if unit in ANGLES else 1.0)
                continue
            base = unsided(unit)
            amount = self.strength[base] * overall * shares[base] * self._share(unit)
            if unit in core:
                amount = max(amount, CORE)
            made[unit] = weight * amount
        for rng, size in ((often, spread.smiley_extra), (once, spread.take_extra)):
            for _ in range(3):
                base = HABITS[int(rng.integers(len(HABITS)))]
                self._add(made, base, size * abs(rng.standard_normal()))
        for angle in ANGLES:
            shift = spread.smiley_angle * often.standard_normal()
            shift += spread.take_angle * once.standard_normal()
            made[angle] = made.get(angle, 0.0) + shift
        for unit, weight in self.rest.items():
            made[unit] = made.get(unit, 0.0) + weight
        if "tears" in made:
            made["tears"] *= self.weeps * often.uniform(0.4, 1.0)
        if "blush" in made:
            made["blush"] *= self.blushes
        return mirror(made) if self.mirrored else made
