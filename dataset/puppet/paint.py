"""How an expression changes the light on a photo's skin, and what the photo does not show.

Skin keeps the photo's own texture; only the ratio of two renderings, with the expression
and as photographed, is applied to it (expression ratio images: Liu, Shan, Zhang 2001).
Mouth, teeth, tongue and sunglasses are rendered, as bright as the photo's skin is.
"""

from types import SimpleNamespace

import cv2
import numpy as np

from dataset.synth.light import dot
from dataset.synth.seeding import linear, smoothstep
from dataset.synth.shade import SHADERS, crease_strengths, sample
from dataset.synth.skin import crease_maps, tear_mask, texel

REST, NORMAL, NORMAL0, SKY, SKY0 = slice(0, 3), slice(3, 6), slice(6, 9), 9, 10
LIP, LID = 11, 12
LOWEST, HIGHEST = 0.45, 1.6  # of the ratio
# Teeth are never darker than under this much sky; the lower ones lie in the lip's shadow.
ENAMEL = {"upper_teeth": 0.75, "lower_teeth": 0.4}
LUMINANCE = np.array([0.11, 0.59, 0.30])  # of linear BGR
WRAP = 0.25  # light creeping around edges
PERSON = SimpleNamespace(frame_colour=linear((24, 22, 22)))


def brightness(normal, sky, light):
    """Light that arrives at points with normals (k, 3) under a visible sky (k,), (k,)."""
    direct = np.clip((dot(normal, light.key) + WRAP) / (1 + WRAP), 0, 1) * light.key_colour[0]
    up = 0.5 + 0.5 * normal[:, 1]
    ambient = light.sky[0] * up + light.ground[0] * (1 - up)
    ambient = ambient + np.clip(dot(normal, light.fill), 0, 1) * light.fill_colour[0]
    return direct + ambient * sky


def skin_ratio(values, face, own, light, depth):
    """By how much the expression brightens skin, (k, 3) BGR.

    Parameters
    ----------
    values : (k, 13) float32
        Rest position, normals with the expression and as photographed, visible sky of
        both, lip and lid.
    face, own : dict of str to float
        The expression, and what the photo's face does.
    light : Light
    depth : (6,) float
        How dark this person's creases get, by `dataset.synth.skin.WRINKLES`.
    """
    after = brightness(values[:, NORMAL], values[:, SKY], light)
    before = brightness(values[:, NORMAL0], values[:, SKY0], light)
    ratio = np.clip((after + 0.02) / (before + 0.02), LOWEST, HIGHEST)
    calm = np.clip(1.5 * np.maximum(values[:, LIP], values[:, LID]), 0, 1)
    ratio = ratio + (np.clip(ratio, 0.8, 1.1) - ratio) * calm  # thin folds are shaded badly
    column, row = texel(values[:, REST])
    left = values[:, :1] > 0
    drawn = np.zeros((2, len(values)))
    strengths = np.stack([crease_strengths(face), crease_strengths(own)]) * depth
    for half in (0, 3):
        layers = sample(layers_of(half), column, row)
        for k in range(2):
            side = np.where(
                left, strengths[k, 0, half : half + 3], strengths[k, 1, half : half + 3]
            )
            drawn[k] += (layers * side).sum(1)
    crease = (1 - np.clip(drawn[0], 0, 0.7)) / (1 - np.clip(drawn[1], 0, 0.7))
    crease = np.clip(crease, 0.35, 1.15)[:, None]
    colour = ratio[:, None] * (crease * np.array([1.0, 0.95, 0.75]) + [0.0, 0.05, 0.25])
    blush = face.get("blush", 0.0)
    if blush:
        x, y = np.abs(values[:, 0]).astype(float), values[:, 1].astype(float)
        spot = blush * np.exp(-(((x - 0.46) / 0.2) ** 2) - ((y - 6.95) / 0.16) ** 2)
        colour = colour * (1 - spot[:, None] * np.array([0.38, 0.45, 0.05]))
    return colour


def layers_of(half):
    """Three layers of the creases as a texture."""
    if half not in _LAYERS:
        _LAYERS[half] = np.ascontiguousarray(crease_maps()[..., half : half + 3])
    return _LAYERS[half]


_LAYERS = {}


def lip_roll(values, face):
    """How far the lips are rolled in at skin's points, (k,) 0..1."""
    upper, lower = (np.clip(face.get("mouthRoll" + lip, 0.0), 0, 1) for lip in ("Upper", "Lower"))
    line = 6.61  # where the lips meet
    return values[:, LIP] * np.where(values[:, 1] > line, upper**2, lower**2)


def lid_fall(values, face):
    """How far the upper lids have fallen at skin's points, (k,) 0..1."""
    left, right = (smoothstep(face.get("eyeBlink" + s, 0.0), 0.3, 0.9) for s in ("Left", "Right"))
    return values[:, LID] * np.where(values[:, 0] > 0, left, right) * (values[:, 1] > 7.26)


def wetness(values, face):
    """How wet with tears skin is, (k,) 0..1."""
    column, row = texel(values[:, REST])
    return face.get("tears", 0.0) * sample(tear_mask(), column, row)[:, 0]


def smooth(ratio, mask, scale):
    """Ratios (s, s, 3) of the face's pixels as a smooth factor for the whole picture."""
    log = np.log(ratio) * mask[..., None]
    reach = 0.03 * scale
    log = cv2.GaussianBlur(log, (0, 0), reach)
    weight = cv2.GaussianBlur(mask, (0, 0), reach)
    return np.exp(log / (weight[..., None] + 0.05) * cv2.GaussianBlur(mask, (0, 0), 1.0)[..., None])


def drawn_colour(name, face, surface, photo):
    """Colour of what the photo does not show, (k, 3) linear BGR, in the photo's light.

    In a grey or sepia photo it gets the photo's one colour.

    Parameters
    ----------
    name : str
        The material.
    face : dict of str to float
    surface : Surface
    photo : Photo
    """
    if name in ENAMEL:
        surface = surface._replace(sky=np.maximum(surface.sky, np.float32(ENAMEL[name])))
    colour = np.clip(SHADERS[name](PERSON, face, surface, photo.light), 0, 1.6)[:, ::-1]
    # Dark skin is exposed longer: of the difference, half is the skin's and half the light's.
    luminance, skin = photo.brightness, photo.skin_colour / (photo.brightness + 1e-4)
    albedo = np.clip(0.62 * np.sqrt(max(luminance, 0.01)), 0.10, 0.42)
    tint = np.clip(skin / np.array([0.72, 0.92, 1.32]), 0.5, 2) ** 0.5
    tint = tint / (tint @ LUMINANCE)
    colour = colour * (luminance / (0.9 * albedo)) * tint
    plain = (colour @ LUMINANCE)[:, None] * skin
    return np.clip(plain + (colour - plain) * photo.colourful, 0, 1)
