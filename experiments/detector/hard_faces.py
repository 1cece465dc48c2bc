"""Whole pictures harder than one centred face: people of a data set pasted into scenes.

Coordinates are pixels; a face's square is the data set's, moved, scaled and turned about its
centre with the face: the square itself stays upright and as large as before.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np

KINDS = ("plain", "half-hidden", "rotated", "dark", "blurred", "grey", "small", "group")
SIZES = {"small": (20, 40), "group": (24, 120)}  # sides of the squares, in pixels
ANY_SIZE = (20, 250)
MOST = 8  # faces in a group
HIDDEN = (0.2, 0.5)  # part of the square an occluder covers
TURN = (15, 45)  # degrees
# The nose's tip from the middle of the eyes, along their line, in distances of the eyes. A
# nose stands out by some 0.38 of that distance: the bounds are about 20 and 50 degrees.
HALF_PROFILE, PROFILE = 0.15, 0.45
# Poses, and how often each is drawn: people of a data set look into the camera.
POSES = {"frontal": 1.0, "half profile": 1.5, "profile": 4.0}


@dataclass
class Person:
    """One boxed face of a data set."""

    name: str
    image: np.ndarray  # uint8 (H, W, 3)
    box: tuple  # x, y, w, h
    pose: str
    roll: float  # degrees, clockwise in the picture


@dataclass
class Composite:
    """A picture in the making: float32 (H, W, 3), its faces, and the number of its scene."""

    image: np.ndarray
    faces: list = field(default_factory=list)  # dicts: x, y, w, h, pose, roll, covered, person
    scene: int = 0


def turn_of(landmarks):
    """How far a head is turned aside and tilted.

    Parameters
    ----------
    landmarks : dict of float
        ``leye_x`` to ``nose_y``; left and right as seen in the picture.

    Returns
    -------
    (aside, roll)
        Distance of the nose's tip from the middle of the eyes along their line, in distances
        of the eyes; degrees by which that line is turned, clockwise in the picture.
    """
    left, right, nose = (
        np.array([landmarks[f"{part}_x"], landmarks[f"{part}_y"]])
        for part in ("leye", "reye", "nose")
    )
    line = right - left
    distance = max(float(np.hypot(*line)), 1e-6)
    aside = abs(float((nose - (left + right) / 2) @ line)) / distance**2
    return aside, float(np.degrees(np.arctan2(line[1], line[0])))


def pose_of(landmarks):
    """Pose, one of `POSES`, and roll of a face of these landmarks, both by `turn_of`."""
    aside, roll = turn_of(landmarks)
    return list(POSES)[int(aside >= HALF_PROFILE) + int(aside >= PROFILE)], roll


def smooth(distance, width):
    """From 1 where ``distance`` is at most -width to 0 where it is positive."""
    part = np.clip(-distance / max(width, 1e-6), 0, 1)
    return (part * part * (3 - 2 * part)).astype(np.float32)


def head_mask(shape, box, whole):
    """How much of each pixel of a person's picture is pasted: float32 (H, W), 0 to 1.

    An ellipse around head and hair, or a rectangle: ``whole``. The rectangle ends a third
    of a side beside the square, since another face may stand there unboxed.
    Both fade out over a tenth of the square's side, also at the picture's border.
    """
    x, y, w, h = box
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    left, top = max(0, x - 0.35 * w), max(0, y - 0.45 * h)
    right, bottom = min(shape[1] - 1, x + 1.35 * w), min(shape[0] - 1, y + 1.7 * h)
    outside = np.maximum.reduce([left - columns, columns - right, top - rows, rows - bottom])
    mask = smooth(outside, 0.1 * w)
    if not whole:
        across, down = (columns - x - w / 2) / (0.62 * w), (rows - y - 0.44 * h) / (0.82 * h)
        mask *= smooth((np.hypot(across, down) - 1) * 0.62 * w, 0.1 * w)
    return mask


def placement(box, centre, side, angle):
    """Matrix (2, 3) that puts a square's centre at ``centre``, scaled to ``side`` and turned.

    ``angle`` is in degrees, clockwise in the picture.
    """
    x, y, w, h = box
    middle = x + w / 2 - 0.5, y + h / 2 - 0.5  # pixel 0 reaches from 0 to 1
    matrix = cv2.getRotationMatrix2D(middle, -angle, side / w)
    matrix[:, 2] += np.subtract(centre, middle) - 0.5
    return matrix


def warp(image, matrix, size):
    """Warp onto a canvas of ``size`` (width, height); shrunk beforehand where it must shrink."""
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if scale < 1:
        height, width = image.shape[:2]
        small = max(1, round(width * scale)), max(1, round(height * scale))
        image = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
        across, down = width / small[0], height / small[1]
        # Pixel centres: x of the large picture is (x' + 0.5) * across - 0.5.
        back = np.array([[across, 0, across / 2 - 0.5], [0, down, down / 2 - 0.5], [0, 0, 1]])
        matrix = matrix @ back
    flags = cv2.INTER_LINEAR if scale < 1 else cv2.INTER_CUBIC
    warped = cv2.warpAffine(image, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return warped


def warp_mask(mask, matrix, size):
    """Warp a mask; nothing beyond its border."""
    return cv2.warpAffine(mask, matrix, size, flags=cv2.INTER_LINEAR)


def pixels(face, shape):
    """Slices of a face's square within a picture."""
    top, left = max(0, round(face["y"])), max(0, round(face["x"]))
    bottom = min(shape[0], round(face["y"] + face["h"]))
    right = min(shape[1], round(face["x"] + face["w"]))
    return slice(top, bottom), slice(left, right)


def covered_part(mask, face):
    """Part of a face's square that a mask covers by half or more."""
    return float((mask[pixels(face, mask.shape)] > 0.5).mean())


def paste(composite, person, side, angle, whole, rng, tries=60):
    """Paste a person where no other face is covered and the whole square is in the picture.

    Returns
    -------
    bool
        Whether there was such a place.
    """
    height, width = composite.image.shape[:2]
    mask = head_mask(person.image.shape, person.box, whole)
    for _ in range(tries):
        centre = (
            rng.uniform(side / 2, width - side / 2),
            rng.uniform(side / 2, height - side / 2),
        )
        matrix = placement(person.box, centre, side, angle)
        placed = warp_mask(mask, matrix, (width, height))
        if any((placed[pixels(face, placed.shape)] > 0.02).any() for face in composite.faces):
            continue
        face = {
            "x": centre[0] - side / 2, "y": centre[1] - side / 2, "w": side, "h": side,
            "pose": person.pose, "roll": person.roll + angle, "covered": 0.0,
            "person": person.name,
        }  # fmt: skip
        head = warp(person.image, matrix, (width, height)).astype(np.float32)
        composite.image += placed[..., None] * (head - composite.image)
        composite.faces.append(face)
        return True
    return False


def occlude(composite, face, patch, rng, tries=60):
    """Hide a part of a face, as `HIDDEN` says, under the straight edge of a picture.

    No other face is touched. Sets the face's ``covered``; False where no place was found.
    """
    height, width = composite.image.shape[:2]
    centre = face["x"] + face["w"] / 2, face["y"] + face["h"] / 2
    for _ in range(tries):
        side = face["w"] * rng.uniform(0.9, 1.6)
        # Hands come from anywhere, most things from below or beside.
        direction = np.radians(rng.choice([0, 60, 90, 90, 120, 180, 270]) + rng.uniform(-20, 20))
        away = side / 2 + face["w"] * rng.uniform(-0.2, 0.3)
        middle = centre + away * np.array([np.cos(direction), np.sin(direction)])
        matrix = placement((0, 0, patch.shape[1], patch.shape[0]), middle, side,
                           np.degrees(direction) - 90)  # fmt: skip
        mask = warp_mask(np.ones(patch.shape[:2], np.float32), matrix, (width, height))
        covered = covered_part(mask, face)
        others = (other for other in composite.faces if other is not face)
        if not HIDDEN[0] <= covered <= HIDDEN[1] or any(
            covered_part(mask, other) > 0 for other in others
        ):
            continue
        mask = cv2.GaussianBlur(mask, (0, 0), max(0.4, 0.01 * face["w"]))
        over = warp(patch, matrix, (width, height)).astype(np.float32)
        composite.image += mask[..., None] * (over - composite.image)
        face["covered"] = covered
        return True
    return False


def square_of(image, rng):
    """A random square of a picture, half its height or more."""
    height, width = image.shape[:2]
    side = int(rng.uniform(0.5, 1.0) * min(height, width))
    top, left = rng.integers(0, height - side + 1), rng.integers(0, width - side + 1)
    return image[top : top + side, left : left + side]


def shoulder_of(person):
    """What is below the face's square in a person's picture; None where that is too little."""
    x, y, w, h = person.box
    top = round(y + 1.1 * h)
    left, right = max(0, round(x - w / 4)), round(x + 1.25 * w)
    part = person.image[top:, left:right]
    return part if min(part.shape[:2]) >= 0.25 * w else None


def background(scene, rng):
    """A scene as the canvas: float32, longest side 400 to 640, perhaps mirrored."""
    scale = rng.uniform(400, 640) / max(scene.shape[:2])
    size = round(scene.shape[1] * scale), round(scene.shape[0] * scale)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    image = cv2.resize(scene, size, interpolation=how)
    return (image[:, ::-1] if rng.random() < 0.5 else image).astype(np.float32)


def darken(image, rng, left=(0.12, 0.35)):
    """Little light: darker by what share is ``left``, flat shadows, a sensor's noise; floats."""
    light = (image.clip(0, 255) / 255) ** rng.uniform(1.0, 1.6) * rng.uniform(*left)
    return 255 * light + rng.normal(0, rng.uniform(1, 4), image.shape).astype(light.dtype)


def blur(image, side, rng):
    """Out of focus, or moved, by a share of the smallest face's side."""
    if rng.random() < 0.5:
        return cv2.GaussianBlur(image, (0, 0), max(0.6, side * rng.uniform(0.03, 0.07)))
    length = max(3, round(side * rng.uniform(0.1, 0.25)))
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1
    turn = cv2.getRotationMatrix2D(((length - 1) / 2,) * 2, rng.uniform(0, 180), 1)
    kernel = cv2.warpAffine(kernel, turn, (length, length))
    return cv2.filter2D(image, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE)


def greyed(image, rng):
    """Without colour, at another contrast."""
    grey = cv2.cvtColor(np.float32(image.clip(0, 255)), cv2.COLOR_BGR2GRAY)
    grey = 128 + (grey - 128) * rng.uniform(0.6, 1.2)
    return np.repeat(grey[..., None], 3, axis=2)


def make(kind, people, scenes, hands, rng):
    """Make one picture.

    Parameters
    ----------
    kind : one of `KINDS`
    people : list of Person
    scenes, hands : lists of ndarray of uint8 (H, W, 3)
        Backgrounds, and what may hide a face besides them (may be empty).
    rng : numpy.random.Generator

    Returns
    -------
    Composite
        With at least one face; ``image`` is uint8.
    """
    scene = int(rng.integers(len(scenes)))
    composite = Composite(background(scenes[scene], rng), scene=scene)
    count = rng.integers(2, MOST + 1) if kind == "group" else rng.integers(1, 3)
    least, most = SIZES.get(kind, ANY_SIZE)
    most = min(most, 0.9 * min(composite.image.shape[:2]))
    sides = np.exp(rng.uniform(np.log(least), np.log(most), count))
    often = np.array([POSES[person.pose] for person in people])
    who = rng.choice(len(people), min(count, len(people)), replace=False, p=often / often.sum())
    for side, index in zip(np.sort(sides)[::-1], who):
        turned = kind == "rotated"
        angle = rng.uniform(*TURN) * rng.choice([-1, 1]) if turned else 0.0
        paste(composite, people[index], float(side), angle, rng.random() < 0.5, rng)
    if kind == "half-hidden" and not all(
        hide(composite, face, people, scenes, hands, rng) for face in composite.faces
    ):
        return make(kind, people, scenes, hands, rng)
    if kind == "dark":
        composite.image = darken(composite.image, rng)
    elif kind == "blurred":
        composite.image = blur(composite.image, min(face["w"] for face in composite.faces), rng)
    elif kind == "grey":
        composite.image = greyed(composite.image, rng)
    composite.image = composite.image.round().clip(0, 255).astype(np.uint8)
    return composite


def hide(composite, face, people, scenes, hands, rng):
    """Hide a part of a face under a scene, a hand, or somebody's shoulder."""
    patches = [square_of(scenes[rng.integers(len(scenes))], rng)]
    if hands:
        patches.append(hands[rng.integers(len(hands))])
    shoulder = shoulder_of(people[rng.integers(len(people))])
    if shoulder is not None:
        patches.append(shoulder)
    return occlude(composite, face, patches[rng.integers(len(patches))], rng)
