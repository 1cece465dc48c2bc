"""Hair as strands: each is a thin ribbon that turns towards the camera when it is drawn.

A strand grows step by step from its root on the scalp: the style's flow bends it, its
weight pulls it down, the head and the shoulders push it out, and the face is kept free.
"""

from dataclasses import dataclass

import numpy as np

from dataset.synth.scalp import CENTRE, Skull, azimuth, sample_roots
from dataset.synth.seeding import pick, smoothstep

POINTS = 11  # of a strand
WOMEN = (
    *("straight", "straight", "straight fringe", "wavy", "wavy", "wavy fringe", "curly", "curly"),
    *("bob", "bob fringe", "ponytail", "ponytail fringe", "bun", "bun fringe", "pixie", "afro"),
)
MEN = ("short", "short", "quiff", "cropped", "cropped", "bald", "curls", "long")
LOOSE = ("straight", "wavy", "curly", "bob", "long")
TIED = ("ponytail", "bun")
COILED = ("afro", "curls")
TIPS = {"bob": (5.95, 6.35), "long": (5.2, 5.9)}  # heights where loose hair ends; else to the chest


@dataclass
class Hair:
    """Strands of one person, in the coordinates of her own head.

    Attributes
    ----------
    style : str
    points : (s, POINTS, 3) float64
    width : (s, POINTS) float64
    tone : (s,) float64
        Brightness of each strand, about 1.
    depth : (s,) float64
        0 for a strand on the scalp, 1 for one on the outside.
    """

    style: str
    points: np.ndarray
    width: np.ndarray
    tone: np.ndarray
    depth: np.ndarray


@dataclass
class Plan:
    """How the n strands of a head of hair shall grow; heights and lengths in head units.

    Attributes
    ----------
    kind : str
        The style without its additions.
    part : float
        x of the parting.
    opening : float
        Degrees of the face kept free on each side.
    knot : (3,) float64
        Where tied hair goes.
    side : (n,) float64
        1 left of the parting, -1 right of it.
    length, clearance : (n,) float64
        Of each strand; how far above the skin it runs.
    fringed, lock : (n,) bool
        Belongs to the fringe; hangs loose in front of the ear although the rest is tied.
    """

    kind: str
    part: float
    opening: float
    knot: np.ndarray
    side: np.ndarray
    length: np.ndarray
    clearance: np.ndarray
    fringed: np.ndarray
    lock: np.ndarray


def make_plan(rng, style, roots):
    """Draw the plan of a style for strands with these roots (n, 3)."""
    kind, *additions = style.split()
    count, height, angle = len(roots), roots[:, 1], azimuth(roots)
    part = float(rng.uniform(-0.32, 0.32))
    opening = float(rng.uniform(50, 64))
    side = np.where(roots[:, 0] - part + rng.normal(0, 0.02, count) > 0, 1.0, -1.0)
    clearance = 0.02 + rng.uniform(0.10, 0.26) * rng.random(count) ** 0.7
    knot = np.array([0.0, rng.uniform(7.5, 8.3), -0.95])
    fringed, lock = np.zeros(count, bool), np.zeros(count, bool)
    uneven = rng.uniform(0.75, 1.15, count)
    if kind in LOOSE:
        tip = rng.uniform(*TIPS.get(kind, (4.5, 5.5))) + rng.normal(0, 0.08, count)
        length = height - tip + 0.55 * (angle < 90)
    elif kind in TIED:
        if kind == "bun":
            knot = np.array([0.0, rng.uniform(8.2, 8.62), -0.45])
        clearance = 0.03 + rng.uniform(0.03, 0.12) * rng.random(count)
        length = np.sqrt(((roots - knot) ** 2).sum(1)) * 1.12
        if rng.random() < 0.6:
            lock = (np.abs(angle - 64) < 10) & (height < 7.8)
            length = np.where(lock, height - rng.uniform(6.0, 6.9), length)
    elif kind == "afro":
        length = rng.uniform(0.30, 0.60) * uneven
    elif kind == "curls":
        length = 0.38 * uneven * smoothstep(height, 7.2, 7.9)
    elif kind == "pixie":
        length = rng.uniform(0.55, 0.85) * uneven * np.where(angle < 70, 1.0, 0.6)
        # What falls over the forehead ends above the brows.
        length = np.where(angle < 62, np.minimum(length, np.maximum(height - 7.42, 0.15)), length)
        clearance = clearance * 0.7
    else:
        length = {"short": 0.26, "quiff": 0.36}.get(kind, 0.10) * uneven
        length = length * (0.45 + 0.55 * smoothstep(height, 7.4, 8.1))
        clearance = clearance * 0.5
    if "fringe" in additions:
        fringed = (angle < 46) & (height < 8.32) & (roots[:, 2] > 0.75)
        brow = rng.uniform(7.58, 7.74) + 0.03 * rng.standard_normal(count)
        length = np.where(fringed, 0.12 + (height - brow) * 1.05, length)
    return Plan(kind, part, opening, knot, side, length, clearance, fringed, lock)


def direction(plan, here, outward, index):
    """Where the strands' next points (n, 3) lie from `here`; any length."""
    x, y, z = np.eye(3)
    side = plan.side[:, None]
    high = smoothstep(here[:, 1], 7.5, 8.3)[:, None]
    if plan.kind in LOOSE:
        flow = side * x * (0.05 + 0.95 * high) - y * (1.5 - 0.9 * high)
        flow = flow - z * 0.35 * high + 0.25 * outward * high
    elif plan.kind in TIED:
        flow = np.where(plan.lock[:, None], 0.12 * side * x - y, plan.knot - here)
    elif plan.kind in COILED:
        flow = outward
    elif plan.kind == "pixie":
        flow = (0.9 * np.sign(plan.part) * x + 0.5 * z) * high - 0.75 * y + 0.25 * outward
    else:
        stand = 0.9 if plan.kind == "quiff" else 0.3
        flow = stand * outward + 0.55 * z * high - 0.5 * y * (1 - high)
    forward = z - y * (0.35 + 0.22 * index) + 0.12 * side * x
    return np.where(plan.fringed[:, None], forward, flow)


def unit_rows(vectors):
    """Vectors (n, 3) with length one."""
    return vectors / (np.sqrt((vectors**2).sum(1, keepdims=True)) + 1e-9)


def grow(plan, roots, skull):
    """Centre lines of all strands, (n, POINTS, 3)."""
    step = (plan.length / (POINTS - 1))[:, None]
    here, heading = roots.copy(), unit_rows(roots - CENTRE)
    path = [here]
    loose = plan.kind in LOOSE
    fringed = plan.fringed[:, None]
    for index in range(1, POINTS):
        flow = direction(plan, here, unit_rows(here - CENTRE), index)
        heading = unit_rows(0.45 * heading + unit_rows(flow))
        here = here + step * heading
        if loose:
            here = np.where(fringed, here, hang(keep_face_free(here, plan.opening), plan.clearance))
        if plan.kind not in COILED:
            cling = np.where(plan.fringed, 0.4, 1.0) * loose
            here = skull.settle(here, plan.clearance * min(1.0, index / 3), cling)
        path.append(here)
    return np.stack(path, 1)


def hang(points, clearance):
    """Pull points (n, 3) that stand off sideways in, to an oval a little wider than the head."""
    x, z = points[:, 0] / (0.70 + 0.8 * clearance), (points[:, 2] - 0.1) / (1.1 + clearance)
    reach = np.sqrt(x * x + z * z) + 1e-9
    hold = 0.9 * smoothstep(points[:, 1], 7.9, 7.2)
    scale = np.where(reach > 1, 1 + hold * (1 / reach - 1), 1.0)
    return np.stack([points[:, 0] * scale, points[:, 1], 0.1 + (points[:, 2] - 0.1) * scale], 1)


def keep_face_free(points, opening):
    """Turn points around the vertical axis until the face between ± `opening` degrees is bare."""
    angle = np.degrees(np.arctan2(points[:, 0], points[:, 2] - 0.25))
    radius = np.sqrt(points[:, 0] ** 2 + (points[:, 2] - 0.25) ** 2)
    limit = opening * smoothstep(points[:, 1], 8.12, 7.55)
    limit = limit + 8 * smoothstep(points[:, 1], 7.2, 6.2)
    turned = np.where(np.abs(angle) < limit, np.where(angle < 0, -limit, limit), angle)
    turned = np.radians(turned)
    return np.stack([radius * np.sin(turned), points[:, 1], 0.25 + radius * np.cos(turned)], 1)


def clump(rng, path, roots, side, amount, every=7):
    """Draw strands towards a neighbour's, more at the tips, and give tufts a shared tone.

    Returns
    -------
    (path, tone, leader) : ndarrays (n, POINTS, 3), (n,), (n,)
        ``leader`` is the index of the strand that each one follows.
    """
    leaders = np.arange(0, len(path), every)
    distance = ((roots[:, None] - roots[leaders][None]) ** 2).sum(-1)
    distance = distance + 9.0 * (side[:, None] != side[leaders][None])
    leader = leaders[np.argmin(distance, 1)]
    along = np.linspace(0, 1, POINTS)[None, :, None] ** 0.8
    path = path + amount * along * (path[leader] - path)
    tone = (1 + 0.13 * rng.standard_normal(len(path)))[leader]
    return path, tone * (1 + 0.10 * rng.standard_normal(len(path))), leader


def curl(rng, path, leader, amplitude, turns, length):
    """Bend strands (n, POINTS, 3) into waves or coils; those of one tuft bend together."""
    phase = rng.uniform(0, 2 * np.pi, len(path))[leader] + rng.normal(0, 0.35, len(path))
    along = np.linspace(0, 1, POINTS)[None]
    angle = 2 * np.pi * turns * along * (length[:, None] / 2.0) + phase[:, None]
    size = amplitude * smoothstep(along, 0.05, 0.5)
    outward = path - CENTRE
    outward[..., 1] = 0
    outward = outward / (np.sqrt((outward**2).sum(-1, keepdims=True)) + 1e-9)
    across = np.stack([outward[..., 2], np.zeros_like(angle), -outward[..., 0]], -1)
    wave = across * (size * np.sin(angle))[..., None]
    return path + wave + outward * (0.6 * size * np.cos(angle))[..., None]


def extra_strands(rng, style, count):
    """The tail of a ponytail or the ball of a bun, about its knot: (count, POINTS, 3)."""
    along = np.linspace(0, 1, POINTS)[None]
    if style == "bun":
        radius = rng.uniform(0.26, 0.36)
        tilt, turn = rng.uniform(0, np.pi, (count, 1)), rng.uniform(0, 2 * np.pi, (count, 1))
        angle = turn + along * 2.6
        height = np.cos(tilt)
        ring = np.sqrt(np.clip(1 - height**2, 0.02, 1))
        points = [ring * np.cos(angle), height * 0.8 + 0 * angle, ring * np.sin(angle)]
        return radius * np.stack(points, -1) + np.array([0, radius * 0.7, -0.1])
    length, drift = rng.uniform(1.6, 2.9), rng.uniform(-0.7, 0.7)
    spread = rng.normal(0, 1, (count, 1)) * 0.12, rng.normal(0, 1, (count, 1)) * 0.08
    fan = 0.5 + along
    drop = length * along * rng.uniform(0.8, 1.05, (count, 1))
    x = drift * smoothstep(along, 0, 0.8) + spread[0] * fan
    z = -0.28 * np.sin(np.clip(along * 2.2, 0, np.pi)) + spread[1] * fan
    return np.stack([x, 0.16 * np.sin(np.clip(along * 5, 0, np.pi)) - drop, z], -1)


def behind(path):
    """Strands (n,) that the head hides from any camera in front of it."""
    x, y, z = np.moveaxis(path, -1, 0)
    hidden = (np.abs(x) < 0.60) & (y > 6.5) & (y < 8.05) & (z < 0.0)
    return hidden.all(1)


def stray(path):
    """Strands (n,) that slipped off the shoulder into the neckline."""
    x, y, z = np.moveaxis(path, -1, 0)
    return (np.abs(x[:, -1]) < 0.5) & (y[:, -3:].min(1) < 6.0) & (z[:, -3:].min(1) > 0.2)


def make_hair(rng, sex, vertices, style=None):
    """Grow one person's hair.

    Parameters
    ----------
    rng : numpy.random.Generator
    sex : {"female", "male"}
    vertices : (n, 3) float64
        Her neutral head.
    style : str, optional
        One of `WOMEN` or `MEN`; drawn at random if missing.

    Returns
    -------
    Hair
    """
    drawn = pick(rng, WOMEN if sex == "female" else MEN)
    style = style or drawn
    if style == "bald":
        return Hair(style, np.zeros((0, POINTS, 3)), np.zeros((0, POINTS)), np.ones(0), np.ones(0))
    kind = style.split()[0]
    short = kind in ("short", "quiff", "cropped", "pixie", "curls")
    count = {"afro": 1700, "curls": 1000, "bun": 1100, "ponytail": 1000}.get(kind, 1150)
    roots = sample_roots(rng, vertices, count)
    plan = make_plan(rng, style, roots)
    path = grow(plan, roots, Skull(vertices))
    amount = 0.12 if kind in COILED else 0.3 if short else rng.uniform(0.35, 0.75)
    amount = amount * np.clip(plan.length / 1.5, 0.3, 1.0)[:, None, None]
    path, tone, leader = clump(rng, path, roots, plan.side, amount)
    along = np.linspace(0, 1, POINTS)
    if kind in ("wavy", "bob", "long"):
        path = curl(rng, path, leader, rng.uniform(0.02, 0.07), rng.uniform(0.8, 1.8), plan.length)
    elif kind == "curly":
        path = curl(rng, path, leader, rng.uniform(0.07, 0.12), rng.uniform(2.0, 3.2), plan.length)
    elif kind in COILED:
        path = curl(rng, path, np.arange(count), 0.07, 7.0, plan.length + 0.6)
    elif short:
        path = path + rng.normal(0, 0.012, path.shape) * along[None, :, None]
    taper = np.where(along > 0.75, 1.6 - 0.8 * along, 1.0)
    width = (0.030 if short else 0.048) * rng.uniform(0.7, 1.3, (count, 1)) * taper[None]
    depth = plan.clearance / (plan.clearance.max() + 1e-9)
    seen = ~(behind(path) | stray(path))
    path, width, tone, depth = (values[seen] for values in (path, width, tone, depth))
    if kind in TIED:
        extra = extra_strands(rng, kind, 320) + plan.knot
        path, depth = np.concatenate([path, extra]), np.concatenate([depth, rng.random(320)])
        tone = np.concatenate([tone, 1 + 0.15 * rng.standard_normal(320)])
        width = np.concatenate([width, np.full((320, POINTS), 0.05)])
    return Hair(style, path, width, np.clip(tone, 0.55, 1.5), depth)
