"""Squares that the detector proposes to the labelling tool."""

from common.cli import UserError
from dataset.labelling.geometry import fit, follow_move
from pipeline.best_square import CONTINUES, best_square
from pipeline.suppression import overlaps

SAME = 0.9  # IoU above which a square is the proposal itself


class Faces:
    """What the detector sees in each frame.

    Parameters
    ----------
    detect : callable or None
        Takes a frame's number and returns its faces, (boxes (N, 4), scores (N,)), best
        first. If it raises a `UserError` it is not called again.

    Attributes
    ----------
    follow : bool
        Whether carried squares move with the face.
    """

    def __init__(self, detect=None):
        self.detect = detect
        self.follow = detect is not None
        self._problem = ""

    def take_problem(self):
        """Why there is no detector any more; told once."""
        problem, self._problem = self._problem, ""
        return problem

    def at(self, frame):
        """Boxes (N, 4) and scores (N,) of a frame's faces."""
        try:
            return self.detect(frame) if self.detect else ([], [])
        except UserError as error:
            self._problem = str(error)
            self.detect, self.follow = None, False
            return [], []

    def proposal(self, document, frame):
        """The best face of a frame, (x, y, side), or the next best if it is marked; or None."""
        boxes, scores = self.at(frame)
        if not len(boxes):
            return None
        before, mark = document.marks.get(frame - 1), document.marks.get(frame)
        index = best_square(boxes, scores, before and whole(before.box))
        if mark:
            near = overlaps(whole(mark.box), boxes)
            if near.max() > SAME:
                index = (int(near.argmax()) + 1) % len(boxes)
        return fit(square(boxes[index]), document.size)

    def carried_box(self, document, frame):
        """The square of the frame before, moved as the detected face has moved.

        So a square corrected by hand keeps its correction.
        """
        box = document.marks[frame - 1].box
        if self.follow:
            before = nearest(box, self.at(frame - 1)[0])
            after = before and nearest(before, self.at(frame)[0])
            if after:
                return follow_move(box, before, after, document.size)
        return box


def whole(box):
    """A square as the detector writes it: (x, y, w, h)."""
    return (*box, box[2])


def square(box):
    """The square (x, y, side) about a box (x, y, w, h)."""
    x, y, w, h = (float(value) for value in box)
    side = max(w, h)
    return x + (w - side) / 2, y + (h - side) / 2, side


def nearest(box, boxes):
    """The square among ``boxes`` (N, 4) that continues a square, or None."""
    if not len(boxes):
        return None
    overlap = overlaps(whole(box), boxes)
    best = int(overlap.argmax())
    return square(boxes[best]) if overlap[best] >= CONTINUES else None
