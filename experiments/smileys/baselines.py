"""Simple classifiers of face pictures, to compare the article's network with."""

import cv2
import numpy as np

from experiments.core.ridge import Ridge

MARGIN = 0.08  # around a face, as a share of its side
FOLDS = 5
BLOCK = 512  # pictures compared at once


def face_patch(image, box, size=64):
    """The grey face of a picture with a small margin, (size, size) uint8."""
    x, y, w, h = box
    grow = MARGIN * max(w, h)
    scale = size / (max(w, h) + 2 * grow)
    shift = np.array([[scale, 0, (grow - x) * scale], [0, scale, (grow - y) * scale]])
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    if scale < 1:
        grey = cv2.GaussianBlur(grey, (0, 0), 0.45 / scale)
    return cv2.warpAffine(grey, shift, (size, size), flags=cv2.INTER_LINEAR,
                          borderMode=cv2.BORDER_REPLICATE)  # fmt: skip


def pixels(faces):
    """24x24 grey pixels of each face, without its own mean and contrast, (n, 576)."""
    small = [cv2.resize(face, (24, 24), interpolation=cv2.INTER_AREA) for face in faces]
    small = np.array(small, float).reshape(len(faces), -1)
    small -= small.mean(1, keepdims=True)
    return small / (small.std(1, keepdims=True) + 1e-6)


def hog(faces):
    """Histograms of oriented gradients of each face, (n, 1764)."""
    descriptor = cv2.HOGDescriptor((64, 64), (16, 16), (8, 8), (8, 8), 9)
    return np.array([descriptor.compute(face).ravel() for face in faces], float)


def nearest_neighbour(train, labels, test):
    """Label of the nearest training example, by Euclidean distance.

    Parameters
    ----------
    train, test : ndarray (N, D), (M, D)
    labels : ndarray (N,)
        Of the training examples: classes, or what else is to be copied.

    Returns
    -------
    ndarray (M,)
    """
    squares = (train**2).sum(axis=1)
    found = [
        (squares - 2 * test[k : k + BLOCK] @ train.T).argmin(axis=1)
        for k in range(0, len(test), BLOCK)
    ]
    return labels[np.concatenate(found)]


def linear_classifier(train, labels, test, penalty=3.0):
    """Ridge regression to one output a class; the largest wins.

    Shapes are those of `nearest_neighbour`; ``penalty`` weighs the squared coefficients.
    """
    ridge = Ridge(train)
    return ridge.name(ridge.project(test), labels, [penalty])[0]


def folds_of(people, split, seed):
    """Number of the fold that holds each picture out, from 0 to `FOLDS` - 1: ndarray of int (n,).

    ``people`` (n,) names who each picture shows; ``split`` is 'image' or 'person'.
    """
    rng = np.random.default_rng(seed)
    if split == "image":
        return rng.permutation(len(people)) % FOLDS
    names = sorted(set(people))
    fold = dict(zip(names, rng.permutation(len(names)) % FOLDS))
    return np.array([fold[name] for name in people])
