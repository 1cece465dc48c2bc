"""What a face does: weights of face units, head angles and a few effects.

A recipe (`smiley_units.csv`) says how the average person makes a smiley, and which
units are its core: without them it would not be that smiley. A second row is another
way that some people have. A unit without Left or Right at its end means both sides;
left is the person's own left.
Beside MakeHuman's 52 units there are

- `turn`, `nod`, `tilt`: the head's angles in degrees (positive: to her left, down,
  towards her left shoulder);
- `tears`, `blush`, `sunglasses`: 0 to 1;
- `teethOut`: the upper front teeth come forward and down, over the lower lip.
"""

import csv
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dataset.synth.head import PARTS, load_head
from dataset.synth.seeding import smoothstep

RECIPES = Path(__file__).resolve().parent / "smiley_units.csv"
ANGLES = ("turn", "nod", "tilt")
EFFECTS = ("tears", "blush", "sunglasses")
TEETH = "teethOut"
# Beyond this a unit tears the mesh; below zero it would do its opposite.
LOWEST, HIGHEST = -0.15, 1.45


class Recipe(NamedTuple):
    """One way to make a smiley: weights of units, sides spelled out, and the core units."""

    units: dict
    core: frozenset


@lru_cache(maxsize=4)
def variants(path=RECIPES):
    """All ways to make each smiley, the usual one first: {slug: [Recipe, ...]}."""
    table = {}
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            units = {}
            for item in row["recipe"].split(";"):
                name, weight = item.split()
                for unit in sides(name):
                    units[unit] = units.get(unit, 0.0) + float(weight)
            core = frozenset(unit for name in row["core"].split() for unit in sides(name))
            table.setdefault(row["slug"], []).append(Recipe(units, core))
    return table


@lru_cache(maxsize=1)
def recipes():
    """The usual way to make each smiley: {slug: {unit: weight}}."""
    return {slug: ways[0].units for slug, ways in variants().items()}


def sides(name):
    """The face units that a name of the table stands for; refuses an unknown one."""
    units = load_head().units
    if name in units or name in (*ANGLES, *EFFECTS, TEETH):
        return (name,)
    if name + "Left" in units:
        return (name + "Left", name + "Right")
    raise ValueError(f"{RECIPES.name}: no face unit is called {name!r}")


def mirror(recipe):
    """The same expression seen in a mirror."""
    swap = {"Left": "Right", "Right": "Left"}
    mirrored = {}
    for unit, weight in recipe.items():
        for side, other in swap.items():
            if unit.endswith(side):
                unit = unit[: -len(side)] + other
                break
        mirrored[unit] = -weight if unit in ("turn", "tilt") else weight
    return mirrored


def mix(start, end, amount):
    """Blend two expressions: `start` at 0, `end` at 1."""
    names = list(start) + [name for name in end if name not in start]
    return {n: start.get(n, 0.0) * (1 - amount) + end.get(n, 0.0) * amount for n in names}


def displacement(recipe):
    """How the vertices of the head move, (n, 3) float64.

    Head angles and effects move nothing here.
    """
    head = load_head()
    weights = {}
    for unit, weight in recipe.items():
        if unit in head.units:
            weights["unit/" + unit] = float(np.clip(weight, LOWEST, HIGHEST))
    # Two units close the same lids: together they must not push them past each other.
    for side in ("Left", "Right"):
        blink, squint = f"unit/eyeBlink{side}", f"unit/eyeSquint{side}"
        closed = max(weights.get(blink, 0.0), 0.0)
        weights[blink] = min(closed, 1.02)
        if squint in weights:
            weights[squint] *= 1 - 0.6 * min(closed, 1.0)
        if f"unit/eyeWide{side}" in weights:
            weights[f"unit/eyeWide{side}"] *= 1 - 0.9 * min(closed, 1.0)
    moved = head.displacement(weights)
    if recipe.get(TEETH):
        moved += recipe[TEETH] * teeth_out()
    return moved


@lru_cache(maxsize=1)
def teeth_out():
    """The unit MakeHuman lacks: front teeth forward and down over the lower lip, (n, 3)."""
    head = load_head()
    moved = np.zeros_like(head.rest)
    upper = head.vertex_part == PARTS.index("upper_teeth")
    front = smoothstep(np.abs(head.rest[:, 0]), 0.26, 0.10) * upper
    moved[:, 1] -= 0.085 * front
    moved[:, 2] += 0.11 * front
    return moved
