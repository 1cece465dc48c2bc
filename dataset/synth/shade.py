"""Colour of every visible point: one short function a material.

Each takes the points of a material (a `Surface` of k of them) and the scene's `light.Light`, most
also the `Person` and the face's expression (dict of unit to weight), and gives linear RGB (k, 3).

Light is linear. float32 takes part in + - * / and sqrt only, see `seeding`.
"""

from typing import NamedTuple

import cv2
import numpy as np

from dataset.synth.expression import EFFECTS
from dataset.synth.head import load_head
from dataset.synth.light import dot
from dataset.synth.mesh import MATERIALS
from dataset.synth.seeding import smoothstep
from dataset.synth.skin import WRINKLES, texel

VIEW = np.array([0.0, 0.0, 1.0])


class Surface(NamedTuple):
    """What is known about the visible points of one material, k of them.

    rest, normal : (k, 3) float32; sky, key : (k,) float32, visibility of the sky and of
    the key light; corner : (k,) the first corner's vertex.
    """

    rest: np.ndarray
    normal: np.ndarray
    sky: np.ndarray
    key: np.ndarray
    corner: np.ndarray


def power(base, exponent):
    """`base` to a power of two by repeated squaring, exact in float32."""
    while exponent > 1:
        base, exponent = base * base, exponent // 2
    return base


def unit_rows(vectors):
    """Vectors (k, 3) float32 with length one."""
    x, y, z = vectors.T
    return vectors / (np.sqrt(x * x + y * y + z * z) + np.float32(1e-6))[:, None]


def irradiance(surface, light, wrap):
    """Light that arrives at each point, (k, 3); `wrap` (3,) lets it creep around edges."""
    normal = surface.normal
    facing = dot(normal, light.key.astype(np.float32))[:, None]
    wrap = np.asarray(wrap, np.float32)
    direct = np.clip((facing + wrap) / (1 + wrap), 0, 1) * surface.key[:, None]
    up = (0.5 + 0.5 * normal[:, 1])[:, None]
    sky = light.sky.astype(np.float32) * up + light.ground.astype(np.float32) * (1 - up)
    fill = np.clip(dot(normal, light.fill.astype(np.float32)), 0, 1)[:, None]
    ambient = sky + fill * light.fill_colour.astype(np.float32)
    return direct * light.key_colour.astype(np.float32) + ambient * surface.sky[:, None]


def highlight(surface, light, exponent):
    """Mirror-like reflection of the key light, (k,)."""
    half = light.key + VIEW
    half = (half / np.sqrt((half**2).sum())).astype(np.float32)
    return power(np.clip(dot(surface.normal, half), 0, 1), exponent) * surface.key


def sample(texture, column, row):
    """Bilinear lookup of (k,) texel positions in a texture (h, w, c), (k, c) float32."""
    count = len(column)
    width = 1024  # OpenCV refuses rows beyond 32,767
    height = -(-count // width)
    grid = np.zeros((2, height * width), np.float32)
    grid[0, :count], grid[1, :count] = column, row
    grid = grid.reshape(2, height, width)
    values = cv2.remap(texture, grid[0], grid[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return values.reshape(height * width, -1)[:count]


def crease_strengths(face):
    """How deep each of `WRINKLES` is drawn on the left and on the right, (2, 6), 0..1."""
    get = lambda name: max(face.get(name, 0.0), 0.0)  # noqa: E731
    table = []
    for side in ("Left", "Right"):
        squint = get("eyeSquint" + side) + get("cheekSquint" + side)
        smile = get("mouthSmile" + side)
        table.append([
            0.6 * get("browInnerUp") + 0.6 * get("browOuterUp" + side),
            0.9 * get("browDown" + side) + 0.25 * get("noseSneer" + side),
            0.45 * squint + 0.25 * smile + 0.3 * get("eyeBlink" + side) * (smile > 0.4),
            0.9 * smile + 0.7 * get("noseSneer" + side) + 0.4 * get("mouthUpperUp" + side),
            0.55 * squint + 0.3 * smile,
            0.8 * get("noseSneer" + side) + 0.2 * squint,
        ])  # fmt: skip
    assert len(table[0]) == len(WRINKLES)
    return np.clip(np.array(table), 0, 1.2)


def shade_skin(person, face, surface, light):
    """Painted skin with creases, tears, blush and shine."""
    column, row = texel(surface.rest)
    skin = person.skin
    albedo = sample(skin.albedo, column, row)
    gloss = sample(skin.gloss, column, row)[:, 0]
    depth = np.concatenate([sample(layers, column, row) for layers in skin.wrinkles], 1)
    strength = crease_strengths(face).astype(np.float32)
    own = np.where(surface.rest[:, :1] > 0, strength[0], strength[1])
    crease = 1 - np.clip((depth * own).sum(1), 0, 0.75)[:, None]
    albedo = albedo * (crease * np.array([0.75, 0.95, 1.0], np.float32) + [0.25, 0.05, 0.0])
    tears, blush = (face.get(name, 0.0) for name in EFFECTS[:2])
    if tears:
        wet = np.float32(tears) * sample(skin.tears, column, row)
        albedo = albedo * (1 - 0.5 * wet) + np.array([0.42, 0.56, 0.70]) * 0.45 * wet
        gloss = gloss + 6 * wet[:, 0]
    if blush:
        x, y = np.abs(surface.rest[:, 0]).astype(float), surface.rest[:, 1].astype(float)
        spot = blush * np.exp(-(((x - 0.46) / 0.2) ** 2) - ((y - 6.95) / 0.16) ** 2)
        albedo = albedo * (1 - spot[:, None] * np.array([0.05, 0.45, 0.38]))
    light_in = irradiance(surface, light, (0.38, 0.20, 0.15))
    shine = 0.035 * highlight(surface, light, 16) + 0.05 * highlight(surface, light, 64)
    rim = power(1 - np.clip(surface.normal[:, 2], 0, 1), 4) * surface.sky * np.float32(0.05)
    return albedo * light_in + ((shine * gloss)[:, None] + rim[:, None]) * light.key_colour


def shade_mouth(person, face, surface, light):
    """The dark inside of the mouth."""
    dark = irradiance(surface, light, (0.3, 0.2, 0.2)) * surface.sky[:, None]
    return np.array([0.16, 0.03, 0.03]) * dark * 0.5 + 0.002


def shade_eye(person, face, surface, light):
    """White, iris, pupil, the lid's shadow and a glint."""
    eye_centres = load_head().rest[load_head().vertices_of("eye")]
    centre = np.array([np.abs(eye_centres[:, 0]).mean(), *eye_centres[:, 1:].mean(0)])
    side = np.sign(surface.rest[:, 0])
    x = (surface.rest[:, 0] - side * centre[0]).astype(float)
    y = surface.rest[:, 1].astype(float) - centre[1]
    ahead = surface.rest[:, 2] > centre[2]
    radius = np.where(ahead, np.sqrt(x * x + y * y), 9.0)
    size = 0.072
    rays = 1 + 0.18 * np.sin(np.arctan2(y, x) * 23)
    iris = person.iris * (rays * (0.65 + 0.7 * smoothstep(radius, 0.025, size)))[:, None]
    white = np.array([0.70, 0.66, 0.63]) * (1 - 0.25 * smoothstep(radius, 0.10, 0.15))[:, None]
    inside = smoothstep(radius, size + 0.006, size - 0.006)[:, None]
    ring = 0.6 * smoothstep(np.abs(radius - size), 0.016, 0.002)[:, None]
    pupil = smoothstep(radius, 0.034, 0.027)[:, None]
    colour = (white * (1 - inside) + iris * inside) * (1 - ring) * (1 - pupil) + 0.004 * pupil
    lid = 1 - 0.4 * smoothstep(y, 0.0, 0.09)
    at = 0.03 * np.sign(light.key[0])
    glint = smoothstep(np.sqrt((x - at) ** 2 + (y - 0.035) ** 2), 0.022, 0.012)
    light_in = 0.72 * irradiance(surface, light, (0.4, 0.4, 0.4)) + 0.12 * light.sky
    return (
        colour * light_in * lid[:, None] + 0.8 * glint[:, None] * light.key_colour * ahead[:, None]
    )


def shade_teeth(person, face, surface, light, upper):
    """Enamel with dark gaps, gums above (or below), darker towards the back."""
    rest = surface.rest.astype(float)
    edge = (6.775, 6.80) if upper else (6.47, 6.44)
    gum = smoothstep(rest[:, 1], *edge)[:, None]
    gap = np.abs((np.arctan2(rest[:, 0], rest[:, 2] - 0.75) / 0.155) % 1 - 0.5)
    colour = np.array([0.76, 0.71, 0.61]) * (1 - 0.25 * smoothstep(gap, 0.42, 0.5))[:, None]
    colour = colour * (1 - gum) + np.array([0.30, 0.08, 0.08]) * gum
    front = smoothstep(rest[:, 2], 1.12, 1.4)[:, None]
    surface = surface._replace(sky=np.maximum(surface.sky, np.float32(0.35)))  # enamel glows
    light_in = irradiance(surface, light, (0.5, 0.5, 0.5)) * 0.8 + 0.16 * light.sky
    return colour * light_in * (0.2 + 0.8 * front) + 0.08 * highlight(surface, light, 32)[:, None]


def shade_tongue(person, face, surface, light):
    """Wet and rough."""
    rest = surface.rest.astype(float)
    bumps = 1 + 0.10 * np.sin(rest[:, :1] * 60) * np.sin(rest[:, 2:] * 60)
    groove = 1 - 0.25 * smoothstep(np.abs(rest[:, :1]), 0.04, 0.0)
    light_in = 0.85 * irradiance(surface, light, (0.4, 0.25, 0.25)) + 0.05 * light.sky
    return (
        np.array([0.52, 0.15, 0.16]) * bumps * groove * light_in
        + 0.15 * highlight(surface, light, 32)[:, None]
    )


def shade_top(person, face, surface, light):
    """Woven or printed cloth."""
    rest = surface.rest.astype(float)
    rows, columns, contrast, sharpness = person.pattern
    wave = np.clip(sharpness * np.sin(rest[:, 1] * rows + rest[:, 0] * columns + 0.7), -1, 1)
    stripe = 1 + contrast * 0.6 * wave * ((rows + columns) > 0)
    weave = 1 + 0.06 * np.sin(rest[:, 0] * 90) * np.sin(rest[:, 1] * 90)
    sky = np.maximum(surface.sky, np.float32(0.25))
    cloth = surface._replace(sky=sky)
    return person.top_colour * (stripe * weave)[:, None] * irradiance(cloth, light, (0.2, 0.2, 0.2))


def shade_dark(colour, surface, light, shine):
    """Plastic and metal: a base colour and a highlight."""
    gleam = shine * (highlight(surface, light, 32) + 0.3 * highlight(surface, light, 8))
    return colour * irradiance(surface, light, (0.2, 0.2, 0.2)) + gleam[:, None] * light.key_colour


def shade_lens(person, face, surface, light):
    """Sunglasses: nearly black, lighter towards the top as if a window stood there."""
    height = surface.rest[:, 1].astype(float)
    window = 0.06 * smoothstep(height, 7.2, 7.45)
    return np.full((len(height), 3), 0.012) + window[:, None] * light.sky


def shade_hair(person, light, tangent, tone, depth, key):
    """Kajiya and Kay's strands: light across, two highlights along; darker deep inside.

    Of k points: ``tangent`` (k, 3) along the strand, ``tone`` (k,) times the hair's colour,
    ``depth`` (k,) from 0 inside to 1 outside, ``key`` (k,) visibility of the key light.
    """
    tangent = tangent.astype(np.float32)
    tangent = unit_rows(tangent)
    along = dot(tangent, light.key.astype(np.float32))
    across = np.sqrt(np.clip(1 - along * along, 0, 1))
    half = light.key + VIEW
    half = (half / np.sqrt((half**2).sum())).astype(np.float32)
    tilt = dot(tangent, half)
    shine = np.sqrt(np.clip(1 - tilt * tilt, 0, 1))
    inner = 0.25 + 0.75 * depth
    diffuse = (0.65 * across * key * inner)[:, None] * light.key_colour
    up = np.clip(0.75 - 0.4 * np.abs(tangent[:, 1]), 0, 1)
    ambient = (inner * (0.55 + 0.45 * up))[:, None] * (0.7 * light.sky + 0.3 * light.ground)
    base = person.hair_colour * tone[:, None]
    sheen = (0.035 * power(shine, 64) + 0.030 * power(shine, 16)) * key * inner
    tint = 0.4 + 0.6 * person.hair_colour / (person.hair_colour.max() + 1e-6)
    return base * (diffuse + ambient) + (sheen * tone)[:, None] * tint * light.key_colour


SHADERS = {
    "skin": shade_skin,
    "mouth": shade_mouth,
    "eye": shade_eye,
    "upper_teeth": lambda *scene: shade_teeth(*scene, upper=True),
    "lower_teeth": lambda *scene: shade_teeth(*scene, upper=False),
    "tongue": shade_tongue,
    "lash": lambda p, f, surface, light: shade_dark(np.full(3, 0.012), surface, light, 0.0),
    "top": shade_top,
    "frame": lambda p, f, surface, light: shade_dark(p.frame_colour, surface, light, 0.3),
    "lens": shade_lens,
    "earring": lambda p, f, surface, light: shade_dark(
        np.array([0.55, 0.42, 0.2]), surface, light, 0.9
    ),
}


def shade(person, face, mesh, fragments, sky, shadow, light, shaders=SHADERS):
    """Colour of all fragments, (k, 3) float32.

    Parameters
    ----------
    person : Person
    face : dict of str to float
        The expression, for creases, tears and blush.
    mesh : Mesh
    fragments : Fragments
        Of `mesh.triangles`.
    sky : (solid,) float64
        `ambient_visibility` of the solid vertices.
    shadow : Shadow
    light : Light
    shaders : dict of str to callable, optional
        Of each material but hair, as `SHADERS`.
    """
    material = mesh.material[fragments.triangle]
    colour = np.zeros((len(material), 3), np.float32)
    corners = mesh.triangles[fragments.triangle]
    view = blend(shadow.receivers, corners, fragments.weights)
    key = shadow.lit(view)
    solid = np.column_stack([mesh.rest[: mesh.solid], mesh.normals[: mesh.solid], sky]).astype(
        np.float32
    )
    for index, name in enumerate(MATERIALS):
        here = np.nonzero(material == index)[0]
        if not len(here):
            continue
        corner, weights = corners[here], fragments.weights[here]
        if name == "hair":
            strands = np.column_stack([mesh.tangents, mesh.tones, mesh.depths]).astype(np.float32)
            values = blend(strands, corner - mesh.solid, weights)
            colour[here] = shade_hair(
                person, light, values[:, :3], values[:, 3], values[:, 4], key[here]
            )
            continue
        values = blend(solid, corner, weights)
        normal = values[:, 3:6]
        normal = unit_rows(normal)
        if name in ("top", "frame", "earring"):  # seen from either side
            normal = np.where(normal[:, 2:] < 0, -normal, normal)
        surface = Surface(values[:, :3], normal, values[:, 6], key[here], corner[:, 0])
        colour[here] = shaders[name](person, face, surface, light)
    return colour


def blend(values, corners, weights):
    """Values (n, c) at points inside triangles: corners (k, 3), barycentric weights (k, 3)."""
    total = values[corners[:, 0]] * weights[:, :1]
    total += values[corners[:, 1]] * weights[:, 1:2]
    total += values[corners[:, 2]] * weights[:, 2:]
    return total
