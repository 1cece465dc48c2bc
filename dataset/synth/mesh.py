"""From a person and an expression to posed triangles ready to be drawn."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from dataset.synth.expression import displacement
from dataset.synth.head import PARTS, load_head
from dataset.synth.seeding import smoothstep

PIVOT = np.array([0.0, 6.35, 0.10])  # the joint the head turns about
MATERIALS = (*PARTS, "top", "frame", "lens", "earring", "hair")
TWO_SIDED = ("lash", "top", "frame", "lens", "earring", "hair")


@dataclass
class Mesh:
    """Posed triangles.

    Attributes
    ----------
    vertices, normals : (n, 3) float64
    rest : (n, 3) float64
        Where each vertex is on the average neutral head (for painting); for what is not
        part of the head, where it is on the unposed person.
    triangles : (m, 3) int64
    material : (m,) uint8
        Index into `MATERIALS`.
    solid : int
        Number of vertices before the hair's.
    tangents : (n - solid, 3), tones, depths : (n - solid,) float64
        Of the hair.
    """

    vertices: np.ndarray
    normals: np.ndarray
    rest: np.ndarray
    triangles: np.ndarray
    material: np.ndarray
    solid: int
    tangents: np.ndarray
    tones: np.ndarray
    depths: np.ndarray


def rotation(turn, nod, tilt):
    """Matrix (3, 3) for the head's angles in degrees, see `expression`."""
    (c1, c2, c3), (s1, s2, s3) = (f(np.radians([turn, nod, tilt])) for f in (np.cos, np.sin))
    about_y = np.array([[c1, 0, s1], [0, 1, 0], [-s1, 0, c1]])
    about_x = np.array([[1, 0, 0], [0, c2, -s2], [0, s2, c2]])
    about_z = np.array([[c3, s3, 0], [-s3, c3, 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


def vertex_normals(vertices, triangles):
    """Unit normals (n, 3), each the area-weighted mean of its triangles'."""
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    flat = np.cross(b - a, c - a)
    index = triangles.T.ravel()
    x, y, z = (np.bincount(index, np.tile(flat[:, k], 3), len(vertices)) for k in range(3))
    return np.stack([x, y, z], 1) / (np.sqrt(x * x + y * y + z * z) + 1e-12)[:, None]


@lru_cache(maxsize=1)
def lash_roots():
    """Vertices of the lashes, and for each the nearest vertex of a lid."""
    head = load_head()
    lashes = head.vertices_of("lash")
    lids = np.nonzero((head.vertex_part == 0) & (head.lid > 0.2))[0]
    gap = ((head.rest[lashes][:, None] - head.rest[lids][None]) ** 2).sum(-1)
    return lashes, lids[np.argmin(gap, 1)]


def short_lashes(vertices):
    """Lash strips drawn in to half their length: at this size lashes are a dark line."""
    lashes, roots = lash_roots()
    vertices = vertices.copy()
    vertices[lashes] = vertices[roots] + 0.5 * (vertices[lashes] - vertices[roots])
    return vertices


class Body:
    """One person's triangles before any expression; made once, posed many times."""

    def __init__(self, person):
        head = load_head()
        self.person = person
        rest, start = [head.rest], [person.vertices]
        triangles, material = [head.triangles], [head.part]
        count = len(head.rest)
        pieces = [("top", person.top)]
        if person.earrings:
            pieces.append(("earring", person.earrings))
        self.glasses = {}
        for name, pair in (("glasses", person.glasses), ("sunglasses", person.sunglasses)):
            if pair:
                # A lens of clear glass shows nothing at this size: only sunglasses get lenses.
                parts = ("frame", "lens") if name == "sunglasses" else ("frame",)
                pieces += [(f"{name}:{part}", piece) for part, piece in zip(parts, pair)]
        for name, (vertices, faces) in pieces:
            kind = name.split(":")[-1]
            rest.append(vertices)
            start.append(vertices)
            triangles.append(faces + count)
            material.append(np.full(len(faces), MATERIALS.index(kind), np.uint8))
            if ":" in name:
                self.glasses.setdefault(name.split(":")[0], []).append(len(triangles) - 1)
            count += len(vertices)
        self.rest, self.start = np.concatenate(rest), np.concatenate(start)
        self._pieces = list(zip(triangles, material))
        self.head_count = len(head.rest)
        # The chest stays under the top, whatever it is cut like.
        skin = np.arange(len(self.rest)) < self.head_count
        self.start[:, 2] -= 0.22 * skin * smoothstep(self.rest[:, 1], 5.55, 5.15)
        stiff = smoothstep(self.rest[:, 1], 5.55, 6.45)
        inner = np.isin(head.vertex_part, [PARTS.index(p) for p in PARTS if p != "skin"])
        stiff[: self.head_count][inner] = 1.0
        top = slice(self.head_count, self.head_count + len(person.top[0]))
        stiff[top] = 0.0
        stiff[top.stop :] = 1.0
        self.stiff = stiff
        hair = person.hair.points
        self.rest_sky = None  # ambient visibility at rest, kept by the studio
        self.hair_stiff = smoothstep(hair[..., 1], 4.6, 6.3)

    def drop(self, name):
        """Triangles and materials (lists) without the named pair of glasses."""
        hidden = set(self.glasses.get(name, ()))
        return [piece for index, piece in enumerate(self._pieces) if index not in hidden]

    def pose(self, face, eye_direction=(0.0, 0.0, 1.0)):
        """Put on an expression and turn the head.

        Parameters
        ----------
        face : dict of str to float
            See `expression`.
        eye_direction : (3,) float
            From the head to the camera: the ribbons of hair face it.

        Returns
        -------
        Mesh
        """
        person = self.person
        vertices = self.start.copy()
        vertices[: self.head_count] += displacement(face)
        vertices[: self.head_count] = short_lashes(vertices[: self.head_count])
        turn = rotation(*(face.get(name, 0.0) for name in ("turn", "nod", "tilt")))
        pivot = PIVOT + (self.start - self.rest)[: self.head_count][self._neck()].mean(0)
        vertices = self._turn(vertices, self.stiff, turn, pivot)
        wearing = "sunglasses" if face.get("sunglasses", 0.0) > 0.5 else "glasses"
        pieces = self.drop("glasses" if wearing == "sunglasses" else "sunglasses")
        triangles = np.concatenate([piece[0] for piece in pieces]).astype(np.int64)
        material = np.concatenate([piece[1] for piece in pieces])
        normals = vertex_normals(vertices, triangles)
        strands = self._turn(person.hair.points, self.hair_stiff, turn, pivot)
        ribbons, tangents, faces = ribbon(strands, person.hair.width, np.asarray(eye_direction))
        repeat = ribbons.shape[1] if len(ribbons) else 0
        count = len(vertices)
        flat = ribbons.reshape(-1, 3)
        return Mesh(
            vertices=np.concatenate([vertices, flat]),
            normals=np.concatenate([normals, np.zeros_like(flat)]),
            rest=np.concatenate([self.rest, flat]),
            triangles=np.concatenate([triangles, faces + count]),
            material=np.concatenate(
                [material, np.full(len(faces), MATERIALS.index("hair"), np.uint8)]
            ),
            solid=count,
            tangents=tangents,
            tones=np.repeat(person.hair.tone, repeat),
            depths=np.repeat(person.hair.depth, repeat),
        )

    def _neck(self):
        return np.abs(self.rest[: self.head_count, 1] - 6.4) < 0.2

    @staticmethod
    def _turn(points, stiffness, turn, pivot):
        moved = (points - pivot) @ turn.T + pivot
        return points + stiffness[..., None] * (moved - points)


def ribbon(strands, width, eye_direction):
    """Flat strips along strands, turned towards the camera.

    Parameters
    ----------
    strands : (s, p, 3) float64
    width : (s, p) float64
    eye_direction : (3,) float64

    Returns
    -------
    vertices : (s, 2 * p, 3) float64
    tangents : (2 * s * p, 3) float64
    triangles : (4 * s * (p - 1), 3) int64
        Two a segment.
    """
    if not len(strands):
        return np.zeros((0, 0, 3)), np.zeros((0, 3)), np.zeros((0, 3), np.int64)
    tangent = np.gradient(strands, axis=1)
    tangent = tangent / (np.sqrt((tangent**2).sum(-1, keepdims=True)) + 1e-9)
    across = np.cross(tangent, eye_direction)
    across = across / (np.sqrt((across**2).sum(-1, keepdims=True)) + 1e-6)
    half = 0.5 * width[..., None] * across
    sides = np.stack([strands - half, strands + half], 2)
    count, points = width.shape
    corner = 2 * np.arange(points - 1)[None] + 2 * points * np.arange(count)[:, None]
    corner = corner.reshape(-1, 1)
    triangles = np.concatenate([np.add(corner, [0, 1, 2]), np.add(corner, [1, 3, 2])])
    return (
        sides.reshape(count, 2 * points, 3),
        np.repeat(tangent.reshape(-1, 3), 2, axis=0),
        triangles.astype(np.int64),
    )
