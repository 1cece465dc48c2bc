import numpy as np
import pytest

from dataset.synth.expression import EFFECTS, displacement, mirror, recipes
from dataset.synth.manner import SPREAD, Manner

NONE = SPREAD.times(0)


def difference(one, other):
    """Root mean square distance of two expressions' vertices that move at all."""
    a, b = displacement(one), displacement(other)
    moving = (np.abs(a) + np.abs(b)).sum(1) > 1e-3
    return np.sqrt(((a - b)[moving] ** 2).sum(1).mean())


def test_without_spread_everybody_follows_the_recipe():
    for seed in (1, 2, 3):
        manner = Manner(seed, NONE)
        for slug, recipe in recipes().items():
            made = manner.expression(slug)
            made = mirror(made) if manner.mirrored else made
            for unit in set(made) | set(recipe):
                if unit not in EFFECTS[:2]:
                    assert made.get(unit, 0) == pytest.approx(recipe.get(unit, 0)), (slug, unit)


def test_the_same_person_the_same_take_the_same_face():
    assert Manner(5).expression("angry", 2) == Manner(5).expression("angry", 2)


def test_people_differ_more_than_takes_of_one_person():
    takes, people = [], []
    for seed in range(6):
        first = Manner(seed).expression("laugh", 0)
        takes.append(difference(first, Manner(seed).expression("laugh", 1)))
        people.append(difference(first, Manner(seed + 50).expression("laugh", 0)))
    assert 0 < np.mean(takes) < 0.7 * np.mean(people)


def test_more_spread_more_difference():
    size = [
        np.mean(
            [difference(Manner(s, spread).expression("sad"), recipes()["sad"]) for s in range(8)]
        )
        for spread in (NONE, SPREAD.times(0.5), SPREAD)
    ]
    assert size[0] < size[1] < size[2]


@pytest.mark.parametrize("slug", ["surprise", "tongue", "nerd"])
def test_nobody_leaves_out_the_core_of_a_smiley(slug):
    wild = SPREAD.times(3)
    for seed in range(30):
        manner = Manner(seed, wild)
        made, way = manner.expression(slug), manner.way(slug)
        for unit in way.core:
            assert made[unit] >= 0.7 * way.units[unit]


def test_a_wink_shuts_one_eye():
    for seed in range(30):
        made = Manner(seed).expression("wink")
        assert max(made.get(f"eyeBlink{side}", 0) for side in ("Left", "Right")) > 0.85


def test_some_people_wink_with_the_other_eye():
    left = [Manner(seed).expression("wink") for seed in range(20)]
    share = np.mean([e.get("eyeBlinkLeft", 0) > e.get("eyeBlinkRight", 0) for e in left])
    assert 0.2 < share < 0.8
