"""What of the head a photo's face can be replaced by, and the sky that reaches it."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from dataset.synth.expression import HIGHEST, LOWEST, displacement
from dataset.synth.head import load_head
from dataset.synth.light import sky_directions, sky_visibility
from dataset.synth.mesh import MATERIALS, vertex_normals
from dataset.synth.seeding import smoothstep

LASH, EYE = MATERIALS.index("lash"), MATERIALS.index("eye")
MOUTH = [MATERIALS.index(n) for n in ("mouth", "upper_teeth", "lower_teeth", "tongue")]
DIRECTIONS, MAP = 9, 48  # of the sky, and texels of its depth maps


class Anatomy(NamedTuple):
    """Parts of the head's mesh.

    belongs : (n,) how much a vertex belongs to the face proper, 0..1: not neck, ears, scalp
    triangles, part : (m, 3), (m,) those of the face, with eyes, mouth and lashes
    drawn : (k,) the vertices of these triangles
    eyes, mouth, chin, middle : vertices by which the face box is measured
    """

    belongs: np.ndarray
    triangles: np.ndarray
    part: np.ndarray
    drawn: np.ndarray
    eyes: np.ndarray
    mouth: np.ndarray
    chin: np.ndarray
    middle: np.ndarray


@lru_cache(maxsize=1)
def anatomy():
    """The parts, made once a process."""
    head = load_head()
    x, y, z = head.rest.T
    angle = np.abs(np.degrees(np.arctan2(x, z - 0.25)))
    jaw = 6.20 + 0.55 * np.clip(angle - 25, 0, None) / 65  # its lower edge, rising to the ears
    belongs = smoothstep(angle, 82, 68) * smoothstep(y, 8.15, 7.75) * smoothstep(z, 0.3, 0.55)
    belongs = belongs * (y > jaw - 0.08) * (head.vertex_part == 0)
    kept = (belongs > 0.2)[head.triangles].any(1) | (head.part != 0)

    def region(height, reach, width):
        near = (np.abs(y - height) < reach) & (np.abs(x) < width) & (z > 1.0)
        return np.nonzero(near)[0]

    chin = np.nonzero((y > 6.14) & (y < 6.3) & (z > 1.2) & (np.abs(x) < 0.2))[0]
    return Anatomy(
        belongs, head.triangles[kept].astype(np.int64), head.part[kept],
        np.unique(head.triangles[kept]),
        region(7.28, 0.02, 0.55), region(6.66, 0.03, 0.5), chin, region(6.98, 0.1, 0.45),
    )  # fmt: skip


def visible_sky(vertices):
    """Share of the sky that each vertex of the head sees, (n,) float64, 0..1."""
    head = load_head()
    normals = vertex_normals(vertices, head.triangles)
    triangles = head.triangles[head.part != LASH]
    return sky_visibility(
        vertices, normals, triangles, np.zeros((0, 3)), sky_directions(DIRECTIONS), MAP
    )


@lru_cache(maxsize=1)
def sky_slopes():
    """The sky at rest (n,), and by how much each face unit changes it, {unit: (n,)}."""
    head = load_head()
    rest = visible_sky(head.rest)
    moved = {}
    for unit in head.units:
        moved[unit] = visible_sky(head.rest + displacement({unit: 1.0})) - rest
    return rest, moved


def sky_of(face):
    """Visible sky of an expression to first order, (n,) float64: exact enough, and no maps."""
    rest, slopes = sky_slopes()
    sky = rest.copy()
    for unit, weight in face.items():
        if unit in slopes and weight:
            sky += float(np.clip(weight, LOWEST, HIGHEST)) * slopes[unit]
    return np.clip(sky, 0.0, 1.0)
