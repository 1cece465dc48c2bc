"""The camera: projection to pixels, and what lens, sensor and codec do to a picture."""

from dataclasses import dataclass

import cv2
import numpy as np

MIDDLE = np.array([0.0, 7.0, 0.9])  # between eyes and mouth: what the camera is aimed at


@dataclass
class Camera:
    """One shot's camera.

    Attributes
    ----------
    distance : float
        From the face, in head units (decimetres).
    exposure, contrast, saturation : float
        About 1.
    balance : (3,) float64
        Gains of red, green and blue.
    noise, chroma : float
        Standard deviations in grey levels, of brightness and of each colour.
    blur : float
        Standard deviation of the lens's blur in pixels of a 128-pixel crop.
    vignette : float
        Darkening of the corners, 0..1.
    quality : int
        Of the JPEG, 0..100.
    """

    distance: float
    exposure: float
    contrast: float
    saturation: float
    balance: np.ndarray
    noise: float
    chroma: float
    blur: float
    vignette: float
    quality: int


def make_camera(rng):
    """A webcam or a telephone, good or bad."""
    return Camera(
        distance=float(rng.uniform(6.0, 14.0)),
        exposure=float(np.exp(0.13 * rng.standard_normal())),
        contrast=float(rng.uniform(0.85, 1.2)),
        saturation=float(rng.uniform(0.8, 1.2)),
        balance=np.exp(0.05 * rng.standard_normal(3)),
        noise=float(rng.uniform(1.0, 3.5)),
        chroma=float(rng.uniform(0.5, 2.5)),
        blur=float(rng.uniform(0.0, 0.8)),
        vignette=float(rng.uniform(0.0, 0.3)),
        quality=int(rng.integers(72, 95)),
    )


def project(vertices, camera, scale, centre):
    """Column, row and depth (n, 3) of vertices.

    Parameters
    ----------
    vertices : (n, 3) float64
    camera : Camera
    scale : float
        Pixels a head unit at the depth of `MIDDLE`.
    centre : (2,) float
        Where `MIDDLE` lies in the picture, in pixels.
    """
    offset = vertices - MIDDLE
    depth = camera.distance - offset[:, 2]
    zoom = scale * camera.distance / depth
    return np.stack([centre[0] + offset[:, 0] * zoom, centre[1] - offset[:, 1] * zoom, depth], 1)


def tone_curve(contrast):
    """Lookup table (4096,) float64 from linear light 0..2 to grey levels 0..255."""
    linear = np.linspace(0, 2, 4096)
    level = np.clip(1.06 * (1 - np.exp(-1.55 * linear)), 0, 1) ** (1 / 2.2)
    level = np.clip(0.5 + contrast * (level - 0.5), 0, 1)
    return 255 * level


def expose(image, camera, rng, scale):
    """Turn linear light into the 8-bit picture this camera takes of it.

    Parameters
    ----------
    image : (h, w, 3) float32
        Linear RGB.
    camera : Camera
    rng : numpy.random.Generator
        Of the frame: sensor noise.
    scale : float
        Size of the picture's face relative to that in a 128-pixel crop.

    Returns
    -------
    (h, w, 3) uint8
        BGR, as OpenCV has it.
    """
    height, width = image.shape[:2]
    sigma = camera.blur * scale
    if sigma > 0.25:
        image = cv2.GaussianBlur(image, (0, 0), sigma)
    y, x = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None]
    shade = 1 - camera.vignette * 0.5 * (x * x + y * y)
    gain = (camera.exposure * camera.balance * shade[..., None]).astype(np.float32)
    index = np.clip(image * gain * np.float32(4095 / 2), 0, 4095).astype(np.int32)
    level = tone_curve(camera.contrast).astype(np.float32)[index]
    grey = (level * np.array([0.30, 0.59, 0.11], np.float32)).sum(2, keepdims=True)
    level = grey + np.float32(camera.saturation) * (level - grey)
    level += np.float32(camera.noise) * rng.standard_normal((height, width, 1)).astype(np.float32)
    coarse = rng.standard_normal((height // 2 + 1, width // 2 + 1, 3)).astype(np.float32)
    coarse = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    level += np.float32(camera.chroma) * coarse
    return np.ascontiguousarray(np.clip(np.rint(level), 0, 255).astype(np.uint8)[..., ::-1])
