"""Pictures of surfaces, computed: what gravel, bark and cloth have in common with no face."""

import cv2
import numpy as np


def spectrum(rng, size, fall, stretch):
    """Noise whose amplitude falls as frequency to the power ``fall``, drawn out along a line."""
    down, right = np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None]
    turn = rng.uniform(0, np.pi)
    along = down * np.cos(turn) + right * np.sin(turn)
    across = right * np.cos(turn) - down * np.sin(turn)
    frequency = np.hypot(along * stretch, across)
    amplitude = np.maximum(frequency, 1 / size) ** -fall
    phase = rng.uniform(0, 2 * np.pi, amplitude.shape)
    field = np.fft.irfft2(amplitude * np.exp(1j * phase), (size, size))
    return (field - field.mean()) / field.std()


def stones(rng, size):
    """Gravel: the distance to the nearest of many points, each stone of its own brightness."""
    count = int(np.exp(rng.uniform(np.log(40), np.log(1500))))
    dots = np.full((size, size), 255, np.uint8)
    dots[tuple(rng.integers(0, size, (2, count)))] = 0
    far, labels = cv2.distanceTransformWithLabels(
        dots, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    dome = 1 - (far / (0.7 * size / np.sqrt(count))) ** 2
    shade = rng.normal(0, 1, labels.max() + 1)[labels]
    return rng.uniform(0.5, 2) * dome.clip(-1, 1) + shade * rng.uniform(0.1, 0.7)


def weave(rng, size):
    """Cloth: two waves across each other, bent by folds."""
    folds = spectrum(rng, size, 2.0, 1.0) * rng.uniform(0, 4)
    down, right = np.mgrid[:size, :size] + folds
    turn, pitch = rng.uniform(0, np.pi), np.exp(rng.uniform(np.log(2.5), np.log(40), 2))
    along = down * np.cos(turn) + right * np.sin(turn)
    across = right * np.cos(turn) - down * np.sin(turn)
    waves = np.sin(2 * np.pi * along / pitch[0]) + rng.uniform(0, 1) * np.sin(
        2 * np.pi * across / pitch[1]
    )
    return waves + folds * rng.uniform(0, 0.6)


def texture(rng, size=200):
    """One surface: uint8 (size, size, 3)."""
    kind = rng.integers(4)
    if kind == 0:
        field = stones(rng, size)
    elif kind == 1:
        field = weave(rng, size)
    else:  # bark, earth, leaves
        field = spectrum(rng, size, rng.uniform(0.5, 1.8), rng.uniform(1, 8) if kind == 2 else 1)
    if rng.random() < 0.3:
        field = np.abs(field)  # cracks
    field = field / max(field.std(), 1e-6) * rng.uniform(10, 60)
    colour = rng.uniform(40, 215) + rng.normal(0, 20, 3)
    spots = spectrum(rng, size, 1.5, 1.0)[..., None] * rng.normal(0, 8, 3)
    image = colour + field[..., None] * (1 + rng.normal(0, 0.1, 3)) + spots
    return image.clip(0, 255).astype(np.uint8)
