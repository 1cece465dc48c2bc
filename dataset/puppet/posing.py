"""A photo's head with an expression on it, as the camera of a new picture sees it."""

from typing import NamedTuple

import numpy as np

from dataset.puppet.anatomy import LASH, anatomy
from dataset.puppet.model import project
from dataset.puppet.motion import SHOWN, moved
from dataset.puppet.photo import CANVAS, SIZE
from dataset.synth.head import load_head
from dataset.synth.mesh import MATERIALS, PIVOT, rotation, short_lashes
from dataset.synth.outfit import make_glasses
from dataset.synth.seeding import pick

FRAME, LENS = MATERIALS.index("frame"), MATERIALS.index("lens")
CLOSED = 0.55  # weight of a blink from which the lashes are a line
SHAPES = ("round", "square", "wayfarer", "cat")
TILT, TURN = 12.0, 7.0  # degrees that a head tilts, and turns or nods, at most


class View(NamedTuple):
    """The camera: how the canvas is seen in the picture.

    matrix : (2, 2), offset : (2,): canvas to picture; scale : its enlargement
    """

    matrix: np.ndarray
    offset: np.ndarray
    scale: float

    def __call__(self, points):
        """Points (n, 3) of the canvas in the picture."""
        place = points[:, :2] @ self.matrix.T + self.offset
        return np.column_stack([place, points[:, 2] * self.scale])

    def back(self):
        """Where each pixel of the picture is in the canvas, (SIZE, SIZE, 2) float32."""
        rows, columns = np.mgrid[0:SIZE, 0:SIZE] + 0.5
        here = np.stack([columns, rows], -1) - self.offset
        return (here @ np.linalg.inv(self.matrix).T).astype(np.float32)


def make_view(rng, tilt):
    """A view tilted by degrees (her head to her left shoulder), a little off centre."""
    tilt, scale = np.clip(tilt, -TILT, TILT), float(np.exp(0.05 * rng.standard_normal()))
    cosine, sine = scale * np.cos(np.radians(tilt)), scale * np.sin(np.radians(tilt))
    matrix = np.array([[cosine, -sine], [sine, cosine]])
    middle = np.full(2, SIZE / 2) + 0.02 * SIZE * rng.standard_normal(2)
    return View(matrix, middle - matrix @ np.full(2, CANVAS / 2), scale)


class Posed(NamedTuple):
    """The face to draw; the head's vertices come first, those of glasses follow.

    vertices, rest : (v, 3), turned, and on the average head
    points : (v, 3) in the picture
    triangles, material : (m, 3), (m,)
    """

    vertices: np.ndarray
    rest: np.ndarray
    points: np.ndarray
    triangles: np.ndarray
    material: np.ndarray


def pose(photo, face, view, rng):
    """The photo's head with the expression `face`, a `Posed`."""
    head, part = load_head(), anatomy()
    vertices = short_lashes(photo.identity + moved(face))
    closed = max(face.get(u, 0) for u in ("jawOpen", "mouthUpperUpLeft", "mouthLowerDownLeft"))
    if closed < 0.15 and face.get("teethOut", 0) < 0.5:  # no tooth through closed lips
        teeth = head.vertices_of("upper_teeth", "lower_teeth")
        vertices[teeth, 2] -= 0.05
    if face.get("tongueOut", 0) < SHOWN:  # a tongue that is not shown lies low and deep
        tongue = head.vertices_of("tongue")
        vertices[tongue] -= [0, 0.05, 0.12]
    # The head turns a little about the neck, but the face stays where it was.
    angles = (TURN * np.tanh(face.get(name, 0.0) / TURN) for name in ("turn", "nod"))
    turn, pivot = rotation(*angles, 0.0), PIVOT + np.array([0, 0.2, 0.1])
    bridge = np.nonzero((np.abs(head.rest[:, 1] - 7.25) < 0.05) & (np.abs(head.rest[:, 0]) < 0.15)
                        & (part.belongs > 0.5))[0]  # fmt: skip
    ghost = (photo.vertices[bridge] - pivot) @ turn.T + pivot
    drift = project(ghost, photo.pose) - project(photo.vertices[bridge], photo.pose)
    drift = 0.8 * drift[:, :2].mean(0)

    def seen(points, correction):
        turned = project((points - pivot) @ turn.T + pivot, photo.pose)
        return view(photo.to_canvas(turned, correction - drift))

    points, rest = seen(vertices, photo.correction), head.rest
    triangles, material = part.triangles, part.part
    left = head.rest[triangles[:, 0], 0] > 0
    shut = np.where(left, *(face.get("eyeBlink" + side, 0) > CLOSED for side in ("Left", "Right")))
    kept = (material != LASH) | shut
    triangles, material = triangles[kept], material[kept]
    turned = (vertices - pivot) @ turn.T + pivot
    if face.get("sunglasses", 0.0) > 0.5:
        sit = photo.correction[part.eyes].mean(0)
        frame, lens = sunglasses(photo.identity, bridge, rng)
        for code, (extra, faces) in ((FRAME, frame), (LENS, lens)):
            triangles = np.concatenate([triangles, faces + len(points)])
            material = np.concatenate([material, np.full(len(faces), code, np.uint8)])
            points = np.concatenate([points, seen(extra, sit)])
            turned, rest = np.concatenate([turned, extra]), np.concatenate([rest, extra])
    return Posed(turned, rest, points, triangles, material)


def sunglasses(identity, bridge, rng):
    """Frame and lenses, (vertices, triangles) each, for a head (n, 3) with that bridge."""
    eyes = identity[load_head().vertices_of("eye")]
    eye, front = eyes[eyes[:, 0] > 0].mean(0), float(identity[bridge, 2].max()) + 0.03
    size = float(np.exp(rng.uniform(-0.08, 0.2)))
    pieces = make_glasses(pick(rng, SHAPES), eye, front)
    frame, lens = ((resized(points, eye, size), faces) for points, faces in pieces)
    ahead = lens[0][:, 2].min() - 0.06
    # Without temples: hair may hide them.
    return (frame[0], frame[1][frame[0][frame[1]][:, :, 2].min(1) > ahead]), lens


def resized(points, eye, size):
    """Glasses (n, 3) with lenses `size` times as large about the eyes."""
    x, y = np.abs(points[:, 0]) - eye[0], points[:, 1] - eye[1]
    across = np.sign(points[:, 0]) * (eye[0] + size * x)
    across = np.where(np.abs(points[:, 0]) < 0.06, points[:, 0], across)
    return np.stack([across, eye[1] + size * y, points[:, 2]], 1)


def box_of(photo, points, view):
    """The square face box as `dataset.synth.studio` measures it: a dropped jaw stays inside."""
    part = anatomy()
    side = photo.side * photo.zoom * view.scale
    top = points[part.eyes, 1].mean() - 0.31 * side
    side = max(side, points[part.chin, 1].max() + 0.02 * side - top)
    middle = points[part.middle, 0].mean()
    return float(middle - side / 2), float(top), float(side), float(side)
