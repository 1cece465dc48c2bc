"""The face detector: image pyramid, small net, big net, suppression and calibration between."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.special import expit, logit

from common.cli import UserError
from common.crops import Mipmap, crop
from nets.functions import SCAN_STRIDE, SCAN_WINDOW, compile_faces, compile_scan
from nets.input import network_input
from nets.weights import load_network
from pipeline.border import soft_border
from pipeline.calibration import Calibrator
from pipeline.light import brighten
from pipeline.pyramid import pyramid, scan_levels
from pipeline.suppression import non_maximum_suppression
from pipeline.windows import neighbours

PYRAMID_FACTOR = 1.26  # between neighbouring sizes of face; Li et al. use 1.18 on FDDB
SUPPRESS_SCAN = 0.5  # IoU among the small net's candidates, scale by scale
SUPPRESS_ALIKE = 0.6  # IoU among the calibrated ones, of all scales
SUPPRESS_FACES = 0.3  # IoU among the big net's faces
SUPPRESS_INSIDE = 0.6  # intersection over the smaller: a part of a face inside the face
CALIBRATIONS = 2  # of each face: one step reaches a sixth of the side and a fifth in size
DOUBT = (0.05, 0.9)  # between these scores, neighbouring windows vote too
DOUBT_SHIFTS = (-0.1, 0.0, 0.1)  # of them, as shares of the side
CERTAIN = 1e-6  # a vote counts as no nearer to 0 or 1
BATCH = 128  # windows the big net takes at once
# A picture as small as this, in pixels of its shorter side, was cut around a face as a rule. Where
# none is found there, faces of this part of the shorter side on are looked for once more, with a
# lower threshold of the small net, and with a soft border of this part of the shorter side: the
# nets learnt from faces that stand free. In larger pictures that would find more false faces than
# true ones.
THUMBNAIL, SECOND_FACE, SECOND_THRESHOLD, SECOND_BORDER = 200, 0.75, 0.1, 0.25
# The odds of a face there are so many times those in other pictures, and the score says so.
SECOND_ODDS = 9


@dataclass
class Detection:
    """What each stage of the cascade left of one image; boxes are (N, 4), scores (N,)."""

    candidates: np.ndarray  # above the small net's threshold
    candidate_scores: np.ndarray
    survivors: np.ndarray  # after suppression scale by scale, calibration, suppression
    survivor_scores: np.ndarray  # the big net's
    boxes: np.ndarray  # faces: after suppression, calibration, a vote on doubtful ones; best first
    scores: np.ndarray


@dataclass
class Detector:
    """The compiled cascade.

    Parameters
    ----------
    scan : callable from `nets.functions.compile_scan`
    faces : callable from `nets.functions.compile_faces`
    small_threshold, big_threshold : float
        Probability of a face above which a window passes.
    small_calibration, big_calibration : callable from `pipeline.calibration`, optional
        Correct the windows that the small net passes, and the faces.
    """

    scan: callable
    faces: callable
    small_threshold: float
    big_threshold: float
    factor: float = PYRAMID_FACTOR
    small_calibration: callable = None
    big_calibration: callable = None

    @classmethod
    def load(cls, folder):
        """Load the networks, with their thresholds, from a folder.

        Needs ``small.npz`` and ``big.npz``; ``small_calibration.npz`` and
        ``big_calibration.npz`` are used where there are any.
        """
        small, small_meta = load_network(Path(folder) / "small.npz", "small")
        big, big_meta = load_network(Path(folder) / "big.npz", "big")
        for name, meta in [("small", small_meta), ("big", big_meta)]:
            if not isinstance(meta.get("threshold"), (int, float)):
                raise UserError(f"{Path(folder) / name}.npz does not say its threshold")
        calibrations = {}
        for kind in ("small_calibration", "big_calibration"):
            path = Path(folder) / f"{kind}.npz"
            if path.exists():
                calibrations[kind] = Calibrator.load(path, kind)
        return cls(
            compile_scan(small),
            compile_faces(big),
            small_meta["threshold"],
            big_meta["threshold"],
            **calibrations,
        )

    def candidates(self, image, min_face, threshold=None):
        """Scan the pyramid with the small net.

        Parameters
        ----------
        image : ndarray of uint8, shape (H, W, 3)
        min_face : float
        threshold : float, optional
            The small net's; by default the trained one.

        Returns
        -------
        (boxes, scores, levels) : ndarrays (N, 4), (N,), (N,)
            In pixels of ``image``; ``levels`` says which size of the pyramid each is from.
        """
        threshold = self.small_threshold if threshold is None else threshold
        levels = pyramid(image, min_face, self.factor)
        found = [(np.zeros((0, 4)), np.zeros(0, np.float32), np.zeros(0, int))]
        heats = self.scan_levels([small for small, *_ in levels])
        for level, (heat, (_, scale_x, scale_y, border)) in enumerate(zip(heats, levels)):
            rows, columns = np.nonzero(heat > threshold)
            boxes = np.stack(
                [
                    (columns * SCAN_STRIDE - border) * scale_x,
                    (rows * SCAN_STRIDE - border) * scale_y,
                    np.full(len(rows), SCAN_WINDOW * scale_x),
                    np.full(len(rows), SCAN_WINDOW * scale_y),
                ],
                axis=1,
            )
            found.append((boxes, heat[rows, columns], np.full(len(rows), level)))
        return tuple(np.concatenate(part) for part in zip(*found))

    def scan_levels(self, levels):
        """The small net's probabilities in each of the pyramid's pictures."""
        return scan_levels(self.scan, levels)

    def classify(self, image, boxes):
        """The big net's probability of a face for each box: (N,)."""
        scores = np.zeros(len(boxes), np.float32)
        mipmap = Mipmap.of(image)
        for start in range(0, len(boxes), BATCH):
            part = slice(start, start + BATCH)
            scores[part] = self.faces(network_input(crop(mipmap, boxes[part])))
        return scores

    def stages(self, image, min_face=24, threshold=None):
        """Run the cascade and keep what every stage found; a dark picture is brightened first.

        Where a small picture shows none, one that fills it is searched for once more.

        Parameters
        ----------
        image : ndarray of uint8, shape (H, W, 3), or its `Mipmap`
        min_face : float
            Side of the smallest face looked for, in pixels.
        threshold : float, optional
            The big net's; by default the trained one. 0 keeps all survivors.

        Returns
        -------
        Detection
        """
        threshold = self.big_threshold if threshold is None else threshold
        picture = brighten(Mipmap.of(image))
        image = picture.levels[0]
        found = self.refine(picture, self.candidates(image, min_face), threshold)
        shorter = min(image.shape[:2])
        if shorter <= THUMBNAIL and not (found.scores >= self.big_threshold).any():
            again = self.second_pass(image, min_face, threshold)
            if (again.scores >= self.big_threshold).any():
                found = again
        sure = found.scores >= threshold
        return replace(found, boxes=found.boxes[sure], scores=found.scores[sure])

    def second_pass(self, image, min_face, threshold):
        """The second pass over a thumbnail: as `refine`, in pixels of the picture as it is."""
        shorter = min(image.shape[:2])
        margin = max(1, round(SECOND_BORDER * shorter))
        wide = Mipmap(soft_border(image, margin))
        least = max(min_face, SECOND_FACE * shorter)
        candidates = self.candidates(wide.levels[0], least, SECOND_THRESHOLD)
        found = self.refine(wide, candidates, threshold)
        boxes = {
            name: getattr(found, name) - (margin, margin, 0, 0)
            for name in ("candidates", "survivors", "boxes")
        }
        return replace(found, **boxes, scores=raised(found.scores, SECOND_ODDS))

    def refine(self, picture, candidates, threshold):
        """Filter, classify and finalise `candidates`: a `Detection` whose faces may score less."""
        survivors = self.filter_candidates(picture, *candidates)
        scores = self.classify(picture, survivors)
        (passed,) = np.nonzero(scores >= min(threshold, DOUBT[0]))
        faces = self.finalise(picture, survivors[passed], scores[passed])
        return Detection(*candidates[:2], survivors, scores, *faces)

    def filter_candidates(self, picture, boxes, scores, levels):
        """Of `candidates`, the calibrated windows that the big net is shown: (N, 4)."""
        kept = non_maximum_suppression(boxes, scores, SUPPRESS_SCAN, groups=levels)
        kept.sort(key=lambda index: levels[index])  # stable: the best of each level go first
        survivors = boxes[kept]
        if self.small_calibration:
            survivors = self.small_calibration(picture, survivors)
            alike = non_maximum_suppression(survivors, scores[kept], SUPPRESS_ALIKE)
            survivors = survivors[alike]
        return survivors

    def finalise(self, picture, boxes, scores, doubt=DOUBT):
        """One calibrated box a face, and its final score: boxes (N, 4), scores (N,), best first.

        ``doubt`` is as for `vote`.
        """
        best = non_maximum_suppression(boxes, scores, SUPPRESS_FACES)
        boxes, scores = boxes[best], scores[best]
        boxes = self.calibrate(picture, boxes)
        scores = self.vote(picture, boxes, scores, doubt)
        for threshold, measure in ((SUPPRESS_FACES, "iou"), (SUPPRESS_INSIDE, "min")):
            best = non_maximum_suppression(boxes, scores, threshold, measure)
            boxes, scores = boxes[best], scores[best]
        return boxes, scores

    def calibrate(self, picture, boxes):
        """Faces' boxes (N, 4), calibrated where there is a big calibration net."""
        for _ in range(CALIBRATIONS if self.big_calibration else 0):
            boxes = self.big_calibration(picture, boxes)
        return boxes

    def vote(self, picture, boxes, scores, doubt=DOUBT):
        """Scores (N,) where doubtful ones are those of 9 windows: the mean of their log-odds.

        A face is one a little aside, too; what only looks like one seldom is. Doubtful is what
        lies between the two scores of ``doubt``.
        """
        scores = scores.copy()
        (doubtful,) = np.nonzero((scores >= doubt[0]) & (scores < doubt[1]))
        windows = [neighbours(boxes[k], (1.0,), DOUBT_SHIFTS) for k in doubtful]
        if windows:
            votes = self.classify(picture, np.concatenate(windows))
            votes = np.clip(votes.astype(float), CERTAIN, 1 - CERTAIN).reshape(len(windows), -1)
            scores[doubtful] = expit(logit(votes).mean(axis=1))
        return scores

    def detect(self, image, min_face=24, threshold=None):
        """Faces of an image, best first: (boxes (N, 4), scores (N,)); see `stages`."""
        found = self.stages(image, min_face, threshold)
        return found.boxes, found.scores


def raised(scores, odds):
    """Probabilities (N,) whose odds are so many times as high."""
    return (odds * scores / (1 + (odds - 1) * scores)).astype(np.float32)
