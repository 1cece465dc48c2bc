"""A rendered person who sits for the photos: what she looks like with any face is known."""

import pytest

from dataset.puppet.model import load_correspondence
from dataset.synth import camera
from dataset.synth.head import load_head
from dataset.synth.mesh import Body
from dataset.synth.person import make_person
from dataset.synth.shot import Shot
from dataset.synth.studio import Studio, View

SIDE = 200


def at_points(vertices):
    """The 478 points on the head's vertices (n, c)."""
    where = load_correspondence()
    corners = load_head().triangles[where.triangle]
    return (vertices[corners] * where.weights[..., None]).sum(1)


class Sitter:
    """A rendered person."""

    def __init__(self, seed=3):
        self.person = make_person(seed)
        self.body = Body(self.person)
        view = View(SIDE, SIDE, 66.0, (SIDE / 2, SIDE / 2))
        shot = Shot(self.person, "neutral")
        self.studio = Studio(self.person, shot, view, body=self.body, draft=True)

    def photograph(self, face):
        """Picture (SIDE, SIDE, 3) and points (478, 2) of an expression."""
        picture = self.studio.render(face, (0.0, 0.0), 0.0, 0).image
        return picture, self.points(face)

    def points(self, face):
        """Points (478, 2) of an expression, without drawing it."""
        mesh, view = self.body.pose(face), self.studio.view
        points = camera.project(mesh.vertices, self.studio.camera, view.scale, view.centre)
        return at_points(points[: self.body.head_count, :2])


@pytest.fixture(scope="session")
def sitter():
    return Sitter()
