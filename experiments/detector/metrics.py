"""How good a face detector is: recall over false positives per image."""

from dataclasses import dataclass

import numpy as np

from pipeline.suppression import overlaps

FALSE, IGNORED = -1, -2  # what `assign` says of a detection that hits no face
RESAMPLES = 1000
CHUNK = 25  # resamples at once: some 10 MB for 50,000 detections


def assign(truth, ignored, boxes, scores, iou=0.5):
    """Match detections to true boxes one to one, best score first (FDDB's discrete protocol).

    Parameters
    ----------
    truth, ignored : array-like (M, 4), (K, 4)
        Faces, and faces that neither count when found nor when missed.
    boxes, scores : array-like (N, 4), (N,)
    iou : float
        Smallest overlap that counts.

    Returns
    -------
    ndarray of int (N,)
        For each detection, in the given order, the face it hits, that no better one has
        hit; else `IGNORED` where it hits an ignored one (any number may); else `FALSE`.
    """
    truth = np.asarray(truth, float).reshape(-1, 4)
    ignored = np.asarray(ignored, float).reshape(-1, 4)
    free = np.ones(len(truth), bool)
    found = np.full(len(boxes), FALSE)
    for index in np.argsort(-np.asarray(scores, float), kind="stable"):
        shares = overlaps(boxes[index], truth) * free
        if len(shares) and shares.max() >= iou:
            found[index] = shares.argmax()
            free[found[index]] = False
        elif (overlaps(boxes[index], ignored) >= iou).any():
            found[index] = IGNORED
    return found


def match(truth, boxes, scores, iou=0.5):
    """Whether each detection hits a face that no better one has hit: bool (N,); see `assign`."""
    return assign(truth, [], boxes, scores, iou) >= 0


def recall_at(hit_scores, faces, false_scores, images, rate):
    """Recall where false positives per image are at most ``rate``.

    Parameters
    ----------
    hit_scores : array-like
        Scores of the detections that hit a face.
    faces : int
        True faces in all.
    false_scores : array-like
        Scores of false positives over ``images`` images.
    images : int
    rate : float

    Returns
    -------
    (recall, threshold) : tuple of float
        A detection counts if its score is above ``threshold``.
    """
    allowed = int(np.floor(rate * images))
    false_scores = np.sort(np.asarray(false_scores))[::-1]
    threshold = float(false_scores[allowed]) if len(false_scores) > allowed else 0.0
    return float(np.sum(np.asarray(hit_scores) > threshold) / faces), threshold


@dataclass(frozen=True)
class Results:
    """What a detector made of a set of images; detections are those that count.

    Parameters
    ----------
    scores : ndarray (N,)
    hits : ndarray of bool (N,)
        Whether a face was hit; else the detection is a false positive.
    images : ndarray of int (N,)
        The image of each detection.
    faces : ndarray of int (images,)
        True faces in each image.
    """

    scores: np.ndarray
    hits: np.ndarray
    images: np.ndarray
    faces: np.ndarray

    def recall_at(self, rate):
        """(recall, threshold) at a rate of false positives per image; see `recall_at`."""
        return recall_at(
            self.scores[self.hits],
            self.faces.sum(),
            self.scores[~self.hits],
            len(self.faces),
            rate,
        )

    def above(self, threshold):
        """(recall, false positives per image) of the detections above a threshold."""
        counted = self.scores > threshold
        hits = (counted & self.hits).sum()
        return float(hits / self.faces.sum()), float((counted & ~self.hits).sum() / len(self.faces))

    def sweep(self):
        """Order of the detections, best first, and which end a run of equal scores.

        No threshold lies between equal scores, so only at an end can the curve be read.
        """
        order = np.argsort(-self.scores, kind="stable")
        ordered = self.scores[order]
        return order, np.append(ordered[1:] != ordered[:-1], True)[: len(ordered)]

    def curve(self):
        """False positives per image and recall for every threshold: two ndarrays, rising."""
        order, ends = self.sweep()
        hits = self.hits[order]
        false = np.cumsum(~hits)[ends] / len(self.faces)
        return false, np.cumsum(hits)[ends] / self.faces.sum()

    def bootstrap(self, rates, seed=0, resamples=RESAMPLES):
        """95 % intervals of the recall at some rates, over images drawn with replacement.

        Returns
        -------
        ndarray (len(rates), 2)
            Lower and upper bound; nan where there are no faces.
        """
        if not self.faces.sum():
            return np.full((len(rates), 2), np.nan)
        return np.percentile(self.resampled(rates, seed, resamples), [2.5, 97.5], axis=0).T

    def resampled(self, rates, seed=0, resamples=RESAMPLES):
        """The recall at some rates for images drawn with replacement: (resamples, len(rates)).

        Of as many images the same seed draws the same, whatever was found in them.
        """
        rng = np.random.default_rng(seed)
        count = len(self.faces)
        order, ends = self.sweep()
        images, hits = self.images[order], self.hits[order]
        found = []
        for start in range(0, resamples, CHUNK):
            size = min(CHUNK, resamples - start)
            # How often each image was drawn: (size, images).
            drawn = rng.multinomial(count, np.full(count, 1 / count), size).astype(np.int32)
            weights = drawn[:, images]
            false = np.cumsum(weights * ~hits, axis=1)[:, ends]
            right = np.cumsum(weights * hits, axis=1)[:, ends]
            faces = np.maximum(drawn @ self.faces, 1)
            rows = []
            for rate in rates:
                # `right` rises, so its value at the last allowed threshold is the largest.
                best = np.where(false <= np.floor(rate * count), right, 0)
                rows.append(best.max(axis=1, initial=0) / faces)
            found.append(rows)
        return np.concatenate(found, axis=1).T


@dataclass(frozen=True)
class Convention:
    """How a detector's boxes lie to the truth's: a property of its training, no error.

    ``right`` and ``down`` are the shift of the centre in sides of the true box, ``width`` and
    ``height`` the ratios of the sides.
    """

    right: float = 0.0
    down: float = 0.0
    width: float = 1.0
    height: float = 1.0

    def undone(self, boxes):
        """Boxes (N, 4) as they were, had the detector the truth's convention."""
        x, y, w, h = np.asarray(boxes, float).reshape(-1, 4).T
        wide, high = w / self.width, h / self.height
        cx, cy = x + w / 2 - self.right * wide, y + h / 2 - self.down * high
        return np.stack([cx - wide / 2, cy - high / 2, wide, high], axis=1)


def convention(truths, found):
    """Medians over the faces of how the best box on each lies to it.

    As Mathias et al. 2014 ("Face Detection without Bells and Whistles") do, detectors of
    other conventions can be compared once each has been moved to the truth's. No overlap
    is asked for here: it is the best-scored box whose centre lies in the middle half of the
    true square, and whose area is a quarter to four times the square's.

    Parameters
    ----------
    truths : list of array-like (M, 4), one an image
    found : list of (boxes, scores), one an image

    Returns
    -------
    Convention
    """
    rows = []
    for truth, (boxes, scores) in zip(truths, found):
        boxes = np.asarray(boxes, float).reshape(-1, 4)
        for x, y, w, h in np.asarray(truth, float).reshape(-1, 4):
            right = (boxes[:, 0] + boxes[:, 2] / 2 - x - w / 2) / w
            down = (boxes[:, 1] + boxes[:, 3] / 2 - y - h / 2) / h
            wide, high = boxes[:, 2] / w, boxes[:, 3] / h
            area = wide * high
            near = (np.maximum(abs(right), abs(down)) < 0.25) & (area > 0.25) & (area < 4)
            if near.any():
                best = np.where(near, scores, -np.inf).argmax()
                rows.append((right[best], down[best], wide[best], high[best]))
    return Convention(*np.median(rows, axis=0)) if rows else Convention()


def localisation(truth, boxes, iou):
    """Errors of the box that overlaps a true square best.

    Returns
    -------
    (centre, size) or None
        Distance of the centres in sides of the square; log2 of the ratio of the sides
        (geometric means). None where no box overlaps it by ``iou``.
    """
    shares = overlaps(truth, boxes)
    if not len(shares) or shares.max() < iou:
        return None
    x, y, w, h = np.asarray(boxes, float).reshape(-1, 4)[shares.argmax()]
    side = np.sqrt(truth[2] * truth[3])
    right = x + w / 2 - truth[0] - truth[2] / 2
    down = y + h / 2 - truth[1] - truth[3] / 2
    return float(np.hypot(right, down) / side), float(np.log2(np.sqrt(w * h) / side))
