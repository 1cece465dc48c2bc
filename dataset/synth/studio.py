"""Renders frames of shots: the one place where person, shot, light and camera meet."""

from typing import NamedTuple

import cv2
import numpy as np

from dataset.synth.background import make_background
from dataset.synth.camera import expose, make_camera, project
from dataset.synth.light import Shadow, ambient_visibility, make_light
from dataset.synth.mesh import MATERIALS, TWO_SIDED, Body
from dataset.synth.raster import facing, rasterize
from dataset.synth.seeding import generator
from dataset.synth.shade import SHADERS, shade

SUPERSAMPLE = 2
FACE = 1.64  # side of the face box in head units, brow to chin with a margin
CROP_FACE = 0.56  # part of a crop's side that the face box takes


class View(NamedTuple):
    """Size of the picture, pixels a head unit, and where the face is (column, row)."""

    width: int
    height: int
    scale: float
    centre: tuple


class Frame(NamedTuple):
    """One picture.

    image : (h, w, 3) uint8, BGR; box : x, y, w, h of the square face box in pixels.
    """

    image: np.ndarray
    box: tuple


def jpeg(frame, quality):
    """A frame's picture as the bytes of a JPEG file."""
    return cv2.imencode(".jpg", frame.image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


class Studio:
    """A person in front of a camera for one shot.

    Parameters
    ----------
    person : Person
    shot : Shot
    view : View
    room : hashable, optional
        Shots that share it share light, camera and background; each shot has its own
        if missing.
    body : Body, optional
        Pass the person's to save making it again.
    draft : bool
        Four times as fast and rougher: jagged edges, the same soft shadows whatever the
        face does.
    """

    shaders = SHADERS

    def __init__(self, person, shot, view, room=None, body=None, draft=False):
        self.person, self.shot, self.view = person, shot, view
        self.body = body or Body(person)
        self._keys = (person.seed, "room", *((shot.slug, shot.take) if room is None else (room,)))
        self.light = make_light(generator(*self._keys, "light"))
        self.camera = make_camera(generator(*self._keys, "camera"))
        # Cameras meter on faces: a dark skin is exposed longer, though not to the same grey.
        self.camera.exposure *= float((0.34 / person.skin_tone.mean()) ** 0.3)
        rng = generator(*self._keys, "background")
        self.background = make_background(rng, view.width, view.height)
        self._fine = 1 if draft else SUPERSAMPLE
        self._draft, self._sky = draft, None

    def sky(self, amount):
        """Ambient visibility of the vertices, between the face at rest and at its peak."""
        if self._sky is None:
            if self.body.rest_sky is None:
                self.body.rest_sky = ambient_visibility(self.body.pose(self.shot.start))
            rest = self.body.rest_sky
            peak = rest if self._draft else ambient_visibility(self.body.pose(self.shot.peak))
            self._sky = rest, peak
        low, high = self._sky
        count = min(len(low), len(high))  # sunglasses come and go
        mixed = low[:count] * (1 - amount) + high[:count] * amount
        longer = high if len(high) > len(low) else low
        return np.concatenate([mixed, longer[count:]])

    def frame(self, time, number):
        """Render the shot at `time` seconds; `number` seeds the frame's sensor noise."""
        face = self.shot.expression(time)
        return self.render(face, self.shot.shift(time), self.shot.amount(time), number)

    def render(self, face, shift, amount, number):
        """Render one face.

        Parameters
        ----------
        face : dict of str to float
        shift : (2,) float
            Where the head has moved, in head units.
        amount : float
            How near the face is to the shot's peak, 0..1.
        number : int
            Of the frame.

        Returns
        -------
        Frame
        """
        view, camera = self.view, self.camera
        mesh = self.body.pose(face)
        centre = np.asarray(view.centre) + np.array([shift[0], -shift[1]]) * view.scale
        points = project(mesh.vertices, camera, view.scale, centre)
        left, right = self._columns(points)
        fine = points.copy()
        fine[:, 0] -= left
        fine[:, :2] *= self._fine
        width, height = (right - left) * self._fine, view.height * self._fine
        two_sided = np.isin(mesh.material, [MATERIALS.index(name) for name in TWO_SIDED])
        drawn = np.nonzero(two_sided | facing(fine, mesh.triangles))[0]
        found = rasterize(fine, mesh.triangles[drawn], width, height)
        found = found._replace(triangle=drawn[found.triangle])
        shadow = Shadow(mesh, self.light)
        sky = self._sky_of(mesh, amount)
        colour = shade(self.person, face, mesh, found, sky, shadow, self.light, self.shaders)
        layer = np.zeros((height * width, 4), np.float32)
        layer[found.pixel, :3] = np.minimum(colour, 1.6)
        layer[found.pixel, 3] = 1
        layer = layer.reshape(height, width, 4)
        layer = cv2.resize(layer, (right - left, view.height), interpolation=cv2.INTER_AREA)
        image = self.background.copy()
        image[:, left:right] = layer[..., :3] + image[:, left:right] * (1 - layer[..., 3:])
        rng = generator(*self._keys, "noise", number)
        picture = expose(image, camera, rng, FACE * view.scale / 72)
        return Frame(picture, self.box(face, points, centre))

    def _sky_of(self, mesh, amount):
        sky = self.sky(amount)
        if len(sky) < mesh.solid:
            sky = np.concatenate([sky, np.ones(mesh.solid - len(sky))])
        return sky[: mesh.solid]

    def _columns(self, points):
        """The columns of the picture that the person may touch."""
        low = max(0, int(np.floor(points[:, 0].min())) - 1)
        high = min(self.view.width, int(np.ceil(points[:, 0].max())) + 1)
        return low, max(high, low + 1)

    def box(self, face, points, centre):
        """The face box: brow to chin with a margin, square; x, y, w, h in pixels."""
        head = self.body.head_count
        rest = self.body.rest[:head]
        eyes = points[self._region(rest, 7.28, 0.02, 0.55), :2].mean(0)
        side = FACE * self.view.scale * self._size()
        chin = points[:head][self._chin(rest), 1].max()
        top = eyes[1] - 0.31 * side
        # A dropped jaw stays inside the box.
        side = max(side, chin + 0.02 * side - top)
        middle = points[self._region(rest, 6.98, 0.1, 0.45), 0].mean()
        return (float(middle - side / 2), float(top), float(side), float(side))

    def _size(self):
        """Size of this person's face relative to the average one's."""
        body = self.body
        eye, mouth = (
            self._region(body.rest[: body.head_count], y, 0.03, 0.5) for y in (7.28, 6.66)
        )
        start = body.start[: body.head_count]
        gap = start[eye, 1].mean() - start[mouth, 1].mean()
        return float(gap / (7.28 - 6.66))

    @staticmethod
    def _region(rest, height, reach, width):
        near = (np.abs(rest[:, 1] - height) < reach) & (np.abs(rest[:, 0]) < width)
        return np.nonzero(near & (rest[:, 2] > 1.0))[0]

    @staticmethod
    def _chin(rest):
        low = (rest[:, 1] > 6.14) & (rest[:, 1] < 6.3) & (rest[:, 2] > 1.2)
        return np.nonzero(low & (np.abs(rest[:, 0]) < 0.2))[0]


def crop_view(person, shot, size):
    """A square picture around the face, which takes `CROP_FACE` of its side and sits off centre."""
    rng = generator(person.seed, "crop", shot.slug, shot.take)
    scale = size * CROP_FACE / FACE * float(np.exp(0.05 * rng.standard_normal()))
    shift = rng.normal(0, 0.02, 2) * size
    return View(size, size, scale, (size / 2 + shift[0], size / 2 + shift[1]))


def frame_view(person, shot, room=None, width=640, height=360):
    """A whole frame: the person somewhere in the picture, nearer or further."""
    rng = generator(person.seed, "frame", *((shot.slug, shot.take) if room is None else (room,)))
    scale = height * float(rng.uniform(0.17, 0.29))
    centre = width * float(rng.uniform(0.3, 0.7)), height * float(rng.uniform(0.40, 0.50))
    return View(width, height, scale, centre)
