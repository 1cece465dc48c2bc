"""The scalp: where hair grows, and the surface it lies on."""

import numpy as np

from dataset.synth.head import load_head
from dataset.synth.outfit import torso_radii
from dataset.synth.raster import rasterize
from dataset.synth.seeding import smoothstep

CENTRE = np.array([0.0, 7.45, 0.15])  # of the skull
# The hairline: azimuth from the front in degrees, and height above which hair grows.
HAIRLINE = np.array([
    [0, 7.93], [20, 7.92], [38, 7.84], [50, 7.68], [60, 7.40], [70, 7.12], [78, 7.02],
    [86, 7.12], [94, 7.42], [104, 7.40], [112, 6.95], [130, 6.62], [180, 6.50],
])  # fmt: skip


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
            shifted = [
                wider[i : i + self.HEIGHT, j : j + self.WIDTH] for i in range(3) for j in range(3)
            ]
            around = np.max(shifted, axis=0)
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
        left, right = j0 % self.WIDTH, (j0 + 1) % self.WIDTH
        skin = (self.table[i0, left] * (1 - fj) + self.table[i0, right] * fj) * (1 - fi)
        skin += (self.table[i0 + 1, left] * (1 - fj) + self.table[i0 + 1, right] * fj) * fi
        wanted = skin + clearance
        # Below the jaw the head's radius says nothing: there the neck and the torso decide.
        grow = np.where((radius < wanted) & (points[:, 1] > 6.3), wanted / radius, 1.0)
        near = 0.85 * cling * smoothstep(points[:, 1], 6.5, 6.9)
        grow = np.where(radius > wanted, 1 + near * (wanted / radius - 1), grow)
        out = CENTRE + (points - CENTRE) * grow[:, None]
        across, along, middle = torso_radii(np.minimum(out[:, 1], 5.9))
        # What meets the shoulders falls behind them.
        depth = (along + 0.10) * np.sqrt(np.clip(1 - (out[:, 0] / (across + 0.10)) ** 2, 0, 1))
        surface = middle - depth
        inside = np.abs(out[:, 2] - middle) < depth
        below = smoothstep(out[:, 1], 6.0, 5.6)
        out[:, 2] += np.where(inside, below * (surface - out[:, 2]), 0.0)
        return out


def sample_roots(rng, vertices, count):
    """Random points (count, 3) on the scalp of a head with these vertices."""
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
    return (vertices[chosen] * weights[..., None]).sum(1)
