"""Hair as strands: each is a thin ribbon that turns towards the camera when it is drawn.

A strand grows step by step from its root on the scalp: the style's flow bends it, its
weight pulls it down, the head and the shoulders push it out, and the face is kept free.
"""

from dataclasses import dataclass

import numpy as np

from dataset.synth.head import load_head
from dataset.synth.outfit import torso_radii
from dataset.synth.raster import rasterize
from dataset.synth.seeding import pick, smoothstep

POINTS = 11  # of a strand
CENTRE = np.array([0.0, 7.45, 0.15])  # of the skull
# The hairline: azimuth from the front in degrees, and height above which hair grows.
HAIRLINE = np.array([
    [0, 7.93], [20, 7.92], [38, 7.84], [50, 7.68], [60, 7.40], [70, 7.12], [78, 7.02],
    [86, 7.12], [94, 7.42], [104, 7.40], [112, 6.95], [130, 6.62], [180, 6.50],
])  # fmt: skip
WOMEN = ("straight", "straight", "straight fringe", "wavy", "wavy", "wavy fringe", "curly", "curly",
         "bob", "bob fringe", "ponytail", "ponytail fringe", "bun", "bun fringe", "pixie", "afro")  # fmt: skip
MEN = ("short", "short", "quiff", "cropped", "cropped", "bald", "curls", "long")
LENGTH = {"bob": (5.95, 6.35), "long": (5.2, 5.9)}


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


def azimuth(points):
    """Angle around the head in degrees, 0 in front, without a sign."""
    return np.degrees(np.arctan2(np.abs(points[..., 0]), points[..., 2] - 0.25))


def hair_mask(points, softness=0.05):
    """How much hair grows at rest positions (..., 3): 0 on the face, 1 on the scalp."""
    line = np.interp(azimuth(points), HAIRLINE[:, 0], HAIRLINE[:, 1])
    return smoothstep(points[..., 1] - line, -softness, softness)


def on_ear(points):
    """Whether rest positions (..., 3) near the side of the head lie on an ear."""
    near = (np.abs(points[..., 0]) > 0.66) & (np.abs(points[..., 1] - 7.05) < 0.42)
    return near & (points[..., 2] < 0.62) & (points[..., 2] > -0.12)


class Skull:
    """Distance from the skull's centre to the skin, by direction, of one person."""

    WIDTH, HEIGHT = 144, 72

    def __init__(self, vertices):
        head = load_head()
        skin = head.triangles[head.part == 0]
        middle = head.rest[skin].mean(1)
        # Hair lies behind the ears and over them, not around them at a distance.
        skin = skin[(middle[:, 1] > 6.1) & ~on_ear(middle)]
        column, row, radius = self._angles(vertices)
        points = np.stack([column, row, -radius], 1)
        skin = skin[np.ptp(column[skin], axis=1) < self.WIDTH / 2]
        found = rasterize(points, skin, self.WIDTH, self.HEIGHT)
        table = np.zeros(self.WIDTH * self.HEIGHT)
        table[found.pixel] = -found.depth.astype(float)
        table = table.reshape(self.HEIGHT, self.WIDTH)
        while (table[: self.HEIGHT * 2 // 3] == 0).any():  # the seam at the back, the pole
            wider = np.pad(table, ((1, 1), (0, 0)), mode="edge")
            wider = np.concatenate([wider[:, -1:], wider, wider[:, :1]], 1)
            around = np.max([wider[i : i + self.HEIGHT, j : j + self.WIDTH]
                             for i in range(3) for j in range(3)], axis=0)  # fmt: skip
            table = np.where(table > 0, table, around)
        self.table = table

    def _angles(self, points):
        offset = points - CENTRE
        radius = np.sqrt((offset**2).sum(-1)) + 1e-9
        column = (np.arctan2(offset[..., 0], offset[..., 2]) / (2 * np.pi) + 0.5) * self.WIDTH
        row = np.arccos(np.clip(offset[..., 1] / radius, -1, 1)) / np.pi * self.HEIGHT
        return column, row, radius

    def settle(self, points, clearance, cling):
        """Lay points (n, 3) on the head: none deeper than `clearance` (n,) above the skin.

        `cling` (n,) says how much of what stands off further is drawn in, 0..1.
        """
        column, row, radius = self._angles(points)
        i = np.clip(row - 0.5, 0, self.HEIGHT - 1.001)
        j = column - 0.5
        i0, j0 = np.floor(i).astype(int), np.floor(j).astype(int)
        fi, fj = i - i0, j - j0
        cell = lambda di, dj: self.table[i0 + di, (j0 + dj) % self.WIDTH]  # noqa: E731
        skin = (cell(0, 0) * (1 - fj) + cell(0, 1) * fj) * (1 - fi)
        skin += (cell(1, 0) * (1 - fj) + cell(1, 1) * fj) * fi
        wanted = skin + clearance
        # Below the jaw the head's radius says nothing: there the neck and the torso decide.
        grow = np.where((radius < wanted) & (points[:, 1] > 6.3), wanted / radius, 1.0)
        near = 0.85 * cling * smoothstep(points[:, 1], 6.5, 6.9)
        grow = np.where(radius > wanted, 1 + near * (wanted / radius - 1), grow)
        out = CENTRE + (points - CENTRE) * grow[:, None]
        across, along, middle = torso_radii(np.minimum(out[:, 1], 5.9))
        flat = np.stack([out[:, 0] / (across + 0.10), (out[:, 2] - middle) / (along + 0.10)], 1)
        inside = np.sqrt((flat**2).sum(1)) + 1e-9
        below = smoothstep(out[:, 1], 6.0, 5.6)
        scale = np.where(inside < 1, 1 + below * (1 / inside - 1), 1.0)
        out[:, 0] *= scale
        out[:, 2] = middle + (out[:, 2] - middle) * scale
        return out


def sample_roots(rng, vertices, count):
    """Random points on the scalp: rest positions and this person's positions, each (count, 3)."""
    head = load_head()
    triangles = head.triangles[head.part == 0]
    triangles = triangles[hair_mask(head.rest[triangles].mean(1)) > 0.15]
    triangles = triangles[head.rest[triangles][..., 1].min(1) > 6.3]
    # Ears lie above the hairline in places; nothing grows on them.
    middle = head.rest[triangles].mean(1)
    throat = (np.abs(middle[:, 0]) < 0.45) & (middle[:, 1] < 7.5) & (middle[:, 2] > -0.5)
    triangles = triangles[~(on_ear(middle) | throat)]
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    area = np.sqrt((np.cross(b - a, c - a) ** 2).sum(1))
    total = np.cumsum(area)
    chosen = triangles[np.searchsorted(total, rng.uniform(0, total[-1], count))]
    u, v = rng.random(count), rng.random(count)
    flip = u + v > 1
    u, v = np.where(flip, 1 - u, u), np.where(flip, 1 - v, v)
    weights = np.stack([1 - u - v, u, v], 1)
    place = lambda x: (x[chosen] * weights[..., None]).sum(1)  # noqa: E731
    return place(head.rest), place(vertices)


def grow(rng, style, vertices, roots, skull):
    """Centre lines (n, POINTS, 3), clearance (n,) and side of the parting (n,) of all strands."""
    count = len(roots)
    part = rng.uniform(-0.32, 0.32)
    volume = rng.uniform(0.10, 0.26)
    opening = rng.uniform(50, 64)  # degrees of the face kept free on each side
    side = np.where(roots[:, 0] - part + rng.normal(0, 0.02, count) > 0, 1.0, -1.0)
    clearance = 0.02 + volume * rng.random(count) ** 0.7
    fringed = np.zeros(count, bool)
    style, *extras = style.split()
    loose = style in ("straight", "wavy", "curly", "bob", "long")
    knot = np.array([0.0, 8.15, -0.95])
    if loose:
        low, high = LENGTH.get(style, (4.5, 5.5))
        tip = rng.uniform(low, high) + rng.normal(0, 0.08, count)
        length = (roots[:, 1] - tip) + 0.55 * np.abs(azimuth(roots) < 90)
    elif style in ("ponytail", "bun"):
        knot = np.array([0.0, rng.uniform(7.5, 8.3), -0.95])
        if style == "bun":
            knot = np.array([0.0, rng.uniform(8.2, 8.62), -0.45])
        clearance = 0.03 + rng.uniform(0.03, 0.12) * rng.random(count)
        length = np.sqrt(((roots - knot) ** 2).sum(1)) * 1.12
    elif style in ("afro", "curls"):
        length = (rng.uniform(0.30, 0.60) if style == "afro" else 0.38) * rng.uniform(0.8, 1.1, count)
        if style == "curls":
            length = length * smoothstep(roots[:, 1], 7.2, 7.9)
    elif style == "pixie":
        length = rng.uniform(0.55, 0.85) * rng.uniform(0.7, 1.1, count)
        length = np.where(azimuth(roots) < 70, length, 0.6 * length)
        clearance = clearance * 0.7
    else:  # short, quiff, cropped
        length = {"short": 0.26, "quiff": 0.36}.get(style, 0.10) * rng.uniform(0.75, 1.15, count)
        length = length * (0.45 + 0.55 * smoothstep(roots[:, 1], 7.4, 8.1))
        clearance = clearance * 0.5
    if "fringe" in extras:
        fringed = (azimuth(roots) < 46) & (roots[:, 1] < 8.32) & (roots[:, 2] > 0.75)
        brow = rng.uniform(7.48, 7.62) + 0.03 * rng.standard_normal(count)
        length = np.where(fringed, 0.12 + (roots[:, 1] - brow) * 1.05, length)
    if style in ("ponytail", "bun") and rng.random() < 0.6:  # locks in front of the ears
        lock = (np.abs(azimuth(roots) - 64) < 10) & (roots[:, 1] < 7.8)
        length = np.where(lock, roots[:, 1] - rng.uniform(6.0, 6.9), length)
    else:
        lock = np.zeros(count, bool)
    step = (length / (POINTS - 1))[:, None]
    outward = roots - CENTRE
    outward = outward / np.sqrt((outward**2).sum(1, keepdims=True))
    x, y, z = np.eye(3)
    here, heading = roots.copy(), outward.copy()
    path = [here]
    for index in range(1, POINTS):
        outward = here - CENTRE
        outward = outward / (np.sqrt((outward**2).sum(1, keepdims=True)) + 1e-9)
        high = smoothstep(here[:, 1], 7.5, 8.3)[:, None]
        if loose:
            flow = side[:, None] * x * (0.05 + 0.95 * high) - y * (1.5 - 0.9 * high)
            flow = flow - z * 0.35 * high + 0.25 * outward * high
        elif style in ("ponytail", "bun"):
            flow = np.where(lock[:, None], 0.12 * side[:, None] * x - y, knot - here)
        elif style in ("afro", "curls"):
            flow = outward
        elif style == "pixie":
            sweep = np.sign(part) * x
            flow = sweep * 0.9 * high + z * 0.5 * high - y * 0.75 + 0.25 * outward
        else:
            flow = outward * (0.9 if style == "quiff" else 0.3) + z * 0.55 * high - y * 0.5 * (1 - high)
        forward = z * 1.0 - y * (0.35 + 0.22 * index) + side[:, None] * x * 0.12
        flow = np.where(fringed[:, None], forward, flow)
        flow = flow / (np.sqrt((flow**2).sum(1, keepdims=True)) + 1e-9)
        heading = heading * 0.45 + flow
        heading = heading / (np.sqrt((heading**2).sum(1, keepdims=True)) + 1e-9)
        here = here + step * heading
        if loose:
            here = keep_face_free(here, opening, np.where(fringed, 0.0, 1.0))
            here = np.where(fringed[:, None], here, hang(here, clearance))
        if style not in ("afro", "curls"):
            cling = np.where(fringed, 0.4, 1.0) * loose
            here = skull.settle(here, clearance * min(1.0, index / 3), cling)
        path.append(here)
    return np.stack(path, 1), clearance / (clearance.max() + 1e-9), side, length


def hang(points, clearance):
    """Pull points (n, 3) that stand off sideways in, to an oval a little wider than the head."""
    x, z = points[:, 0] / (0.70 + 0.8 * clearance), (points[:, 2] - 0.1) / (1.1 + clearance)
    reach = np.sqrt(x * x + z * z) + 1e-9
    hold = 0.9 * smoothstep(points[:, 1], 7.9, 7.2)
    scale = np.where(reach > 1, 1 + hold * (1 / reach - 1), 1.0)
    return np.stack([points[:, 0] * scale, points[:, 1], 0.1 + (points[:, 2] - 0.1) * scale], 1)


def keep_face_free(points, opening, strength):
    """Turn points around the vertical axis until the face between ± `opening` degrees is bare."""
    angle = np.degrees(np.arctan2(points[:, 0], points[:, 2] - 0.25))
    radius = np.sqrt(points[:, 0] ** 2 + (points[:, 2] - 0.25) ** 2)
    limit = opening * smoothstep(points[:, 1], 8.12, 7.55) * strength
    limit = limit + 8 * smoothstep(points[:, 1], 7.2, 6.2) * strength
    turned = np.where(np.abs(angle) < limit, np.where(angle < 0, -limit, limit), angle)
    turned = np.radians(turned)
    return np.stack([radius * np.sin(turned), points[:, 1], 0.25 + radius * np.cos(turned)], 1)


def clump(rng, path, roots, side, amount, every=7):
    """Draw strands towards a neighbour's, more at the tips, and give tufts a shared tone."""
    leaders = np.arange(0, len(path), every)
    distance = ((roots[:, None] - roots[leaders][None]) ** 2).sum(-1)
    distance = distance + 9.0 * (side[:, None] != side[leaders][None])
    leader = leaders[np.argmin(distance, 1)]
    along = np.linspace(0, 1, POINTS)[None, :, None] ** 0.8
    path = path + amount * along * (path[leader] - path)
    tone = (1 + 0.13 * rng.standard_normal(len(path)))[leader]
    return path, tone * (1 + 0.10 * rng.standard_normal(len(path))), leader


def curl(rng, path, leader, amplitude, turns, length):
    """Bend the strands into waves or coils; strands of one tuft bend together."""
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
    """The tail of a ponytail or the ball of a bun: paths (count, POINTS, 3) about the knot (0, 0, 0)."""
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
    kind = style.split()[0]
    if style == "bald":
        return Hair(style, np.zeros((0, POINTS, 3)), np.zeros((0, POINTS)), np.ones(0), np.ones(0))
    short = kind in ("short", "quiff", "cropped", "pixie", "curls")
    count = {"afro": 1900, "curls": 1200, "bun": 1100, "ponytail": 1000}.get(kind, 1500)
    _, roots = sample_roots(rng, vertices, count)
    skull = Skull(vertices)
    path, depth, side, length = grow(rng, style, vertices, roots, skull)
    amount = rng.uniform(0.35, 0.75) if not short else 0.3
    amount = 0.12 if kind in ("afro", "curls") else amount
    amount = amount * np.clip(length / 1.5, 0.3, 1.0)[:, None, None]
    path, tone, leader = clump(rng, path, roots, side, amount)
    if kind in ("wavy", "bob", "long"):
        path = curl(rng, path, leader, rng.uniform(0.02, 0.07), rng.uniform(0.8, 1.8), length)
    elif kind == "curly":
        path = curl(rng, path, leader, rng.uniform(0.07, 0.12), rng.uniform(2.0, 3.2), length)
    elif kind in ("afro", "curls"):
        path = curl(rng, path, np.arange(count), 0.07, 7.0, length + 0.6)
    elif short:
        path = path + rng.normal(0, 0.012, path.shape) * np.linspace(0, 1, POINTS)[None, :, None]
    thickness = 0.030 if short else 0.042
    taper = np.where(np.linspace(0, 1, POINTS) > 0.75, 1.6 - 0.8 * np.linspace(0, 1, POINTS), 1.0)
    width = thickness * rng.uniform(0.7, 1.3, (count, 1)) * taper[None]
    if kind in ("ponytail", "bun"):
        knot = np.median(path[:, -1], axis=0)
        extra = extra_strands(rng, kind, 320) + knot
        path, depth = np.concatenate([path, extra]), np.concatenate([depth, rng.random(320)])
        tone = np.concatenate([tone, 1 + 0.15 * rng.standard_normal(320)])
        width = np.concatenate([width, np.full((320, POINTS), 0.05)])
    return Hair(style, path, width, np.clip(tone, 0.55, 1.5), depth)
