"""Winks of people who blinked: one eye of a frame in another frame of the same person.

Nobody winks in films of interviews, but everybody blinks. One closed eye in a frame with open
ones, or one open eye in a frame with closed ones, is a wink of real lids, where the puppets'
(`dataset.puppet`) are drawn.
"""

import cv2
import numpy as np

from dataset.puppet.landmark_outlines import LEFT_EYE, RIGHT_EYE
from dataset.puppet.photo_checks import DOWN, eye_distance, rejection

CLOSED, OPEN = 0.45, 0.25  # blink scores of MediaPipe: both eyes above, both below
FELLOWS = 2  # frames with open eyes for each with closed ones
ALIKE = 0.12  # of the eyes' distance by which points may miss after the best similarity
ROOT = (168, 6)  # of the nose
# MediaPipe's points beside each eye that do not move with the lids: its corners, the brow, below
# it, the root of the nose. Right and left are the person's own.
BESIDE = {
    "right": (33, 133, 46, 53, 52, 65, 55, 70, 63, 105, 66, 107, 117, 118, 119, 100, *ROOT),
    "left": (263, 362, 276, 283, 282, 295, 285, 300, 293, 334, 296, 336, 346, 347, 348, 329, *ROOT),
}
CORNERS = {  # outer, inner
    side: (upper[0], upper[-1]) for side, (upper, _) in (("right", RIGHT_EYE), ("left", LEFT_EYE))
}
WIDE, HIGH = 0.85, 0.6  # half axes of what is taken over, in widths of the eye
STRONGEST = 1.5  # factor by which contrast is adapted at most


def eyes(source):
    """'closed', 'open' or None: what both eyes of a `dataset.puppet.sources.Source` are."""
    if source.scores is None or rejection(source.points):
        return None
    blinks = [source.scores[f"eyeBlink{side}"] for side in ("Left", "Right")]
    if min(blinks) > CLOSED:
        return "closed"
    lowered = max(source.scores[f"eyeLookDown{side}"] for side in ("Left", "Right"))
    return "open" if max(blinks) < OPEN and lowered < DOWN else None


def pairs(sources):
    """For each frame with closed eyes those of the same person with open eyes most like it.

    Returns
    -------
    list of (Source, Source)
        Closed, open; at most `FELLOWS` of each, in about the same pose, the most alike first.
    """
    states = [eyes(source) for source in sources]
    opened = {}
    for source, state in zip(sources, states):
        if state == "open":
            opened.setdefault(source.person, []).append(source)
    found = []
    for source, state in zip(sources, states):
        if state == "closed" and source.person in opened:
            misses = [unlike(source.points, other.points) for other in opened[source.person]]
            best = [k for k in np.argsort(misses)[:FELLOWS] if misses[k] < ALIKE]
            found += [(source, opened[source.person][k]) for k in best]
    return found


def unlike(one, other):
    """By how much points beside the eyes miss after the best similarity, in eyes' distances."""
    some = sorted({*BESIDE["right"], *BESIDE["left"]})
    move, _ = cv2.estimateAffinePartial2D(one[some], other[some], method=cv2.LMEDS)
    if move is None:
        return np.inf
    moved = one[some] @ move[:, :2].T + move[:, 2]
    return float(np.sqrt(((moved - other[some]) ** 2).sum(axis=1).mean()) / eye_distance(other))


def with_eye_of(image, points, other, other_points, side):
    """A picture with one eye of another picture of the same person.

    Parameters
    ----------
    image, other : ndarray of uint8 (H, W, 3)
    points, other_points : ndarray (478, 2)
    side : {'right', 'left'}
        Her own.

    Returns
    -------
    ndarray of uint8 (H, W, 3)
        In the light of ``image``: level and contrast of a ring around the eye are its.
    """
    beside = list(BESIDE[side])
    move, _ = cv2.estimateAffine2D(other_points[beside], points[beside], method=cv2.LMEDS)
    size = image.shape[1::-1]
    moved = cv2.warpAffine(other, move, size, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    outer, inner = points[list(CORNERS[side])]
    width = float(np.hypot(*(outer - inner)))
    angle = float(np.degrees(np.arctan2(*(inner - outer)[::-1])))
    middle = tuple(map(float, (outer + inner) / 2))

    def ellipse(factor):
        mask = np.zeros(image.shape[:2], np.float32)
        axes = (2 * WIDE * width * factor, 2 * HIGH * width * factor)
        cv2.ellipse(mask, (middle, axes, angle), 1.0, -1)
        return mask

    inside = ellipse(1.0)
    ring = (ellipse(1.35) - inside) > 0.5
    kept = image.astype(np.float32)
    if ring.any():
        ours, theirs = kept[ring], moved[ring]
        gain = ours.std(axis=0) / np.maximum(theirs.std(axis=0), 1.0)
        gain = np.clip(gain, 1 / STRONGEST, STRONGEST)
        moved = (moved - theirs.mean(axis=0)) * gain + ours.mean(axis=0)
    soft = cv2.GaussianBlur(inside, (0, 0), max(0.6, 0.12 * width))[..., None]
    return np.clip(np.rint(kept * (1 - soft) + moved * soft), 0, 255).astype(np.uint8)
