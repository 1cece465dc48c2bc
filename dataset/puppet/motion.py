"""How the vertices of a real person's head move with an expression.

As `dataset.synth.expression` has it, but for what shows on photographs: some units go
further, brows take the skin around them along, and the tongue hangs.
"""

from functools import cache, lru_cache

import numpy as np

from dataset.synth.expression import HIGHEST, LOWEST, displacement
from dataset.synth.head import load_head
from dataset.synth.seeding import smoothstep

FAR = ("tongueOut", "mouthLeft", "mouthRight", "mouthPucker")  # these may go beyond HIGHEST
BROWS = ("browInnerUp", "browOuterUpLeft", "browOuterUpRight", "browDownLeft", "browDownRight")
BROAD = 0.06  # head units over which a brow takes the skin around it along
RAISED = 2.2  # most weight of a brow so broadened
LIP_FRONT, HANGS = 1.42, 0.8  # z from which a tongue bends down, and how much
SHOWN = 0.3  # weight from which a tongue is out


@cache
def displacement_of(unit):
    """How a face unit moves the head's vertices, (n, 3)."""
    return displacement({unit: 1.0})


@lru_cache(maxsize=1)
def broad_brows():
    """The brows' units made broader, {unit: (n, 3)}.

    MakeHuman's brows rise out of a forehead that hardly moves: its skin would be pressed
    to a line, and with it the upper half of a real brow.
    """
    rest, skin = load_head().rest, load_head().vertex_part == 0
    near = np.nonzero(skin & (rest[:, 1] > 7.2) & (rest[:, 1] < 8.2) & (rest[:, 2] > 0.5))[0]
    gap = ((rest[near][:, None] - rest[near][None]) ** 2).sum(-1)
    weights = np.exp(-gap / (2 * BROAD**2))
    weights /= weights.sum(1, keepdims=True)
    # Lids and what lies below the brows keep their own movement.
    above = smoothstep(rest[near, 1], 7.36, 7.44)[:, None]
    found = {}
    for unit in BROWS:
        own = displacement_of(unit)
        broad = weights @ own[near]
        broad *= np.abs(own).max() / np.abs(broad).max()  # as far as before
        found[unit] = own.copy()
        found[unit][near] += above * (broad - own[near])
    return found


def moved(face):
    """Shifts of the head's vertices, (n, 3) float64, with an expression {unit: weight}."""
    total = displacement(face)
    for unit in FAR:
        beyond = face.get(unit, 0.0) - HIGHEST
        if beyond > 0:
            total += beyond * displacement_of(unit)
    if face.get("tongueOut", 0.0) > SHOWN:
        # MakeHuman's tongue points ahead: seen from there, a real one hangs over the lip.
        tongue = load_head().vertices_of("tongue")
        over = np.maximum((load_head().rest + total)[tongue, 2] - LIP_FRONT, 0.0)
        total[tongue, 1] -= HANGS * over
        total[tongue, 2] -= 0.3 * over
    for unit, broad in broad_brows().items():
        weight = face.get(unit, 0.0)
        within = float(np.clip(weight, LOWEST, HIGHEST))
        total += min(max(weight, LOWEST), RAISED) * broad - within * displacement_of(unit)
    return total
