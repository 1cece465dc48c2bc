"""What people of photos wear and hold before their faces, drawn; and faces out of focus.

A prop is drawn in the face's own coordinates: the square from 0 to 1 each way, eyes at a third
of the height. The same is drawn over windows without a face, so that no prop means a face.
"""

import cv2
import numpy as np

from common.crops import Mipmap
from pipeline.border import soft_border

SIDE = 56  # pixels of the face's square, at most, where a prop is drawn
ROUND = 0.6  # of the square's side around it: caps rise, and windows turn
WORN = 0.28  # of all windows show a prop
UNFOCUSED = 0.2  # of all windows are out of focus
CUT = 0.1  # of all windows are seen as in a picture cut around a face
EDGE = (-0.08, 0.15)  # how far its edges lie within the box's, in sides
SOFT = 0.5  # of these, how many have the border of the cascade's second look
MARGIN = 0.25  # its width, in sides
FOCUS = (0.015, 0.085)  # standard deviation in sides: at the most some 6 pixels' detail is left


def cloth(rng, shape):
    """A colour with a weave, folds and light from a side: float32 (H, W, 3)."""
    height, width = shape
    colour = rng.uniform(0, 255, 3) if rng.random() < 0.5 else np.full(3, rng.uniform(5, 250))
    coarse = rng.normal(0, 1, (int(rng.integers(2, 9)), int(rng.integers(2, 9))))
    folds = cv2.resize(coarse.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    grain = rng.standard_normal((height, width), np.float32)
    fold, rough, slope = np.float32(rng.uniform((0, 0, -40), (30, 12, 40)))
    ramp = np.linspace(-slope, slope, width, dtype=np.float32)
    return (fold * folds + rough * grain + ramp)[..., None] + colour.astype(np.float32)


def ring(centre, radii, start=0, end=360):
    """Points of an ellipse's arc: (N, 2); angles in degrees, clockwise from the right."""
    angles = np.radians(np.linspace(start, end, 33))
    return np.stack([np.cos(angles), np.sin(angles)], axis=1) * radii + centre


def cap(rng):
    """A cap, hat or scarf down to the brows, with a peak."""
    brow, wide = rng.uniform(0.02, 0.24), rng.uniform(0.48, 0.66)
    top = ring((0.5, brow), (wide, rng.uniform(0.35, 0.7)), 180, 360)
    peak = ring((0.5 + rng.uniform(-0.25, 0.25), brow), (wide, rng.uniform(0.02, 0.12)))
    return [top, peak] if rng.random() < 0.7 else [top]


def helmet(rng):
    """A helmet with an opening for the face, and often bars or a strap before it."""
    outer = ring((0.5, 0.42), (rng.uniform(0.62, 0.78), rng.uniform(0.75, 0.95)))
    inner = ring((0.5, rng.uniform(0.5, 0.62)), (rng.uniform(0.36, 0.46), rng.uniform(0.4, 0.55)))
    shapes = [np.concatenate([outer, inner[::-1]])]
    for height in rng.uniform(0.7, 1.05, rng.integers(0, 4)):
        thick = rng.uniform(0.02, 0.05)
        shapes.append(
            np.array([(0, height), (1, height), (1, height + thick), (0, height + thick)])
        )
    return shapes


def hood(rng):
    """A hood or head scarf around the face, open below or not."""
    outer = ring((0.5, 0.55), (rng.uniform(0.7, 0.9), rng.uniform(0.85, 1.1)))
    inner = ring((0.5, rng.uniform(0.52, 0.6)), (rng.uniform(0.36, 0.48), rng.uniform(0.42, 0.54)))
    return [np.concatenate([outer, inner[::-1]])]


def sunglasses(rng):
    """Two dark panes and a bridge."""
    apart, high = rng.uniform(0.19, 0.24), rng.uniform(0.3, 0.38)
    pane = rng.uniform(0.11, 0.19), rng.uniform(0.08, 0.15)
    bridge = [(0.3, high - 0.02), (0.7, high - 0.02), (0.7, high + 0.015), (0.3, high + 0.015)]
    return [ring((0.5 - apart, high), pane), ring((0.5 + apart, high), pane), np.array(bridge)]


def hand(rng):
    """Two to four fingers laid over a part of the face, from a side or from below."""
    start = np.radians(rng.choice([0, 60, 90, 120, 180]) + rng.uniform(-20, 20))
    along = np.array([np.cos(start), np.sin(start)])
    across = np.array([-along[1], along[0]])
    tip = 0.5 + rng.uniform(-0.12, 0.12, 2) + along * rng.uniform(0.08, 0.35)
    thick, shapes = rng.uniform(0.05, 0.09), []
    count = int(rng.integers(2, 5))
    for k in range(count):
        at = tip + across * 2 * thick * (k - (count - 1) / 2) + along * rng.uniform(0, 0.08)
        far = at + along * 0.9
        turn = np.degrees(start) + 90
        end = ring(at, (thick, thick), turn, turn + 180)
        shapes.append(np.concatenate([end, [far - across * thick, far + across * thick]]))
    return shapes


def microphone(rng):
    """A round head on a stick before mouth and chin."""
    at = np.array([rng.uniform(0.25, 0.75), rng.uniform(0.75, 1.0)])
    size, lean = rng.uniform(0.07, 0.17), rng.uniform(-0.5, 0.5)
    far, half = at + np.array([lean, 1.0]), np.array([size * 0.4, 0])
    stick = [at - half, at + half, far + half, far - half]
    return [ring(at, (size, size * rng.uniform(1, 1.3))), np.array(stick)]


PROPS = (cap, helmet, hood, sunglasses, hand, microphone)
BLACK, SKIN = (sunglasses, microphone), (hand,)


def skin(rng, shape):
    """A hand's colour: from pale to dark, blue below green below red; with light and grain."""
    light = rng.uniform(0.2, 1.0)
    tint = np.array([150 + rng.uniform(-25, 20), 178 + rng.uniform(-15, 15), 232]) * light
    texture = cloth(rng, shape)
    return tint.astype(np.float32) + 0.4 * (texture - texture.mean((0, 1)))


def wear(rng, image, box, roll=0.0, prop=None):
    """Draw a prop over a face.

    Parameters
    ----------
    rng : numpy.random.Generator
    image : ndarray of uint8 (H, W, 3)
    box : (x, y, w, h) of the face in it
    roll : float
        Degrees by which the head is turned, clockwise in the picture.
    prop : callable of `PROPS`, optional
        By default one of them is drawn.

    Returns
    -------
    ndarray of uint8 (H, W, 3)
        A copy.
    """
    prop = prop or PROPS[rng.integers(len(PROPS))]
    x, y, w, h = box
    turn = np.radians(roll)
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    mask = np.zeros(image.shape[:2], np.uint8)
    for shape in prop(rng):
        points = ((np.asarray(shape) - 0.5) @ matrix + 0.5) * (w, h) + (x, y)
        # In sixteenths of a pixel; a pixel's centre is at its number.
        points = np.round((points - 0.5) * 16).astype(np.int32)
        cv2.fillPoly(mask, [points], 255, cv2.LINE_AA, shift=4)
    if prop in SKIN:
        over = skin(rng, mask.shape)
    else:
        over = cloth(rng, mask.shape) * (rng.uniform(0.1, 0.4) if prop in BLACK else 1)
    # Panes let a little light through; cloth none. A soft edge now and then: it is unsharp, too.
    opaque = rng.uniform(0.75, 1.0) if prop is sunglasses else 1.0
    if rng.random() < 0.3:
        mask = cv2.GaussianBlur(mask, (0, 0), 0.02 * w + 0.3)
    share = (mask.astype(np.float32) * np.float32(opaque / 255))[..., None]
    return (image + share * (over - image)).clip(0, 255).astype(np.uint8)


def close_up(picture, box):
    """A square around a box, upright, with `ROUND` of its side around it.

    Returns
    -------
    (image, box)
        uint8 picture, and the box in it: `SIDE` pixels wide, or as wide as before.
    """
    x, y, w, h = box
    side = int(np.clip(round(w), 16, SIDE))
    scale, whole = w / side, round(side * (1 + 2 * ROUND))
    edge = (whole - side) / 2
    matrix = np.array([[scale, 0, x - edge * scale + scale / 2 - 0.5],
                       [0, h / side, y - (edge - 0.5) * h / side - 0.5], [0, 0, 1]])  # fmt: skip
    return picture.warp(matrix, whole), (edge, edge, float(side), float(side))


def cut_around(rng, image, box):
    """A picture cut close to a box, perhaps with a soft border: (picture, box in it)."""
    x, y, w, h = box
    top, left, bottom, right = rng.uniform(*EDGE, 4)
    rows, columns = (
        (max(0, round(start + low * side)), min(length, round(start + (1 - high) * side)))
        for start, side, low, high, length in (
            (y, h, top, bottom, image.shape[0]),
            (x, w, left, right, image.shape[1]),
        )
    )
    image, margin = image[slice(*rows), slice(*columns)], 0
    if rng.random() < SOFT:
        margin = max(1, round(MARGIN * min(image.shape[:2])))
        image = soft_border(image, margin)
    return image, (x - columns[0] + margin, y - rows[0] + margin, w, h)


def staged(rng, picture, box, roll=0.0):
    """A picture and box, perhaps with a prop over it, out of focus, and cut around the box.

    Parameters
    ----------
    rng : numpy.random.Generator
    picture : Mipmap
    box : (x, y, w, h)
    roll : float
        As for `wear`.

    Returns
    -------
    (Mipmap, box)
        The same, where nothing is done; else a close-up.
    """
    worn, unfocused, cut = rng.random(3) < (WORN, UNFOCUSED, CUT)
    if not (worn or unfocused or cut):
        return picture, box
    image, box = close_up(picture, box)
    if worn:
        image = wear(rng, image, box, roll)
    if unfocused:
        image = cv2.GaussianBlur(image, (0, 0), max(0.3, box[2] * rng.uniform(*FOCUS)))
    if cut:
        image, box = cut_around(rng, image, box)
    return Mipmap(image), box
