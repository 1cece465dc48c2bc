"""Faces of a video: a search of the whole frame now and then, and near the last face in between."""

import numpy as np

from common.crops import Mipmap
from pipeline.best_square import CONTINUES, whole_square
from pipeline.cascade import raised
from pipeline.light import brighten
from pipeline.suppression import overlaps
from pipeline.windows import neighbours

# A face moves by less than a fifth of its side, or grows by less than a tenth, from
# frame to frame, or it is searched for anew.
SCALES = (0.91, 1.1)
SHIFTS = (-0.17, 0.0, 0.17)
# The odds of a face are so many times as high where the last frame had one: it may score less than
# the detector's threshold, which keeps faces in a film from flickering (as in ByteTrack, 2022).
STAYING_ODDS = 6


class Tracker:
    """Finds the faces of one frame after the other.

    Parameters
    ----------
    detector : pipeline.cascade.Detector
    every : int
        Frames from one search of the whole frame to the next; 1 searches each.
    """

    def __init__(self, detector, every):
        self.detector, self.every = detector, every
        self.since = 0  # frames since the last whole search
        self.last = None
        self._picture, self._found = None, {}  # the last picture, and what was found in it

    def faces(self, frame, min_face):
        """Faces of the next frame, best first.

        Parameters
        ----------
        frame : ndarray of uint8 (H, W, 3), or its `Mipmap`
            The very `Mipmap` of the call before is not searched in the same way again.
        min_face : float
            Side of the smallest face that a whole search looks for, in pixels.

        Returns
        -------
        (boxes (N, 4), scores (N,))
            In between, at most one: the last followed face where the big net sees it now.
        """
        picture = Mipmap.of(frame)
        self.since += 1
        if picture is not self._picture:
            self._picture, self._found = picture, {}
        if self.last is not None and self.since < self.every:
            boxes, scores = self._once(tuple(self.last), lambda: self.near(brighten(picture)))
            if len(boxes):
                return boxes, scores
        self.since = 0
        return self.staying(*self._once(min_face, lambda: self.search(picture, min_face)))

    def _once(self, key, find):
        """What ``find`` finds in this picture, which is found once for each key."""
        if key not in self._found:
            self._found[key] = find()
        return self._found[key]

    def search(self, picture, min_face):
        """Faces of the whole picture, those too that count only where the last face was."""
        threshold = self.detector.big_threshold
        least = float(raised(np.array(threshold), 1 / STAYING_ODDS))
        return self.detector.detect(picture, min_face, least)

    def staying(self, boxes, scores):
        """Of what a search found: what passes the threshold, or continues the last face."""
        kept = scores >= self.detector.big_threshold
        if self.last is not None and len(boxes):
            kept |= overlaps(self.last, boxes) >= CONTINUES
        return boxes[kept], scores[kept]

    def near(self, picture):
        """The best of the windows beside the last face, if it is one, finalised as in a search.

        The best of eleven scores is high where there is no face, too: so neighbours vote on it
        however high it is.

        Returns
        -------
        (boxes, scores) : ndarrays (0 or 1, 4), (0 or 1,)
        """
        # Not every shift at every scale: that would cost more than a search of the frame.
        moved, grown = neighbours(self.last, (1.0,), SHIFTS), neighbours(self.last, SCALES, (0.0,))
        boxes = np.concatenate([moved, grown])
        scores = self.detector.classify(picture, boxes)
        best = np.argmax(scores)[None]
        if scores[best] < self.detector.big_threshold:
            return boxes[:0], scores[:0]
        boxes, scores = self.detector.finalise(
            picture, boxes[best], scores[best], doubt=(0.0, np.inf)
        )
        sure = scores >= self.detector.big_threshold
        return boxes[sure], scores[sure]

    def follow(self, box):
        """Say which face to look for in the next frame; None for none."""
        self.last = None if box is None else np.array(box, float)


class WholePicture:
    """Stands in for a `Tracker` where each frame is one face: nothing is searched."""

    def faces(self, frame, min_face):
        """The whole frame (H, W, 3) or `Mipmap`, as (boxes (1, 4), scores (1,))."""
        return np.array([whole_square(Mipmap.of(frame).levels[0].shape)]), np.ones(1)

    def follow(self, box):
        """Nothing to follow."""
