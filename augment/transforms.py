"""Random variations of a labelled window: towards the article's "effectively infinite" data.

The article says only that its augmentation is as varied as possible, and the same
for detection and smileys. Here one draw of a geometric warp (shift, scale,
rotation, flip, stretch, perspective, composed into one matrix, so that the picture is
resampled once) is followed by what light, camera and compression do.
"""

from dataclasses import dataclass, fields, replace

import cv2
import numpy as np

from common.crops import Mipmap, box_matrix


@dataclass(frozen=True)
class Augmentation:
    """How strong each transform may get; 0 switches it off.

    Amounts are drawn uniformly from -strength to strength unless said otherwise.
    """

    shift: float = 0.10  # of the box's side, each way
    scale: float = 0.18  # of the side's logarithm: exp(±0.18) is 0.84 to 1.20
    rotation: float = 12.0  # degrees
    flip: float = 0.5  # probability; a mirrored wink is still a wink
    perspective: float = 0.10  # relative change of size across the window
    stretch: float = 0.3  # of the logarithm of width by height: some faces are broad
    brightness: float = 0.20  # of full white, added
    contrast: float = 0.35  # of the logarithm of the slope about mid-grey
    gamma: float = 0.35  # of the exponent's logarithm
    hue: float = 12.0  # degrees
    saturation: float = 0.6  # relative; 1 may turn a picture grey
    temperature: float = 0.15  # of red's gain against blue's, in logarithms
    noise: float = 0.05  # largest standard deviation, of full white
    resolution: float = 1.5  # largest loss: shrunk by 1 + this and enlarged again
    blur: float = 1.0  # largest standard deviation of the Gaussian, output pixels
    jpeg: float = 0.3  # probability of compression, quality 25 to 90
    occlusion: float = 0.2  # probability of a covered patch

    def scaled(self, factor):
        """All strengths multiplied; probabilities stay at most 1."""
        return replace(
            self,
            **{
                f.name: min(getattr(self, f.name) * factor, 1)
                if f.name in ("flip", "jpeg", "occlusion")
                else getattr(self, f.name) * factor
                for f in fields(self)
            },
        )

    def without(self, *names):
        """The same with some transforms switched off."""
        return replace(self, **dict.fromkeys(names, 0.0))

    def only(self, *names):
        """These transforms alone."""
        return self.without(*(f.name for f in fields(self) if f.name not in names))


def random_matrix(rng, box, size, a):
    """Draw the geometric part.

    Parameters
    ----------
    rng : numpy.random.Generator
    box : (x, y, w, h) of the face, pixels of the source
    size : int
        Side of the output in pixels.
    a : Augmentation

    Returns
    -------
    ndarray (3, 3)
        Output pixel to source pixel, for `Mipmap.warp`.
    """
    shift_x, shift_y, scale, rotation, tilt_x, tilt_y = rng.uniform(-1, 1, 6)
    flip = -1 if rng.random() < a.flip else 1
    angle = np.deg2rad(rotation * a.rotation)
    grow = np.exp(scale * a.scale)
    cos, sin = grow * np.cos(angle), grow * np.sin(angle)
    # Drawn only where it is asked for: trainings without it keep their stream.
    broad = np.exp(rng.uniform(-0.5, 0.5) * a.stretch) if a.stretch else 1.0
    # In coordinates that run from -1 to 1 across the window.
    affine = np.array(
        [
            [flip * cos / broad, -sin / broad, 2 * shift_x * a.shift],
            [flip * sin * broad, cos * broad, 2 * shift_y * a.shift],
            [0, 0, 1],
        ]
    )
    perspective = np.eye(3)
    perspective[2, :2] = tilt_x * a.perspective / 2, tilt_y * a.perspective / 2
    # Output pixels to those coordinates, and back.
    half, middle = size / 2, (size - 1) / 2
    centred = np.array([[1 / half, 0, -middle / half], [0, 1 / half, -middle / half], [0, 0, 1]])
    pixels = np.array([[half, 0, middle], [0, half, middle], [0, 0, 1]])
    return box_matrix(box, size) @ pixels @ affine @ perspective @ centred


def random_colours(rng, image, a):
    """Change light and colours: brightness, contrast, gamma, temperature, hue, saturation.

    ``image`` is uint8 (H, W, 3), BGR, and so is the result.
    """
    bright, contrast, gamma, warm, hue, saturation = rng.uniform(-1, 1, 6)
    values = np.linspace(0, 1, 256)
    values = values ** np.exp(gamma * a.gamma)
    values = (values - 0.5) * np.exp(contrast * a.contrast) + 0.5 + bright * a.brightness
    gains = np.exp(warm * a.temperature * np.array([-0.5, 0, 0.5]))  # blue, green, red
    table = np.clip(values[:, None] * gains * 255 + 0.5, 0, 255).astype(np.uint8)
    image = cv2.LUT(image, np.ascontiguousarray(table[:, None, :]))
    matrix = colour_matrix(hue * a.hue, 1 + saturation * a.saturation)
    # cv2.transform rounds and saturates as uint8 arithmetic should.
    return cv2.transform(image, matrix)


def colour_matrix(degrees, saturation):
    """Matrix (3, 3) on B, G, R that turns the hue and scales the distance from grey.

    120 degrees make red green.

    A rotation about the grey axis: grey stays grey, and the mean of the three
    channels is kept.
    """
    angle = np.deg2rad(degrees)
    mean = np.full((3, 3), 1 / 3)
    cross = np.array([[0, 1, -1], [-1, 0, 1], [1, -1, 0]]) / np.sqrt(3)
    turn = np.cos(angle) * (np.eye(3) - mean) + np.sin(angle) * cross
    return mean + saturation * turn


def random_camera(rng, image, a):
    """Resolution, blur, noise and compression, in the order in which a camera loses them.

    ``image`` is uint8 (S, S, 3), BGR, and so is the result.
    """
    shrink = 1 + a.resolution * rng.random() ** 2
    if shrink > 1.1:
        size = image.shape[0]
        small = (max(4, round(size / shrink)),) * 2
        image = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
        image = cv2.resize(image, (size, size), interpolation=cv2.INTER_LINEAR)
    sigma = a.blur * rng.random() ** 2  # mostly little
    if sigma > 0.3:
        image = cv2.GaussianBlur(image, (0, 0), sigma)
    deviation = 255 * a.noise * rng.random() ** 2
    if deviation > 0.5:
        grain = rng.standard_normal(image.shape, dtype=np.float32)
        image = np.clip(image + grain * np.float32(deviation), 0, 255).astype(np.uint8)
    if rng.random() < a.jpeg:
        quality = int(rng.integers(25, 91))
        data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        image = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return image


def random_occlusion(rng, image, a):
    """Sometimes cover a patch at a border, as a hand, hair or a microphone would.

    The patch is a rotated rectangle of one random colour; its centre lies in the
    outer part of the window, so that the middle of the face is never wholly hidden.
    ``image`` is uint8 (S, S, 3), BGR; it is written to, and returned.
    """
    if rng.random() >= a.occlusion:
        return image
    size = image.shape[0]
    angle = rng.uniform(0, 2 * np.pi)
    centre = size * (0.5 + 0.5 * np.array([np.cos(angle), np.sin(angle)]))
    sides = rng.uniform(0.2, 0.6, 2) * size
    corners = cv2.boxPoints((tuple(centre), tuple(sides), rng.uniform(0, 180)))
    colour = [int(value) for value in rng.integers(0, 256, 3)]
    return cv2.fillConvexPoly(image, np.int32(corners), colour, cv2.LINE_AA)


def augment(rng, picture, box, a, size=48):
    """One random variation of a labelled window.

    Parameters
    ----------
    rng : numpy.random.Generator
    picture : ndarray of uint8 (H, W, 3), or its `Mipmap`
        The whole source: the warp may look beyond the box.
    box : (x, y, w, h)
        Where the face is, in pixels of the source.
    a : Augmentation
    size : int
        Side of the result.

    Returns
    -------
    ndarray of uint8, shape (size, size, 3)
    """
    mipmap = Mipmap.of(picture)
    image = mipmap.warp(random_matrix(rng, box, size, a), size)
    image = random_occlusion(rng, image, a)
    image = random_colours(rng, image, a)
    return random_camera(rng, image, a)
