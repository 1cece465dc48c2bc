"""Puts an expression on a photo's face."""

from typing import NamedTuple

import cv2
import numpy as np

from dataset.puppet.anatomy import EYE, LASH, MOUTH, anatomy, sky_of
from dataset.puppet.motion import SHOWN
from dataset.puppet.paint import drawn_colour, lid_fall, lip_roll, skin_ratio, smooth, wetness
from dataset.puppet.photo import SIZE
from dataset.puppet.posing import FRAME, LENS, box_of, make_view, pose
from dataset.puppet.warp import fetch, warp_field
from dataset.synth.head import load_head
from dataset.synth.mesh import MATERIALS, vertex_normals
from dataset.synth.raster import facing, rasterize
from dataset.synth.shade import Surface, blend, unit_rows

INSIDE = (EYE, LASH, FRAME, LENS, *MOUTH)  # what is no skin
DRAWN = ("mouth", "upper_teeth", "lower_teeth", "tongue", "frame", "lens")
CREASES = np.array([0.8, 1.6, 1.0, 0.8, 1.0, 1.0])  # depths, in the order of `skin.WRINKLES`
BELONGS, SOURCE = 13, slice(14, 16)  # columns of `VisiblePoints.values` after those of `paint`
SHOWN_TONGUE, HIDDEN_TONGUE = 1.25, 0.45  # how bright a tongue is


class VisiblePoints(NamedTuple):
    """The pixels that show the head, k of them.

    pixel : (k,) place in the flattened picture
    material : (k,)
    values : (k, 16) float32, see `paint.skin_ratio`, then how much the point belongs to the
        face, and its place in the photo's canvas
    corner : (k,) a vertex of its triangle
    """

    pixel: np.ndarray
    material: np.ndarray
    values: np.ndarray
    corner: np.ndarray


def puppeteer(photo, face, rng, own_mouth=False):
    """The photo with that expression on its face.

    Parameters
    ----------
    photo : Photo
    face : dict of str to float
        Weights of face units, angles and effects, see `dataset.synth.expression`.
    rng : numpy.random.Generator
        Of the view, the creases and the glasses.
    own_mouth : bool
        Whether an open mouth is the photo's; only for a face that leaves it nearly so.

    Returns
    -------
    image : (SIZE, SIZE, 3) uint8
    box : tuple of float
        x, y, w, h of the square face box.
    """
    view = make_view(rng, face.get("tilt", 0.0))
    creases = rng.uniform(0.5, 1.2, 6) * rng.uniform(0.1, 0.4) * CREASES
    posed = pose(photo, face, view, rng)
    seen = visible_points(photo, face, posed)
    texture = photo.lively if own_mouth else photo.skin
    out, inner = warp(seen, view, texture, photo.scale * view.scale)
    shade(photo, face, out, seen, creases, photo.scale * view.scale)
    flat = out.reshape(-1, 3)
    eyes = seen.material == EYE
    flat[seen.pixel[eyes]] = sample_texture(photo.eyes, seen.values[eyes, SOURCE])
    if own_mouth:
        mouth = np.isin(seen.material, MOUTH)
        flat[seen.pixel[mouth]] = sample_texture(texture, seen.values[mouth, SOURCE])
    for name in DRAWN:
        here = np.nonzero(seen.material == MATERIALS.index(name))[0]
        if len(here) and not (own_mouth and MATERIALS.index(name) in MOUTH):
            draw(photo, face, flat, seen, here, name, rng)
    flat[seen.pixel[seen.material == LASH]] *= 0.45
    return to_bytes(out, inner), box_of(photo, posed.points, view)


def visible_points(photo, face, posed):
    """Which points of the posed head the picture shows, a `VisiblePoints`."""
    head, part, count = load_head(), anatomy(), len(photo.points)
    two_sided = np.isin(posed.material, (LASH, FRAME, LENS))
    drawn = np.nonzero(facing(posed.points, posed.triangles) | two_sided)[0]
    found = rasterize(posed.points, posed.triangles[drawn], SIZE, SIZE)
    triangle = drawn[found.triangle]
    extra = len(posed.points) - count

    def padded(values, fill=0.0):
        return np.concatenate([values, np.full((extra, *values.shape[1:]), fill)])

    normals = vertex_normals(posed.vertices[:count], part.triangles) @ photo.turn.T
    values = np.column_stack([
        posed.rest, padded(normals, 0.577), padded(photo.normals, 0.577),
        padded(sky_of(face), 1.0), padded(photo.sky, 1.0), padded(head.lip), padded(head.lid),
        padded(part.belongs), padded(photo.points[:, :2]),
    ]).astype(np.float32)  # fmt: skip
    corners = posed.triangles[triangle]
    values = blend(values, corners, found.weights)
    values[:, 3:6], values[:, 6:9] = unit_rows(values[:, 3:6]), unit_rows(values[:, 6:9])
    return VisiblePoints(found.pixel, posed.material[triangle], values, corners[:, 0])


def warp(seen, view, texture, scale):
    """The photo's skin warped, (SIZE, SIZE, 3) linear, and where other things come, bool."""
    skin = (seen.material == 0) & (seen.values[:, BELONGS] > 0.5)
    known, inner = np.zeros((2, SIZE * SIZE), bool)
    known[seen.pixel[skin]] = True
    inner[seen.pixel[np.isin(seen.material, INSIDE)]] = True
    places = np.zeros((SIZE * SIZE, 2), np.float32)
    places[seen.pixel[skin]] = seen.values[skin, SOURCE]
    known, inner = known.reshape(SIZE, SIZE), inner.reshape(SIZE, SIZE)
    field = warp_field(view.back(), places.reshape(SIZE, SIZE, 2), known, inner, scale)
    return fetch(texture, field), inner


def sample_texture(texture, places):
    """Colour of the places (k, 2) in a texture, (k, 3); k may be 0."""
    return fetch(texture, places) if len(places) else np.zeros((0, 3), np.float32)


def shade(photo, face, out, seen, creases, scale):
    """Change the light on the skin of `out` in place."""
    skin = (seen.material == 0) & (seen.values[:, BELONGS] > 0.3)
    values, pixel = seen.values[skin], seen.pixel[skin]
    colour = skin_ratio(values, face, photo.fit.units, photo.light, creases)
    grey = colour.mean(1, keepdims=True)
    colour = grey + (colour - grey) * photo.colourful
    mask = np.zeros(SIZE * SIZE, np.float32)
    mask[pixel] = np.clip((values[:, BELONGS] - 0.3) / 0.4, 0, 1)
    ratio = np.ones((SIZE * SIZE, 3), np.float32)
    ratio[pixel] = colour
    out *= smooth(ratio.reshape(out.shape), mask.reshape(SIZE, SIZE), scale)
    flat = out.reshape(-1, 3)
    # Rolled in, lips show the skin around them; a closing lid is more than lashes stretched.
    plain = (0.8 * lip_roll(values, face) + 0.85 * lid_fall(values, face))[:, None]
    tone = photo.skin_colour * grey * (1 - 0.2 * plain)
    flat[pixel] += (tone - flat[pixel]) * plain
    if face.get("tears"):
        wet = wetness(values, face)[:, None]
        shine = 0.56 + (np.array([0.70, 0.56, 0.42]) - 0.56) * photo.colourful
        flat[pixel] = flat[pixel] * (1 - 0.5 * wet) + 1.35 * photo.brightness * shine * wet


def draw(photo, face, flat, seen, here, name, rng):
    """Draw one material, the pixels `here` of `seen`, into `flat` in place."""
    values = seen.values[here]
    surface = Surface(
        values[:, :3], values[:, 3:6], values[:, 9], np.ones(len(here), np.float32),
        seen.corner[here],
    )  # fmt: skip
    colour = drawn_colour(name, face, surface, photo)
    if name == "tongue":
        colour = colour * (SHOWN_TONGUE if face.get("tongueOut", 0) > SHOWN else HIDDEN_TONGUE)
    if name == "lens":  # some are dark, some are tinted, through some the eyes are seen
        clear = 0.25 * rng.random() ** 2
        tint = 0.06 * rng.random() * rng.uniform(0.2, 1, 3) * photo.colourful
        colour = colour + tint * photo.brightness + clear * flat[seen.pixel[here]]
    flat[seen.pixel[here]] = colour


def to_bytes(out, inner):
    """Linear light as bytes, the seams of what was drawn softened."""
    image = (np.clip(out, 0, 1) ** (1 / 2.2) * 255).astype(np.float32)
    inner = inner.astype(np.uint8)
    ring = cv2.dilate(inner, np.ones((3, 3))) - cv2.erode(inner, np.ones((3, 3)))
    share = np.clip(1.4 * cv2.GaussianBlur(ring.astype(np.float32), (0, 0), 0.6), 0, 1)[..., None]
    image += (cv2.GaussianBlur(image, (0, 0), 0.85) - image) * share
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)
