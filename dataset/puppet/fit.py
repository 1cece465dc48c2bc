"""Fits the head to the 478 points of one photo: pose, identity and what the face does.

Gauss-Newton on all of them together. Identity alone could explain a smile (some mouths
are wide), so two priors keep expression out of it: MediaPipe's own estimate of the face
units, where there is one, tells what the face does; and an identity costs the more the
further it is from the average.
"""

from typing import NamedTuple

import numpy as np

from dataset.puppet.landmark_outlines import EYES, IRISES, LEFT_EYE, LIPS, NOSE_TIP, RIGHT_EYE
from dataset.puppet.model import (
    CENTRE,
    SHAPES,
    UNITS,
    load_correspondence,
    points_model,
    project,
    rotation,
)

# Blendshape scores of calm faces are not zero: about what MediaPipe gives a face at rest.
AT_REST = {
    "browInnerUp": 0.10, "browOuterUpLeft": 0.20, "browOuterUpRight": 0.15, "mouthPucker": 0.12,
    "eyeSquintLeft": 0.25, "eyeSquintRight": 0.20, "eyeBlinkLeft": 0.08, "eyeBlinkRight": 0.08,
}  # fmt: skip
GAIN = 0.8  # weight of a face unit at a score of one
GUESS, BLIND = 0.18, 0.35  # deviation of a unit's weight, with scores and without
IDENTITY = 0.8  # deviations of the rendered people's heads that a real one has
STEPS = 8
LOWEST, HIGHEST = -0.1, 1.2
OFTEN = 90  # the points' errors go together: they count as so many independent ones


class Fit(NamedTuple):
    """What explains a photo's points.

    pose : (6,) see `model.project`; shape : (SHAPES,); units : dict of str to float;
    residual : float, mean distance of the points from the model, in head units.
    """

    pose: np.ndarray
    shape: np.ndarray
    units: dict
    residual: float


def guess_units(scores):
    """Prior mean and deviation, (len(UNITS),) each, from blendshape scores (a dict or None)."""
    if scores is None:
        return np.zeros(len(UNITS)), np.full(len(UNITS), BLIND)
    above = [max(0.0, scores.get(unit, 0.0) - AT_REST.get(unit, 0.0)) for unit in UNITS]
    return GAIN * np.array(above), np.full(len(UNITS), GUESS)


def first_pose(points):
    """A frontal pose from the eyes and the nose."""
    right, left = (points[[ring[0][0], ring[0][-1]]].mean(0) for ring in (RIGHT_EYE, LEFT_EYE))
    scale = np.hypot(*(left - right)) / 0.63
    tilt = np.arctan2(-(left - right)[1], (left - right)[0])
    middle = points[[*EYES, *LIPS, NOSE_TIP]].mean(0)
    return np.array([scale, *middle, 0.0, 0.0, tilt])


def fit_face(points, scores=None):
    """Fit one face.

    Parameters
    ----------
    points : (478, 2) float
        Pixels of the photo; the two irises may be missing (468).
    scores : dict of str to float, optional
        MediaPipe's blendshape scores, 0..1, named as the face units.

    Returns
    -------
    Fit
    """
    use = np.arange(min(IRISES))
    points = np.asarray(points, float)[use]
    model, where = points_model(), load_correspondence()
    mean, shapes, units = model.mean[use], model.shapes[:, use], model.units[:, use]
    weight = 1 / where.spread[use]
    weight *= np.sqrt(OFTEN / len(use))
    centre, spread = guess_units(scores)
    prior = np.concatenate([np.full(6, 1e-6), np.full(SHAPES, 1 / IDENTITY), 1 / spread])
    goal = np.concatenate([np.zeros(6 + SHAPES), centre])
    x = np.concatenate([first_pose(points), np.zeros(SHAPES), centre])
    low = np.concatenate([np.full(6, -np.inf), np.full(SHAPES, -2.5), np.full(len(UNITS), LOWEST)])
    high = np.concatenate([np.full(6, np.inf), np.full(SHAPES, 2.5), np.full(len(UNITS), HIGHEST)])
    basis = np.concatenate([shapes, units])
    for _ in range(STEPS):
        pose = x[:6]
        vertices = mean + np.tensordot(x[6:], basis, 1)
        error = (points - project(vertices, pose)[:, :2]) / pose[0]
        slope = np.empty((2 * len(use), len(x)))
        slope[:, :6] = pose_slopes(vertices, pose).reshape(-1, 6) / pose[0]
        turn = rotation(pose[3:])[:2] * [[1], [-1]]
        slope[:, 6:] = (basis @ turn.T).reshape(len(basis), -1).T
        slope *= np.repeat(weight, 2)[:, None]
        left = slope.T @ slope + np.diag(prior**2)
        right = slope.T @ (error * weight[:, None]).ravel() + prior**2 * (goal - x) * (prior > 1e-3)
        x = solve_within(left, right, x, low, high)
        x[3:6] = np.clip(x[3:6], -1.2, 1.2)
    vertices = mean + np.tensordot(x[6:], basis, 1)
    error = (points - project(vertices, x[:6])[:, :2]) / x[0]
    residual = float(np.sqrt((error**2).sum(1)).mean())
    return Fit(x[:6], x[6 : 6 + SHAPES], dict(zip(UNITS, x[6 + SHAPES :])), residual)


def pose_slopes(vertices, pose):
    """Change of the projected columns and rows with the pose, (k, 2, 6)."""
    slopes = np.zeros((len(vertices), 2, 6))
    offset = vertices - CENTRE
    turned = offset @ rotation(pose[3:]).T
    slopes[:, 0, 0], slopes[:, 1, 0] = turned[:, 0], -turned[:, 1]
    slopes[:, 0, 1] = slopes[:, 1, 2] = 1
    step = 1e-5
    for k in range(3, 6):
        moved = pose.copy()
        moved[k] += step
        change = (offset @ rotation(moved[3:]).T - turned) * pose[0] / step
        slopes[:, 0, k], slopes[:, 1, k] = change[:, 0], -change[:, 1]
    return slopes


def solve_within(left, right, x, low, high):
    """One Gauss-Newton step that stays within bounds: what hits one is held there.

    ``left`` (n, n) and ``right`` (n,) are the normal equations, ``x``, ``low`` and ``high`` (n,).
    """
    free = np.ones(len(x), bool)
    step = np.zeros(len(x))
    for _ in range(3):
        step[free] = np.linalg.solve(
            left[np.ix_(free, free)], right[free] - left[np.ix_(free, ~free)] @ step[~free]
        )
        out = free & ((x + step < low) | (x + step > high))
        if not out.any():
            break
        step[out] = np.clip(x[out] + step[out], low[out], high[out]) - x[out]
        free &= ~out
    return np.clip(x + step, low, high)
