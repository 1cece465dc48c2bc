"""Which photos can be puppeteered, by their points and blendshape scores."""

import numpy as np

from dataset.puppet.landmark_outlines import LEFT_CHEEK, LEFT_EYE, NOSE_TIP, RIGHT_CHEEK, RIGHT_EYE

TURNED = 0.34  # of the face's width by which the nose is nearer to one cheek: some 25 degrees
SMALL = 15.0  # pixels between the eyes
BLINK, DOWN = 0.42, 0.45  # scores from which eyes are too far closed or lowered
OPEN, SMILING, BARED = 0.12, 0.35, 0.35  # of the jaw, of a smile, of bared teeth
GRIN, LAUGHING, TEETH = 0.5, 0.3, 0.3  # of a smile, a jaw and bared teeth that may stay
TILTED, NODDED = np.radians(32), np.radians(24)
MISFIT = 0.018  # head units by which points may miss the model: covered, drawn, no face
DARK = 0.012  # linear luminance of the skin
COVERED = 0.2  # of the skin's luminance; where the lips are darker is a microphone
LENS = 0.35  # of the skin's luminance; where it is darker under both eyes are dark glasses


def rejection(points, scores=None):
    """Why a face cannot be used, or None if it can, as far as points tell.

    Parameters
    ----------
    points : (478, 2) float
        Pixels; NaN where no face was found.
    scores : dict of str to float, optional
        MediaPipe's blendshape scores; without them only pose and size are judged.
    """
    if not np.isfinite(points).all():
        return "no landmarks"
    if eye_distance(points) < SMALL:
        return "too small"
    if abs(turned(points)) > TURNED:
        return "turned away"
    if scores is None:
        return None

    def both(name):
        return scores[name + "Left"], scores[name + "Right"]

    if max(both("eyeBlink")) > BLINK or max(both("eyeLookDown")) > DOWN:
        return "eyes lowered"
    if scores["jawOpen"] > OPEN or np.mean(both("mouthLowerDown")) > BARED:
        return "mouth open"
    if np.mean(both("mouthSmile")) > SMILING or np.mean(both("mouthUpperUp")) > BARED:
        return "smiling"
    return None


def smileys_of(scores):
    """Smileys that a photo may pull with its own open or smiling mouth; none if there are none."""
    if scores is None:
        return ()
    smile = min(scores["mouthSmileLeft"], scores["mouthSmileRight"])
    bared = min(scores["mouthUpperUpLeft"], scores["mouthUpperUpRight"])
    if smile < GRIN:
        return ()
    if scores["jawOpen"] > LAUGHING:
        return ("laugh", "roar", "cool")
    if bared > TEETH or scores["jawOpen"] > OPEN:
        return ("laugh", "joy", "wink", "cool")
    if scores["jawOpen"] < 0.03 and bared < 0.08:
        return ("smile", "joy", "wink", "cool")
    return ("joy", "wink", "cool")


def eye_distance(points):
    """Distance between the middles of the eyes, pixels."""
    right, left = (points[[ring[0][0], ring[0][-1]]].mean(0) for ring in (RIGHT_EYE, LEFT_EYE))
    return float(np.hypot(*(right - left)))


def turned(points):
    """How far the nose is from the middle of the face, in face widths; 0 is frontal."""
    nose, right, left = points[NOSE_TIP], points[RIGHT_CHEEK], points[LEFT_CHEEK]
    width = np.hypot(*(right - left))
    return (np.hypot(*(nose - right)) - np.hypot(*(nose - left))) / width


def fit_rejection(photo):
    """Why a fitted `Photo` cannot be used, or None."""
    nod, _, tilt = photo.pose[3:]
    if abs(tilt) > TILTED or abs(nod) > NODDED:
        return "turned away"
    if photo.fit.residual > MISFIT:
        return "face covered"
    if photo.lips < COVERED * photo.brightness:
        return "face covered"
    if photo.brightness < DARK:
        return "too dark"
    if photo.under_eyes < LENS * photo.brightness:
        return "dark glasses"
    return None
