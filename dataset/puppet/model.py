"""The head as a statistical model: identities, face units, and where the 478 points lie on it.

`correspondence.npz` (made by `pack_correspondence.py`) holds for each of MediaPipe's
points the mesh triangle and the barycentric weights of its place, and how far, in head
units, a point is typically seen from there.
"""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dataset.synth.expression import displacement
from dataset.synth.head import load_head
from dataset.synth.person import make_shape
from dataset.synth.seeding import generator

CORRESPONDENCE = Path(__file__).resolve().parent / "correspondence.npz"
SHAPES = 40  # components of identity
SAMPLED = 300  # people whose heads the components come from
CENTRE = np.array([0.0, 6.95, 0.9])  # what a pose turns about

# Face units that a photo is explained by, beside her identity.
MIDDLE_UNITS = (
    "jawOpen", "jawLeft", "jawRight", "mouthLeft", "mouthRight", "mouthPucker", "mouthFunnel",
    "mouthRollLower", "mouthRollUpper", "mouthShrugUpper", "mouthShrugLower", "browInnerUp",
)  # fmt: skip
SIDE_UNITS = (
    "mouthSmile", "mouthFrown", "mouthUpperUp", "mouthLowerDown", "mouthStretch", "mouthPress",
    "eyeBlink", "eyeWide", "eyeSquint", "browDown", "browOuterUp", "noseSneer", "cheekSquint",
)  # fmt: skip
UNITS = (*MIDDLE_UNITS, *(unit + side for unit in SIDE_UNITS for side in ("Left", "Right")))


class Correspondence(NamedTuple):
    """Where the points lie: triangle (478,) of the head, weights (478, 3), spread (478,)."""

    triangle: np.ndarray
    weights: np.ndarray
    spread: np.ndarray


class Model(NamedTuple):
    """mean (n, 3); shapes (SHAPES, n, 3), one deviation each; units (len(UNITS), n, 3)."""

    mean: np.ndarray
    shapes: np.ndarray
    units: np.ndarray


@lru_cache(maxsize=1)
def load_correspondence(path=CORRESPONDENCE):
    """The packed correspondence."""
    with np.load(path) as data:
        return Correspondence(
            data["triangle"].astype(np.int64),
            data["weights"].astype(np.float64),
            data["spread"].astype(np.float64),
        )


@lru_cache(maxsize=1)
def load_model():
    """Components of `SAMPLED` rendered people's heads at rest (a second of one core)."""
    heads = []
    for index in range(SAMPLED):
        rng = generator(index, "pca")
        sex = "female" if index % 2 else "male"
        heads.append(make_shape(rng, sex, float(rng.beta(1.3, 2.6)))[0].ravel())
    heads = np.array(heads)
    mean = heads.mean(0)
    heads -= mean
    # The components of 300 heads of 16,000 numbers, through the small matrix of products.
    values, vectors = np.linalg.eigh(heads @ heads.T)
    vectors = vectors[:, ::-1][:, :SHAPES]
    shapes = vectors.T @ heads / np.sqrt(SAMPLED)
    del values
    units = np.array([displacement({unit: 1.0}) for unit in UNITS])
    return Model(mean.reshape(-1, 3), shapes.reshape(SHAPES, -1, 3), units)


@lru_cache(maxsize=1)
def points_model():
    """The model at the 478 points only: a `Model` whose n is 478."""
    model, where = load_model(), load_correspondence()
    corners = load_head().triangles[where.triangle]

    def at(values):
        return np.einsum("...kcx,kc->...kx", values[..., corners, :], where.weights)

    return Model(at(model.mean), at(model.shapes), at(model.units))


def rotation(angles):
    """Matrix (3, 3) of a pose's angles in radians: nod, turn, tilt."""
    (cx, cy, cz), (sx, sy, sz) = np.cos(angles), np.sin(angles)
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return about_z @ about_x @ about_y


def project(vertices, pose):
    """Weak perspective: columns, rows and depths (growing away), (..., 3).

    Parameters
    ----------
    vertices : (..., 3) float64
    pose : (6,) float64
        Pixels a head unit, column and row of `CENTRE`, then the angles of `rotation`.
    """
    turned = (vertices - CENTRE) @ rotation(pose[3:]).T * pose[0]
    return np.stack([pose[1] + turned[..., 0], pose[2] - turned[..., 1], -turned[..., 2]], -1)
