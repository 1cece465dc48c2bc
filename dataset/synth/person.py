"""A person from a seed: shape of the head, skin, hair, eyes, clothes and manner."""

from dataclasses import dataclass
from typing import Optional

import numpy as np

from dataset.synth.features import ETHNICITIES, FEATURES, HEAD_SHAPES, both_sides
from dataset.synth.hair import Hair, make_hair
from dataset.synth.head import load_head
from dataset.synth.manner import SPREAD, Manner
from dataset.synth.outfit import make_earrings, make_glasses, make_top
from dataset.synth.scalp import azimuth
from dataset.synth.seeding import generator, linear, pick
from dataset.synth.skin import Skin, paint_skin

# sRGB, by the ethnicity that weighs most
SKIN_TONES = {
    "caucasian": (
        (234, 196, 172),
        (228, 184, 158),
        (216, 172, 146),
        (238, 204, 186),
        (200, 154, 124),
    ),
    "asian": ((228, 188, 158), (218, 174, 142), (206, 160, 126), (232, 198, 172), (180, 132, 100)),
    "african": ((118, 78, 58), (140, 96, 72), (94, 62, 48), (164, 114, 86), (78, 52, 42)),
}
DARK_HAIR = ((34, 24, 20), (22, 18, 18), (52, 36, 26), (64, 42, 28))
ALL_HAIR = (
    *DARK_HAIR,
    *((96, 64, 40), (140, 104, 70), (184, 146, 96), (214, 182, 132)),
    *((120, 56, 30), (150, 78, 40), (112, 108, 106)),
)
DARK_IRIS = ((60, 38, 24), (80, 52, 32), (44, 30, 22))
ALL_IRIS = (*DARK_IRIS, (92, 120, 144), (96, 116, 84), (112, 96, 60), (120, 140, 156))
TOPS = (
    *((44, 58, 104), (150, 44, 54), (34, 96, 80), (222, 220, 214), (36, 36, 42), (204, 164, 66)),
    *((112, 74, 132), (96, 140, 180), (206, 130, 140), (120, 120, 118), (84, 62, 48)),
    *((232, 206, 184), (26, 84, 112), (180, 196, 168)),
)
FRAMES = ((20, 18, 18), (90, 56, 30), (120, 116, 112), (150, 30, 40), (40, 50, 80))


@dataclass
class Person:
    """All that stays the same from clip to clip.

    Attributes
    ----------
    seed : int
    sex : {"female", "male"}
    vertices : (n, 3) float64
        Her neutral head, in the topology of `head.load_head()`.
    iris, hair_colour, top_colour : (3,) float64
        Linear colours.
    top, earrings : (vertices, triangles)
        `earrings` is None for who wears none.
    glasses, sunglasses : ((vertices, triangles) of the frame, the same of the lenses)
        `glasses` is None for who wears none.
    pattern : (4,) float64
        Of the top: two frequencies, contrast, sharpness.
    """

    seed: int
    sex: str
    age: float
    vertices: np.ndarray
    skin: Skin
    skin_tone: np.ndarray
    iris: np.ndarray
    hair: Hair
    hair_colour: np.ndarray
    top: tuple
    top_colour: np.ndarray
    pattern: np.ndarray
    glasses: Optional[tuple]
    sunglasses: tuple
    frame_colour: np.ndarray
    earrings: Optional[tuple]
    manner: Manner


def make_shape(rng, sex, age):
    """Neutral head (n, 3) and the ethnicity (str) that weighs most in it."""
    mixture = rng.dirichlet([0.65, 0.6, 0.45])
    mixture = np.where(mixture < 0.12, 0, mixture)
    mixture = mixture / mixture.sum()
    weights = {}
    for share, ethnicity in zip(mixture, ETHNICITIES):
        weights[f"macrodetails/{ethnicity}-{sex}-young"] = share * (1 - 0.8 * age)
        weights[f"macrodetails/{ethnicity}-{sex}-old"] = share * 0.8 * age
    build = 0.28 * np.clip(rng.standard_normal(), -2, 2)
    name = f"macrodetails/universal-{sex}-young-averagemuscle-"
    weights[name + ("maxweight" if build > 0 else "minweight")] = abs(build)
    for folder, stem, negative, positive, spread, *means in FEATURES:
        mean = means[0] if sex == "female" else means[1]
        value = float(np.clip(mean + spread * rng.standard_normal(), -0.8, 0.8))
        for side in both_sides(stem):
            # Nobody's halves are quite the same.
            uneven = value + (0.05 * rng.standard_normal() if side.startswith(("l-", "r-")) else 0)
            weights[f"{folder}/{side}-{positive if uneven > 0 else negative}"] = abs(uneven)
    weights["head/head-" + pick(rng, HEAD_SHAPES)] = rng.uniform(0.1, 0.45)
    head = load_head()
    vertices = head.rest + head.displacement(weights)
    # The targets also say how tall somebody is: bring her eyes to everybody's height.
    eyes = head.vertices_of("eye")
    vertices = vertices - (vertices - head.rest)[eyes].mean(0)
    return vertices, ETHNICITIES[int(np.argmax(mixture))]


def make_colours(rng, sex, ethnicity, age):
    """Skin tone, hair colour and iris colour, linear (3,) each."""
    tone = np.array(pick(rng, SKIN_TONES[ethnicity]), float) + rng.normal(0, 5, 3)
    tone = linear(tone) * np.array([0.90, 0.80, 0.74])
    dark = ethnicity != "caucasian"
    dyed = sex == "female" and rng.random() < 0.2
    hair = linear(
        np.array(pick(rng, DARK_HAIR if dark and not dyed else ALL_HAIR)) + rng.normal(0, 4, 3)
    )
    if age > 0.6 and rng.random() < 0.5 and not dyed:
        hair = 0.5 * hair + 0.5 * linear((150, 148, 146))
    return tone, hair, linear(pick(rng, DARK_IRIS if dark else ALL_IRIS))


def make_person(seed, sex="female", spread=SPREAD, style=None):
    """The person with this seed.

    Parameters
    ----------
    seed : int
    sex : {"female", "male"}
    spread : Spread
        How much manners differ; the calibrated strengths unless told otherwise.
    style : str, optional
        Hair style, drawn at random if missing.

    Returns
    -------
    Person
    """
    rng = generator(seed, "looks", sex)
    head = load_head()
    age = float(rng.beta(1.3, 2.6))
    vertices, ethnicity = make_shape(rng, sex, age)
    tone, hair_colour, iris = make_colours(rng, sex, ethnicity, age)
    make_up = float(rng.beta(1.1, 1.3)) if sex == "female" else 0.0
    hair = make_hair(generator(seed, "hair", sex), sex, vertices, style)
    paint = generator(seed, "skin", sex)
    skin = paint_skin(paint, sex, tone, hair_colour, age, make_up, bald=hair.style == "bald")
    neck = (head.vertex_part == 0) & (np.abs(head.rest[:, 1] - 5.75) < 0.15)
    top = make_top(rng, sex, (vertices - head.rest)[neck].mean(0))
    pattern = np.array(
        [rng.uniform(0, 30), rng.uniform(0, 12), rng.uniform(0.05, 0.6), rng.uniform(1, 8)]
    )
    pattern = pattern * (rng.random(4) < [0.6, 0.4, 0.5, 1])
    eyes = vertices[head.vertices_of("eye")]
    eye = eyes[eyes[:, 0] > 0].mean(0)
    bridge = (np.abs(vertices[:, 0]) < 0.06) & (np.abs(head.rest[:, 1] - 7.28) < 0.08)
    front = float(vertices[bridge & (head.vertex_part == 0)][:, 2].max()) + 0.03
    shapes = ("round", "square", "wayfarer", "cat" if sex == "female" else "square")
    glasses = make_glasses(pick(rng, shapes), eye, front) if rng.random() < 0.16 else None
    sunglasses = make_glasses(pick(rng, shapes), eye, front)
    earrings = None
    if sex == "female" and rng.random() < 0.5:
        earrings = make_earrings(pick(rng, ("hoop", "drop", "stud")), find_lobes(vertices))
    return Person(
        seed=seed, sex=sex, age=age, vertices=vertices, skin=skin, skin_tone=tone, iris=iris,
        hair=hair, hair_colour=hair_colour, top=top, top_colour=linear(pick(rng, TOPS)),
        pattern=pattern, glasses=glasses, sunglasses=sunglasses,
        frame_colour=linear(pick(rng, FRAMES)), earrings=earrings, manner=Manner(seed, spread),
    )  # fmt: skip


def find_lobes(vertices):
    """Lowest points of the ears, left and right, (2, 3)."""
    rest = load_head().rest
    lobes = []
    for sign in (1, -1):
        ear = (sign * rest[:, 0] > 0.66) & (np.abs(azimuth(rest) - 90) < 22) & (rest[:, 1] > 6.7)
        ear &= (rest[:, 1] < 7.3) & (load_head().vertex_part == 0)
        index = np.nonzero(ear)[0]
        lobes.append(vertices[index[np.argmin(rest[index, 1])]])
    return np.array(lobes)
