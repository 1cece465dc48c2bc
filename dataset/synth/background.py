"""What is behind the person: rooms, shelves, curtains, windows, leaves; out of focus."""

import cv2
import numpy as np

from dataset.synth.seeding import linear, pick, smooth_noise

WALLS = ((214, 208, 198), (196, 202, 206), (180, 168, 150), (150, 160, 150), (226, 222, 216),
         (120, 128, 140), (176, 190, 200), (206, 184, 164), (96, 100, 98), (160, 140, 150),
         (200, 200, 180), (60, 66, 78), (222, 210, 214))  # fmt: skip
WOODS = ((120, 84, 54), (84, 58, 40), (170, 130, 90), (220, 214, 204), (52, 44, 40))


def colour(rng, low=30, high=225, spread=26):
    """A random muted sRGB colour as a tuple."""
    return tuple(np.clip(rng.uniform(low, high) + rng.normal(0, spread, 3), 4, 250).tolist())


def rectangle(image, box, fill):
    """Fill `box` = x0, y0, x1, y1 (floats, may leave the picture)."""
    x0, y0, x1, y1 = (round(float(v)) for v in box)
    cv2.rectangle(image, (x0, y0), (x1, y1), tuple(float(v) for v in fill), -1)


def paint_wall(rng, image):
    """A wall lit unevenly, plain, papered, panelled or of brick."""
    height, width = image.shape[:2]
    base = np.array(pick(rng, WALLS)) + rng.normal(0, 8, 3)
    image[:] = base
    kind = pick(rng, ("plain", "plain", "plain", "paper", "panel", "brick"))
    if kind == "paper":
        period = int(rng.integers(height // 18, height // 6))
        for x in range(0, width, period):
            rectangle(image, (x, 0, x + period // 2, height), base + rng.uniform(-20, 20))
    elif kind == "panel":
        step = int(rng.integers(height // 10, height // 4))
        for x in range(int(rng.integers(0, step)), width, step):
            rectangle(image, (x, 0, x + max(1, height // 150), height), base * 0.75)
    elif kind == "brick":
        row = int(rng.integers(height // 22, height // 12))
        for k, y in enumerate(range(0, height, row)):
            for x in range(-row * (k % 2), width, row * 2):
                tone = base * rng.uniform(0.8, 1.1)
                rectangle(image, (x + 1, y + 1, x + 2 * row - 2, y + row - 2), tone)
    falloff = np.linspace(-1, 1, width)[None, :, None] * rng.normal(0, 0.18)
    falloff = falloff + np.linspace(-1, 1, height)[:, None, None] * rng.normal(0, 0.14)
    image *= np.clip(
        1 + falloff + 0.04 * smooth_noise(rng, height, width, height / 6)[..., None], 0.2, 1.6
    )


def paint_window(rng, image):
    """A bright window with a frame, sometimes behind curtains."""
    height, width = image.shape[:2]
    x0, w = rng.uniform(-0.1, 0.75) * width, rng.uniform(0.2, 0.5) * width
    y0, y1 = rng.uniform(-0.2, 0.15) * height, rng.uniform(0.5, 0.9) * height
    frame = np.array(pick(rng, WOODS[2:4]))
    t = height * 0.02
    rectangle(image, (x0 - t, y0 - t, x0 + w + t, y1 + t), frame)
    sky = np.array(pick(rng, ((250, 250, 250), (200, 222, 245), (150, 180, 210), (40, 48, 70))))
    rectangle(image, (x0, y0, x0 + w, y1), sky)
    green = np.array((70, 100, 60)) * rng.uniform(0.5, 1.6) * sky.mean() / 230
    rectangle(image, (x0, y0 + (y1 - y0) * rng.uniform(0.5, 0.9), x0 + w, y1), green)
    rectangle(image, (x0 + w / 2 - t / 2, y0, x0 + w / 2 + t / 2, y1), frame)
    if rng.random() < 0.5:
        paint_curtain(rng, image, x0 - 0.15 * width, x0 + 0.25 * w)


def paint_curtain(rng, image, left, right):
    """Folds of cloth from top to bottom between two columns."""
    width = image.shape[1]
    cloth = np.array(colour(rng, 60, 220))
    x0, x1 = int(np.clip(left, 0, width)), int(np.clip(right, 0, width))
    x = np.arange(x0, x1)
    folds = 1 + 0.22 * np.sin(x / rng.uniform(3, 9) + 1.5 * np.sin(x / rng.uniform(20, 60)))
    image[:, x0:x1] = cloth[None, None] * folds[None, :, None]


def paint_shelf(rng, image):
    """A shelf with books and things."""
    height, width = image.shape[:2]
    wood = np.array(pick(rng, WOODS))
    x0, x1 = sorted(rng.uniform(-0.2, 1.2, 2) * width)
    x1 = max(x1, x0 + 0.35 * width)
    rows = int(rng.integers(1, 5))
    gap = height * rng.uniform(0.18, 0.34)
    bottom = height * rng.uniform(0.15, 0.5)
    for row in range(rows):
        y = bottom + row * gap
        if rng.random() < 0.6:
            rectangle(image, (x0, y - gap * 0.95, x1, y), wood * rng.uniform(0.35, 0.7))
        x = x0 + rng.uniform(0, 0.05) * width
        while x < x1 - height * 0.05:
            w, h = height * rng.uniform(0.015, 0.06), gap * rng.uniform(0.4, 0.9)
            kind = rng.random()
            if kind < 0.72:
                tone = np.array(colour(rng, 30, 210, 30))
                rectangle(image, (x, y - h, x + w - 1, y), tone)
                rectangle(image, (x + 1, y - h * 0.8, x + w - 2, y - h * 0.72), tone * 0.6 + 90)
            elif kind < 0.85:
                centre = (round(x + w), round(y - h * 0.3))
                cv2.ellipse(image, centre, (max(2, round(w)), max(2, round(h * 0.3))), 0, 0, 360,
                            colour(rng), -1, cv2.LINE_AA)  # fmt: skip
                w *= 2
            else:
                w *= rng.uniform(1, 3)
            x += w
        rectangle(image, (x0, y, x1, y + height * 0.018), wood)


def paint_pictures(rng, image):
    """Framed pictures and posters."""
    height, width = image.shape[:2]
    for _ in range(int(rng.integers(1, 4))):
        w, h = height * rng.uniform(0.15, 0.45, 2)
        x, y = rng.uniform(-0.1, 0.95) * width, rng.uniform(-0.1, 0.6) * height
        t = height * rng.uniform(0.008, 0.02)
        rectangle(image, (x - t, y - t, x + w + t, y + h + t), pick(rng, (*WOODS, (20, 20, 20))))
        rectangle(image, (x, y, x + w, y + h), colour(rng, 120, 235))
        for _ in range(int(rng.integers(1, 6))):
            a, b = x + w * rng.uniform(0, 0.7), y + h * rng.uniform(0, 0.7)
            rectangle(
                image,
                (a, b, a + w * rng.uniform(0.1, 0.3), b + h * rng.uniform(0.1, 0.3)),
                colour(rng),
            )


def paint_leaves(rng, image):
    """Blurred greenery: a garden, or a pot plant if `image` is small part of a room."""
    height, width = image.shape[:2]
    base = np.array((70, 96, 52)) * rng.uniform(0.6, 1.5)
    patches = smooth_noise(rng, height, width, height / 9) + smooth_noise(
        rng, height, width, height / 25
    )
    image[:] = np.clip(base * (1 + 0.35 * patches[..., None]), 5, 250)
    for _ in range(int(rng.integers(10, 40))):
        centre = (int(rng.integers(0, width)), int(rng.integers(0, height)))
        tone = np.clip(base * rng.uniform(1.0, 2.6) + rng.normal(0, 10, 3), 5, 250)
        cv2.circle(
            image,
            centre,
            int(rng.integers(2, max(3, height // 14))),
            tone.tolist(),
            -1,
            cv2.LINE_AA,
        )


def paint_furniture(rng, image):
    """A door, a wardrobe, the back of a chair or a lamp."""
    height, width = image.shape[:2]
    for _ in range(int(rng.integers(1, 4))):
        kind = pick(rng, ("door", "block", "chair", "lamp"))
        x = rng.uniform(-0.1, 0.95) * width
        if kind in ("door", "block"):
            w = height * rng.uniform(0.3, 0.7)
            top = -5 if kind == "door" else height * rng.uniform(0.3, 0.8)
            tone = np.array(pick(rng, WOODS)) * rng.uniform(0.8, 1.2)
            rectangle(image, (x, top, x + w, height), tone)
            rectangle(
                image, (x + 0.1 * w, top + 0.1 * height, x + 0.9 * w, height * 0.95), tone * 0.92
            )
        elif kind == "chair":
            w, top = height * rng.uniform(0.25, 0.6), height * rng.uniform(0.45, 0.8)
            centre, axes = (
                (round(x), round(top + 0.2 * height)),
                (round(w / 2), round(0.25 * height)),
            )
            tone = colour(rng, 20, 120)
            cv2.ellipse(image, centre, axes, 0, 180, 360, tone, -1, cv2.LINE_AA)
            rectangle(image, (x - w / 2, top + 0.2 * height, x + w / 2, height), tone)
        else:
            r = height * rng.uniform(0.06, 0.13)
            y = height * rng.uniform(0.1, 0.5)
            cv2.ellipse(image, (round(x), round(y)), (round(r), round(r * 0.8)), 0, 0, 360,
                        (255, 240, 205), -1, cv2.LINE_AA)  # fmt: skip
            rectangle(image, (x - 1, y + r * 0.8, x + 1, height), (50, 46, 40))


def make_background(rng, width, height):
    """A background of the shot.

    Parameters
    ----------
    rng : numpy.random.Generator
    width, height : int
        Pixels.

    Returns
    -------
    (height, width, 3) float32
        Linear RGB.
    """
    image = np.zeros((height, width, 3), np.float32)
    if rng.random() < 0.12:
        paint_leaves(rng, image)
        blur = rng.uniform(0.012, 0.03)
    else:
        paint_wall(rng, image)
        for painter, chance in ((paint_window, 0.3), (paint_furniture, 0.45), (paint_shelf, 0.4),
                                (paint_pictures, 0.4)):  # fmt: skip
            if rng.random() < chance:
                painter(rng, image)
        if rng.random() < 0.15:
            paint_curtain(rng, image, *np.sort(rng.uniform(0, width, 2)))
        blur = rng.uniform(0.002, 0.022)
    image = cv2.GaussianBlur(image, (0, 0), max(0.6, blur * height))
    level = np.exp(rng.normal(-0.15, 0.25))
    return (linear(image) * level).astype(np.float32)
