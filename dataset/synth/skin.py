"""Painted skin: a texture wrapped around the head, one texel a direction and a height.

Column = azimuth about the vertical axis (0, y, 0.25), row = height. Everything is
painted in rest coordinates, so it follows the face when the face moves.
"""

from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np

from dataset.synth.head import load_head
from dataset.synth.raster import rasterize
from dataset.synth.scalp import hair_mask, on_ear
from dataset.synth.seeding import linear, pick, smooth_noise, smoothstep

WIDTH, HEIGHT = 1024, 768
TOP, BOTTOM = 8.6, 4.85
WRINKLES = ("forehead", "frown", "crow", "fold", "under_eye", "nose")


class Skin(NamedTuple):
    """Textures of one person's head, (HEIGHT, WIDTH, ...) float32.

    `wrinkles` are two textures with three layers each, one layer a name in `WRINKLES`:
    how dark that crease gets at full strength, 0..1. `tears` is where tears run.
    """

    albedo: np.ndarray
    gloss: np.ndarray
    wrinkles: tuple
    tears: np.ndarray


def texel(rest):
    """Column and row (float) of rest positions (..., 3)."""
    angle = np.arctan2(rest[..., 0].astype(float), rest[..., 2].astype(float) - 0.25)
    column = (angle / (2 * np.pi) + 0.5) * WIDTH - 0.5
    return column, (TOP - rest[..., 1]) / (TOP - BOTTOM) * HEIGHT - 0.5


@lru_cache(maxsize=1)
def surface():
    """Rest position (HEIGHT, WIDTH, 3), lip and lid masks (HEIGHT, WIDTH) of every texel."""
    head = load_head()
    skin = head.triangles[head.part == 0]
    column, row = texel(head.rest)
    skin = skin[np.ptp(column[skin], axis=1) < WIDTH / 2]
    radius = np.sqrt(head.rest[:, 0] ** 2 + (head.rest[:, 2] - 0.25) ** 2)
    found = rasterize(np.stack([column + 0.5, row + 0.5, -radius], 1), skin, WIDTH, HEIGHT)
    values = np.column_stack([head.rest, head.lip, head.lid])
    painted = np.zeros((HEIGHT * WIDTH, 5))
    covered = np.zeros(HEIGHT * WIDTH, np.uint8)
    corners = skin[found.triangle]
    painted[found.pixel] = (values[corners] * found.weights[..., None].astype(float)).sum(1)
    covered[found.pixel] = 1
    # Where nothing was hit (the back seam, above the pole) take the nearest texel that was.
    _, label = cv2.distanceTransformWithLabels(
        1 - covered.reshape(HEIGHT, WIDTH), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    hit = np.nonzero(covered)[0]
    source = np.zeros(label.max() + 1, np.int64)
    source[label.ravel()[hit]] = hit
    painted = painted[source[label.ravel()]].reshape(HEIGHT, WIDTH, 5)
    return painted[..., :3], painted[..., 3], painted[..., 4]


def spot(x, y, z, at, size):
    """Soft spots of the given half-sizes, one on each side of the face: (H, W), 0 to 1.

    ``x, y, z`` (H, W) are the texels' places on the head, x without its sign.
    """
    return np.exp(-(((x - at[0]) / size[0]) ** 2) - ((y - at[1]) / size[1]) ** 2) * (z > 0.4)


def stroke(x, y, points, width):
    """1 along a polyline through `points`, fading to 0 at `width`."""
    distance = np.full(x.shape, 9.0)
    for (x0, y0), (x1, y1) in zip(points[:-1], points[1:]):
        length = (x1 - x0) ** 2 + (y1 - y0) ** 2
        t = np.clip(((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length, 0, 1)
        gap = np.sqrt((x - x0 - t * (x1 - x0)) ** 2 + (y - y0 - t * (y1 - y0)) ** 2)
        distance = np.minimum(distance, gap)
    return smoothstep(distance, width, 0.15 * width)


@lru_cache(maxsize=1)
def crease_maps():
    """The creases of an average face, (HEIGHT, WIDTH, len(WRINKLES)) float32, 0..1."""
    place, _, _ = surface()
    x, y, z = np.abs(place[..., 0]), place[..., 1], place[..., 2]
    front = z > 0.3
    maps = {name: np.zeros(x.shape) for name in WRINKLES}
    for height in (7.60, 7.69, 7.78):
        line = height + 0.03 * np.cos(x * 6)
        maps["forehead"] += smoothstep(np.abs(y - line), 0.022, 0.004) * smoothstep(x, 0.48, 0.2)
    maps["frown"] += stroke(x, y, [(0.075, 7.36), (0.07, 7.45), (0.085, 7.54)], 0.028)
    maps["frown"] += 0.5 * stroke(x, y, [(0.0, 7.33), (0.06, 7.35)], 0.03)
    for angle in (-0.45, -0.1, 0.25):
        end = (0.56 + 0.16 * np.cos(angle), 7.26 + 0.16 * np.sin(angle))
        maps["crow"] += stroke(x, y, [(0.55, 7.265), end], 0.016)
    maps["fold"] += stroke(x, y, [(0.16, 6.97), (0.25, 6.86), (0.345, 6.70), (0.36, 6.6)], 0.045)
    maps["under_eye"] += stroke(x, y, [(0.17, 7.17), (0.27, 7.10), (0.40, 7.12)], 0.03)
    for height in (7.22, 7.27):
        maps["nose"] += stroke(x, y, [(0.0, height), (0.08, height - 0.04)], 0.018)
    layers = [cv2.GaussianBlur(np.clip(maps[name] * front, 0, 1), (0, 0), 1.2) for name in WRINKLES]
    return np.stack(layers, -1).astype(np.float32)


def brow_mask(rng, sex, x, y, z):
    """Coverage of the eyebrows, (HEIGHT, WIDTH), 0..1, hair by hair."""
    thickness = rng.uniform(0.034, 0.054) if sex == "female" else rng.uniform(0.045, 0.068)
    arch = rng.uniform(0.03, 0.10) if sex == "female" else rng.uniform(0.0, 0.05)
    height = rng.uniform(7.42, 7.46) - (0.02 if sex == "male" else 0)
    inner, outer = 0.125 + rng.uniform(-0.03, 0.03), 0.555 + rng.uniform(-0.04, 0.03)
    u = (x - inner) / (outer - inner)
    inside = np.clip(u, 0, 1)
    middle = height + arch * np.sin(inside * np.pi * 0.82) - 0.05 * inside**3
    half = np.maximum(thickness * np.clip(1.08 - 0.75 * inside**2, 0, 1), 2e-3)
    offset = y - middle
    lean = (x * rng.uniform(90, 120) - offset * 70) + 2.4 * smooth_noise(rng, HEIGHT, WIDTH, 6)
    hairs = 0.74 + 0.26 * np.sin(lean)
    mask = smoothstep(np.abs(offset), half, half * 0.4)
    mask = mask * smoothstep(u, -0.06, 0.05) * smoothstep(u, 1.05, 0.93) * hairs * (z > 0.6)
    return cv2.GaussianBlur(mask * rng.uniform(0.82, 0.98), (0, 0), 0.8)


def beard_mask(rng, x, y, z):
    """Coverage of a beard or of stubble, (HEIGHT, WIDTH); zero for a shaven man."""
    kind = pick(rng, ("none", "none", "stubble", "stubble", "beard", "moustache", "goatee"))
    jaw = smoothstep(
        y, 6.72 + 0.45 * np.clip(x - 0.35, 0, 1), 6.55 + 0.45 * np.clip(x - 0.35, 0, 1)
    )
    jaw = jaw * smoothstep(y, 5.95, 6.1) * (z > 0.35)
    lip = smoothstep(x, 0.33, 0.27) * smoothstep(y, 6.73, 6.76) * smoothstep(y, 6.9, 6.85) * (z > 1)
    chin = smoothstep(x, 0.24, 0.15) * jaw
    area = {"none": 0 * x, "stubble": np.maximum(jaw, lip), "beard": np.maximum(jaw, lip),
            "moustache": lip, "goatee": np.maximum(chin, lip)}[kind]  # fmt: skip
    coverage = rng.uniform(0.15, 0.4) if kind == "stubble" else rng.uniform(0.7, 0.92)
    grain = 0.8 + 0.2 * smooth_noise(rng, HEIGHT, WIDTH, 1.6)
    return cv2.GaussianBlur(np.clip(area * coverage * grain, 0, 0.95), (0, 0), 1.0)


def blend(albedo, mask, colour):
    """Paint `colour` over `albedo` where `mask` says so."""
    mask = mask[..., None]
    return albedo * (1 - mask) + np.asarray(colour) * mask


def paint_skin(rng, sex, tone, hair_colour, age, make_up, bald=False):
    """Paint one person's head.

    Parameters
    ----------
    rng : numpy.random.Generator
    sex : {"female", "male"}
    tone, hair_colour : (3,) float64
        Linear colours.
    age : float
        0 (young) to 1 (old): creases and blemishes.
    make_up : float
        0 (none) to 1 (heavy): lips, eyelids, liner.
    bald : bool
        Leave the scalp bare.

    Returns
    -------
    Skin
    """
    place, lips, lids = surface()
    x, y, z = np.abs(place[..., 0]), place[..., 1], place[..., 2]
    dark = tone.mean() < 0.16
    albedo = np.ones((HEIGHT, WIDTH, 3)) * tone
    ears = smoothstep(np.abs(np.degrees(np.arctan2(x, z - 0.25)) - 88), 25, 5) * (
        np.abs(y - 7.05) < 0.5
    )
    red = 0.6 * spot(x, y, z, (0.45, 6.95), (0.25, 0.22)) + 0.5 * spot(
        x, y, z, (0, 6.97), (0.14, 0.12)
    )
    red += 0.25 * spot(x, y, z, (0, 6.45), (0.25, 0.15)) + 0.3 * ears * (x > 0.62)
    albedo *= 1 - (red * rng.uniform(0.3, 1.3))[..., None] * np.array([0.06, 0.26, 0.22])
    shade = spot(x, y, z, (0.30, 7.12), (0.17, 0.06)) * rng.uniform(0.05, 0.30 + 0.2 * age)
    albedo *= 1 - shade[..., None] * np.array([0.8, 1.0, 0.8])
    socket = spot(x, y, z, (0.29, 7.31), (0.20, 0.10)) * rng.uniform(0.12, 0.30)
    albedo *= 1 - socket[..., None] * np.array([0.9, 1.0, 1.0])
    noise = 0.035 * smooth_noise(rng, HEIGHT, WIDTH, 1.5) + 0.02 * smooth_noise(
        rng, HEIGHT, WIDTH, 6
    )
    noise = noise + 0.035 * smooth_noise(rng, HEIGHT, WIDTH, 60)
    albedo *= 1 + noise[..., None] * np.array([0.8, 1.0, 1.1])
    albedo = paint_marks(rng, albedo, x, y, z, dark, age)
    albedo = paint_make_up(rng, albedo, x, y, z, lips, lids, make_up, dark)
    brow_colour = hair_colour * (0.32 if hair_colour.mean() > 0.12 else 0.7)
    albedo = blend(albedo, brow_mask(rng, sex, x, y, z), brow_colour)
    if sex == "male":
        albedo = blend(albedo, beard_mask(rng, x, y, z), hair_colour * 0.7 + tone * 0.04)
    if not bald:
        ragged = place + 0.02 * smooth_noise(rng, HEIGHT, WIDTH, 5)[..., None]
        scalp = hair_mask(ragged) * ~on_ear(place)
        albedo = blend(albedo, 0.93 * scalp, hair_colour * 0.6)
    gloss = 1 + 0.25 * smooth_noise(rng, HEIGHT, WIDTH, 3)
    gloss += 0.8 * spot(x, y, z, (0, 7.0), (0.12, 0.3)) + 0.5 * spot(x, y, z, (0, 7.7), (0.5, 0.2))
    gloss = gloss * rng.uniform(0.3, 1.5) + 3.0 * lips * rng.uniform(0.2, 1.0) * (0.3 + make_up)
    depth = rng.uniform(0.5, 1.2, len(WRINKLES)) * (0.16 + 0.40 * age)
    wrinkles = crease_maps() * depth.astype(np.float32)
    return Skin(
        np.clip(albedo, 0.004, 1).astype(np.float32),
        np.clip(gloss, 0, 5).astype(np.float32),
        tuple(np.ascontiguousarray(wrinkles[..., k : k + 3]) for k in (0, 3)),
        tear_mask(),
    )


def paint_marks(rng, albedo, x, y, z, dark, age):
    """Freckles on some, a few moles and blemishes on all: ``albedo`` (H, W, 3) with them."""
    marks = np.zeros((HEIGHT, WIDTH))
    if rng.random() < 0.3 and not dark:
        count = int(rng.integers(3000, 12000))
        marks[rng.integers(0, HEIGHT, count), rng.integers(0, WIDTH, count)] = rng.uniform(
            0.3, 1, count
        )
        marks = cv2.GaussianBlur(marks, (0, 0), 1.3) * 8
        marks *= spot(x, y, z, (0.3, 6.98), (0.4, 0.22)) + 0.3 * spot(x, y, z, (0, 7.6), (0.6, 0.4))
    for _ in range(int(rng.integers(0, 4 + int(6 * age)))):
        column, row = (
            rng.integers(WIDTH * 0.3, WIDTH * 0.7),
            rng.integers(HEIGHT * 0.2, HEIGHT * 0.62),
        )
        cv2.circle(
            marks, (int(column), int(row)), int(rng.integers(1, 4)), rng.uniform(0.3, 1.0), -1
        )
    marks = np.clip(cv2.GaussianBlur(marks, (0, 0), 0.8), 0, 0.65)
    return albedo * (1 - marks[..., None] * np.array([0.25, 0.5, 0.6]))


def paint_make_up(rng, albedo, x, y, z, lips, lids, amount, dark):
    """``albedo`` (H, W, 3) with lips, eye shadow, eye liner and rouge.

    ``lips`` and ``lids`` (H, W) say where those are, 0 to 1; ``amount`` is the probability
    that lips are painted.
    """
    natural = linear(pick(rng, ((186, 104, 98), (176, 92, 90), (196, 120, 112), (164, 88, 84))))
    bold = linear(
        pick(rng, ((188, 34, 48), (150, 30, 60), (206, 90, 100), (120, 40, 50), (200, 70, 60)))
    )
    painted = rng.random() < amount
    lip = bold if painted else 0.6 * natural + 0.4 * albedo.mean((0, 1))
    lip = lip * (0.5 if dark else 1.0)
    shadow = linear(
        pick(rng, ((120, 84, 80), (96, 80, 104), (140, 96, 80), (80, 90, 110), (60, 50, 50)))
    )
    lid = np.clip(lids + 0.7 * spot(x, y, z, (0.31, 7.39), (0.2, 0.05)), 0, 1)
    albedo = blend(
        albedo, lid * (0.08 + 0.5 * amount * rng.random()), shadow * (0.4 if dark else 1.0)
    )
    liner = cv2.GaussianBlur(lids, (0, 0), 1.0) * smoothstep(np.abs(y - 7.285), 0.07, 0.03)
    albedo = blend(albedo, np.clip(liner * amount * 0.7, 0, 0.8), (0.012, 0.01, 0.01))
    rouge = spot(x, y, z, (0.48, 6.98), (0.18, 0.12)) * amount * rng.uniform(0, 0.5)
    albedo = albedo * (1 - rouge[..., None] * np.array([0.05, 0.45, 0.35]))
    cover = np.clip(cv2.GaussianBlur(lips, (0, 0), 1.0), 0, 1) * (
        rng.uniform(0.75, 0.95) if painted else 0.65
    )
    return blend(albedo, cover, lip)


@lru_cache(maxsize=1)
def tear_mask():
    """Where tears run down the cheeks, (HEIGHT, WIDTH) float32, 0..1; the same on every face."""
    place, _, _ = surface()
    x, y, z = np.abs(place[..., 0]), place[..., 1], place[..., 2]
    mask = np.zeros(x.shape)
    for middle, width, end in ((0.30, 0.028, 6.75), (0.37, 0.020, 6.88)):
        path = np.abs(x - middle - 0.02 * np.sin(y * 9))
        run = (
            smoothstep(path, width, width * 0.4)
            * smoothstep(y, end - 0.05, end)
            * smoothstep(y, 7.2, 7.12)
        )
        drop = smoothstep(np.sqrt(((x - middle) * 1.2) ** 2 + ((y - end) * 0.8) ** 2), 0.05, 0.02)
        mask = np.maximum(mask, np.maximum(run, drop) * (z > 0.8))
    return cv2.GaussianBlur(mask, (0, 0), 1.0).astype(np.float32)
