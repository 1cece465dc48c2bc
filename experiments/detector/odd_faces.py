"""Faces that no camera has seen: smileys, line drawings, cartoons, busts, drawn by code.

A face is drawn in a unit square, the box of it: brow to chin with a margin, eyes at a third.
"""

import cv2
import numpy as np

from dataset.synth.people import person_seed, sample_person
from dataset.synth.shot import Shot
from dataset.synth.stone import StoneStudio
from dataset.synth.studio import FACE, Studio, View

WIDTH, HEIGHT = 400, 300  # of a picture
FINE = 4  # drawn so many times as large
SMILEYS = ("smile", "neutral", "laugh", "sad")  # that rendered people make
PAPER = ((255, 255, 255), (235, 245, 250), (225, 232, 235))
SKIN = ((170, 200, 245), (150, 190, 240), (120, 160, 220), (90, 130, 190), (60, 90, 140))
HAIR = ((20, 25, 30), (30, 50, 90), (40, 90, 150), (80, 170, 230), (60, 70, 190), (150, 150, 150))
INK = (25, 20, 20)


class Sheet:
    """Paper on which one face is drawn; colours are BGR, places in sides of the face's box.

    Parameters
    ----------
    rng : numpy.random.Generator
    side : float
        Of the box, in pixels.
    colour : (3,)
        Of the paper.
    thick : float
        Of lines, in sides.
    """

    def __init__(self, rng, side, colour, thick):
        self.side = side
        margin = 0.35 * side  # hair and chin stay on the paper
        x = rng.uniform(margin, WIDTH - side - margin)
        y = rng.uniform(margin, max(margin, HEIGHT - side - margin))
        self.box = x, y, side, side
        self.image = np.full((FINE * HEIGHT, FINE * WIDTH, 3), colour, np.uint8)
        self.thick = max(1, round(FINE * max(1.0, thick * side)))

    def at(self, x, y):
        """A place on the paper, in fine pixels."""
        return (round(FINE * (self.box[0] + x * self.side)),
                round(FINE * (self.box[1] + y * self.side)))  # fmt: skip

    def oval(self, x, y, wide, high, colour=INK, fill=False, arc=(0, 360)):
        """An ellipse of these half axes, or an arc of it in degrees, clockwise from the right."""
        axes = round(FINE * wide * self.side), round(FINE * high * self.side)
        thick = -1 if fill else self.thick
        cv2.ellipse(self.image, self.at(x, y), axes, 0, *arc, colour, thick, cv2.LINE_AA)

    def line(self, *places):
        """Straight lines from place to place."""
        points = np.array([self.at(*place) for place in places], np.int32)
        cv2.polylines(self.image, [points], False, INK, self.thick, cv2.LINE_AA)

    def picture(self):
        """The sheet at its own size: uint8 (HEIGHT, WIDTH, 3)."""
        return cv2.resize(self.image, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)


def mouth(sheet, rng, y=0.74):
    """A smile, a straight line or the reverse."""
    wide, bent = rng.uniform(0.14, 0.22), rng.choice([1, 1, 0, -1])
    if bent == 0:
        sheet.line((0.5 - wide, y), (0.5 + wide, y))
    else:
        arc = (15, 165) if bent > 0 else (195, 345)
        sheet.oval(0.5, y - 0.06 * bent, wide, 0.11, arc=arc)


def smiley(rng, side):
    """A circle, two dots and a line: the sign."""
    sheet = Sheet(rng, side, PAPER[rng.integers(len(PAPER))], rng.uniform(0.02, 0.05))
    if rng.random() < 0.5:
        sheet.oval(0.5, 0.45, 0.56, 0.56, (70, 215, 250), fill=True)
    sheet.oval(0.5, 0.45, 0.56, 0.56)
    gap = rng.uniform(0.16, 0.22)
    for eye in (0.5 - gap, 0.5 + gap):
        sheet.oval(eye, 0.33, 0.05, 0.07, fill=True)
    mouth(sheet, rng, 0.7)
    return sheet.picture(), sheet.box


def features(sheet, rng, iris):
    """Brows, eyes, nose and mouth in lines; ``iris`` is the colour within."""
    gap, wide = rng.uniform(0.19, 0.23), rng.uniform(0.08, 0.11)
    lift = rng.uniform(-0.03, 0.03)
    for sign in (-1, 1):
        x = 0.5 + sign * gap
        sheet.oval(x, 0.34, wide, 0.6 * wide, (255, 255, 255), fill=True)
        sheet.oval(x, 0.34, 0.5 * wide, 0.55 * wide, iris, fill=True)
        sheet.oval(x, 0.34, 0.2 * wide, 0.25 * wide, fill=True)
        sheet.oval(x, 0.34, wide, 0.6 * wide)
        sheet.line((x - sign * 0.09, 0.2 + lift), (x, 0.17), (x + sign * 0.11, 0.2))
    tip = rng.uniform(0.05, 0.08)
    sheet.line((0.5, 0.4), (0.5 + tip, 0.57), (0.5, 0.59))
    mouth(sheet, rng)


def outline(sheet, rng, colour=None):
    """Head, ears and neck, filled where there is a colour."""
    wide = rng.uniform(0.40, 0.46)
    for fill in (True, False) if colour else (False,):
        for sign in (-1, 1):
            sheet.oval(0.5 + sign * wide, 0.42, 0.06, 0.12, colour if fill else INK, fill)
        sheet.oval(0.5, 0.42, wide, 0.55, colour if fill else INK, fill)
    return wide


def line_drawing(rng, side):
    """Ink on paper: outline, hair in strokes, eyes, brows, nose, mouth, neck."""
    paper = PAPER[rng.integers(len(PAPER))]
    sheet = Sheet(rng, side, paper, rng.uniform(0.012, 0.03))
    wide = outline(sheet, rng)
    features(sheet, rng, paper)
    for angle in np.radians(np.linspace(200, 340, int(rng.integers(8, 16)))):
        out = rng.uniform(1.05, 1.2)
        sheet.line(*[(0.5 + k * wide * np.cos(angle), 0.42 + k * 0.55 * np.sin(angle))
                     for k in (0.8, out)])  # fmt: skip
    for sign in (-1, 1):
        sheet.line((0.5 + sign * 0.2, 0.93), (0.5 + sign * 0.22, 1.15), (0.5 + sign * 0.7, 1.3))
    return sheet.picture(), sheet.box


def cartoon(rng, side):
    """Flat colours with dark outlines: skin, hair, shirt, eyes."""
    sheet = Sheet(rng, side, [int(v) for v in rng.integers(90, 256, 3)], rng.uniform(0.01, 0.025))
    skin = SKIN[rng.integers(len(SKIN))]
    hair = HAIR[rng.integers(len(HAIR))]
    long = rng.random() < 0.5
    if long:
        sheet.oval(0.5, 0.5, 0.56, 0.75, hair, fill=True)
    sheet.oval(0.5, 1.65, 0.75, 0.55, [int(v) for v in rng.integers(30, 220, 3)], fill=True)
    sheet.oval(0.5, 1.05, 0.18, 0.2, [int(0.9 * v) for v in skin], fill=True)
    outline(sheet, rng, skin)
    sheet.oval(0.5, 0.2, 0.47, 0.4, hair, fill=True, arc=(190, 350))
    features(sheet, rng, HAIR[rng.integers(len(HAIR))])
    return sheet.picture(), sheet.box


def rendered(rng, side, studio=Studio):
    """A rendered person before a room."""
    person, _ = sample_person(person_seed(21, int(rng.integers(1_000_000))), "female")
    shot = Shot(person, SMILEYS[rng.integers(len(SMILEYS))])
    margin = 0.8 * side
    centre = rng.uniform(margin, WIDTH - margin), rng.uniform(margin, HEIGHT - margin)
    view = View(WIDTH, HEIGHT, side / FACE, centre)
    frame = studio(person, shot, view).frame(shot.rise + 0.3, 0)
    return frame.image, frame.box


def statue(rng, side):
    """The same person as a bust of grey stone."""
    return rendered(rng, side, StoneStudio)


KINDS = {
    "smiley": smiley, "line drawing": line_drawing, "cartoon": cartoon, "statue": statue,
    "rendered": rendered,
}  # fmt: skip


def draw(kind, side, seed, number):
    """One picture: (uint8 (HEIGHT, WIDTH, 3), box).

    Statue and rendered person of one number and side are the same person, smile, room and light.
    """
    return KINDS[kind](np.random.default_rng([seed, number, side]), side)
