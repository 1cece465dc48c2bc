"""Lights of a shot, ambient occlusion and the shadow the key light casts."""

from dataclasses import dataclass

import numpy as np

from dataset.synth.hair import POINTS
from dataset.synth.mesh import MATERIALS
from dataset.synth.raster import facing, nearest, rasterize
from dataset.synth.seeding import pick

HAIR, LENS, LASH = (MATERIALS.index(name) for name in ("hair", "lens", "lash"))
REACH = 2.0  # half the width of the depth maps, in head units
MIDDLE = np.array([0.0, 7.0, 0.3])  # their centre


@dataclass
class Light:
    """Directional key and fill lights under a two-coloured sky.

    Attributes
    ----------
    key, fill : (3,) float64
        Unit vectors towards the lights.
    key_colour, fill_colour, sky, ground : (3,) float64
        Linear; together about 1 on a white face.
    softness : int
        Half-width of the shadow's edge in texels of the shadow map.
    """

    key: np.ndarray
    key_colour: np.ndarray
    fill: np.ndarray
    fill_colour: np.ndarray
    sky: np.ndarray
    ground: np.ndarray
    softness: int


def unit(vector):
    """The vector (3,) with length one."""
    vector = np.asarray(vector, float)
    return vector / np.sqrt((vector**2).sum())


def dot(vectors, direction):
    """Scalar product of each of the vectors (n, 3) with one direction (3,), (n,)."""
    return (
        vectors[:, 0] * direction[0] + vectors[:, 1] * direction[1] + vectors[:, 2] * direction[2]
    )


def warmth(kelvin):
    """Rough colour of light from 2800 (lamp) to 9000 (open shade), (3,), mean 1."""
    t = (np.log(kelvin) - np.log(5500)) / np.log(1.6)
    colour = np.array([1 - 0.22 * t, 1.0, 1 + 0.26 * t])
    return colour / colour.mean()


def make_light(rng):
    """A light as rooms have it: window, ceiling lamp, lamp at the side, screen, open air."""
    kind = pick(rng, ("window", "window", "ceiling", "side", "screen", "ring", "overcast"))
    side = 1.0 if rng.random() < 0.5 else -1.0
    turn = {
        "window": 0.75,
        "ceiling": 0.25,
        "side": 1.15,
        "screen": 0.2,
        "ring": 0.05,
        "overcast": 0.4,
    }
    lift = {
        "window": 0.35,
        "ceiling": 1.0,
        "side": 0.2,
        "screen": -0.15,
        "ring": 0.1,
        "overcast": 0.8,
    }
    share = {
        "window": 0.62,
        "ceiling": 0.5,
        "side": 0.6,
        "screen": 0.45,
        "ring": 0.55,
        "overcast": 0.22,
    }
    angle = side * (turn[kind] + 0.2 * rng.standard_normal())
    height = lift[kind] + 0.15 * rng.standard_normal()
    key = unit([np.sin(angle), height, np.cos(angle) * 0.9 + 0.1])
    kelvin = rng.uniform(2900, 4500) if kind in ("ceiling", "side") else rng.uniform(4800, 8500)
    part = float(np.clip(share[kind] + 0.1 * rng.standard_normal(), 0.15, 0.8))
    strength = 1.18
    ambient = warmth(rng.uniform(3200, 8000))
    floor = np.clip(0.5 * ambient + 0.5 * rng.uniform(0.5, 1.2, 3), 0.3, 1.3)
    fill = unit([-side * rng.uniform(0.4, 1.2), rng.uniform(-0.2, 0.5), rng.uniform(0.2, 0.9)])
    return Light(
        key=key,
        key_colour=strength * part * 1.25 * warmth(kelvin),
        fill=fill,
        fill_colour=strength
        * (1 - part)
        * rng.uniform(0.1, 0.55)
        * warmth(rng.uniform(3500, 8000)),
        sky=strength * (1 - part) * rng.uniform(0.75, 1.0) * ambient,
        ground=strength * (1 - part) * rng.uniform(0.2, 0.45) * floor,
        softness={"window": 3, "ceiling": 2, "side": 1, "screen": 3, "ring": 2, "overcast": 4}[
            kind
        ],
    )


def axes_of(direction):
    """Two unit vectors at right angles to `direction` and to each other."""
    helper = np.array([1.0, 0, 0]) if abs(direction[1]) > 0.95 else np.array([0, 1.0, 0])
    across = unit(np.cross(helper, direction))
    return across, np.cross(direction, across)


def light_view(vertices, direction, size):
    """Vertices (n, 3) as a light far away in `direction` sees them: column, row, depth."""
    across, up = axes_of(direction)
    offset = vertices - MIDDLE
    scale = size / (2 * REACH)
    columns = [dot(offset, axis) for axis in (across, up, direction)]
    view = [columns[0] * scale + size / 2, size / 2 - columns[1] * scale, -columns[2]]
    return np.stack(view, 1).astype(np.float32)


def sky_directions(count=22):
    """Directions evenly spread over the sphere, without those straight from below, (k, 3)."""
    index = np.arange(count) + 0.5
    height = 1 - 2 * index / count
    angle = np.pi * (1 + 5**0.5) * index
    ring = np.sqrt(1 - height**2)
    directions = np.stack([ring * np.cos(angle), height, ring * np.sin(angle)], 1)
    return directions[height > -0.6]


def ambient_visibility(mesh, size=88):
    """Share of the sky each solid vertex sees, (solid,) float64, 0..1.

    Hair takes part as its strands' points.
    """
    casting = (mesh.material != HAIR) & (mesh.material != LENS) & (mesh.material != LASH)
    # Every third strand is enough to darken what lies beneath.
    strand = 2 * POINTS
    index = np.arange(mesh.solid, len(mesh.vertices))
    hair = mesh.vertices[index[(index - mesh.solid) // strand % 3 == 0]]
    vertices, normals = mesh.vertices[: mesh.solid], mesh.normals[: mesh.solid]
    return sky_visibility(vertices, normals, mesh.triangles[casting], hair, sky_directions(), size)


def sky_visibility(vertices, normals, triangles, hair, directions, size, bias=0.05):
    """Share of the sky, weighted by the cosine, that each vertex sees, (n,) float64, 0..1.

    Parameters
    ----------
    vertices, normals : (n, 3)
    triangles : (m, 3)
        Of these vertices, which hide the sky.
    hair : (h, 3)
        Vertices of ribbons, which hide it, too.
    directions : (k, 3)
    size : int
        Texels of a side of the depth maps.
    bias : float
        By how much nearer a surface must be to hide another.
    """
    seen, weight = np.zeros(len(vertices)), np.full(len(vertices), 1e-6)
    for direction in directions:
        view = light_view(vertices, direction, size)
        front = triangles[facing(view, triangles)]
        depth = depth_map(view, front, light_view(hair, direction, size), size)
        cell, inside = cells(view, size)
        lit = np.ones(len(vertices))
        lit[inside] = view[inside, 2] < depth[cell[inside]] + bias
        cosine = np.clip(dot(normals, direction), 0, 1)
        seen += cosine * lit
        weight += cosine
    return seen / weight


def depth_map(view, triangles, hair, size):
    """How far the light reaches, (size * size,) float32; ``hair`` as for `strew_hair`."""
    found = rasterize(view, triangles, size, size)
    depth = np.full(size * size, np.inf, np.float32)
    depth[found.pixel] = found.depth
    strew_hair(depth, hair, size)
    return depth


def strew_hair(depth, view, size):
    """Let hair cast shadows: mark its points, and points half-way between, in a depth map.

    Parameters
    ----------
    depth : (size * size,) float32
        Changed in place.
    view : (h, 3) float32
        The ribbons' vertices as the light sees them, strand by strand.
    size : int
    """
    if not len(view):
        return
    between = (view[:-2] + view[2:]) * np.float32(0.5)
    points = np.concatenate([view, between])
    # Sparse points stand for a curtain of hair: thicken each to a cross of texels.
    for dx, dy in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)):
        cell, inside = cells(points + np.array([dx, dy, 0], np.float32), size)
        cell, far = cell[inside], points[inside, 2]
        first = nearest(cell, far, size * size)
        depth[cell[first]] = np.minimum(depth[cell[first]], far[first])


def cells(view, size):
    """Flat index of the texel each point falls into, and whether it falls into any."""
    column, row = np.floor(view[:, 0]).astype(np.int64), np.floor(view[:, 1]).astype(np.int64)
    inside = (column >= 0) & (column < size) & (row >= 0) & (row < size)
    return np.clip(row, 0, size - 1) * size + np.clip(column, 0, size - 1), inside


class Shadow:
    """The key light's shadow map of one posed mesh."""

    BIAS, LIFT = 0.03, 0.04

    def __init__(self, mesh, light, size=112):
        self.light, self.size = light, size
        self.view = light_view(mesh.vertices, light.key, size)
        # What receives the shadow is lifted off its surface, or it would shade itself.
        lifted = mesh.vertices + self.LIFT * mesh.normals
        self.receivers = light_view(lifted, light.key, size)
        casting = (mesh.material != LASH) & (mesh.material != HAIR)
        casting &= facing(self.view, mesh.triangles) | (mesh.material >= MATERIALS.index("top"))
        depth = depth_map(self.view, mesh.triangles[casting], self.view[mesh.solid :], size)
        self.depth = depth.reshape(size, size)
        # Beyond the map's edge everything is lit.
        self.depth[[0, -1]] = self.depth[:, [0, -1]] = np.inf

    def lit(self, view):
        """Share of the key light that reaches points seen from it (k, 3), 0..1 float32."""
        reach = self.light.softness
        step = reach / 3.0
        total = np.zeros(len(view), np.float32)
        limit = view[:, 2] - np.float32(self.BIAS)
        for dy in (-step, 0.0, step):
            row = np.clip((view[:, 1] + np.float32(dy)).astype(np.int32), 0, self.size - 1)
            for dx in (-step, 0.0, step):
                column = np.clip((view[:, 0] + np.float32(dx)).astype(np.int32), 0, self.size - 1)
                total += limit < self.depth[row, column]
        return total / np.float32(9)
