"""Where each pixel of the new picture comes from in the photo."""

import cv2
import numpy as np

from dataset.synth.seeding import smoothstep

# Reach of the face's movement into its surroundings, head units: at its edge, near, far.
EDGE, NEAR, FAR = 0.04, 0.13, 0.39
END = 0.75  # beyond this distance nothing moves


def warp_field(here, source, face, inner, scale):
    """The whole picture's source positions from those of the face's pixels.

    Inside the face they are the mesh's. Around it the movement goes on smoothly and dies
    out: hair, ears and neck follow the face a little, and the background rests.

    Parameters
    ----------
    here : (s, s, 2) float32
        Where each pixel would come from if nothing but the camera moved.
    source : (s, s, 2) float32
        Where the face's pixels come from; anything elsewhere.
    face, inner : (s, s) bool
        Pixels of the face's skin; of eyes, mouth, glasses.
    scale : float
        Pixels a head unit.

    Returns
    -------
    (s, s, 2) float32
    """
    mask = face.astype(np.float32)
    moved = (source - here) * mask[..., None]
    edge = spread(moved, mask, EDGE * scale, 0)
    near = spread(moved, mask, NEAR * scale, 1)
    far = spread(moved, mask, FAR * scale, 2)
    known = (face | inner).astype(np.uint8)
    distance = cv2.distanceTransform(1 - known, cv2.DIST_L2, 3)
    near = edge + (near - edge) * np.clip(distance / (2.5 * EDGE * scale), 0, 1)[..., None]
    share = np.clip(distance / (1.2 * NEAR * scale), 0, 1)[..., None]
    fading = smoothstep(distance, END * scale, 0)[..., None]
    around = (near * (1 - share) + far * share) * fading
    sure = np.clip(cv2.GaussianBlur(mask, (0, 0), 1.0) * 2 - 1, 0, 1) * mask
    return here + around + (moved - around) * sure[..., None]


def spread(values, mask, reach, halvings):
    """Weighted mean of the values (s, s, 2) around each pixel, worked out on a smaller picture."""
    size = mask.shape[::-1]
    small = tuple(side >> halvings for side in size)
    stack = cv2.resize(np.dstack([values, mask]), small, interpolation=cv2.INTER_AREA)
    stack = cv2.GaussianBlur(stack, (0, 0), reach / (1 << halvings))
    stack = cv2.resize(stack, size, interpolation=cv2.INTER_LINEAR)
    return stack[..., :2] / (stack[..., 2:] + 1e-4)


def fetch(image, source):
    """Bilinear lookup of source positions (..., 2) in an image; its first centre is at 0.5."""
    source = source.astype(np.float32) - np.float32(0.5)
    shape = source.shape[:-1]
    if len(shape) == 1:
        source = source[None]
    found = cv2.remap(
        image, source[..., 0].copy(), source[..., 1].copy(), cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    return found[0] if len(shape) == 1 else found
