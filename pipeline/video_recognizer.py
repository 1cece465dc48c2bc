"""One face followed through a video, and its smiley named frame by frame.

What `run_video`, the experiment on the vote, the bench of the shortcuts and the mirror
all do: light, search, choose the best square, follow it, vote, smooth. What is known to
come out the same is not computed again: a slowed video repeats most of its frames.
"""

import numpy as np

from common.crops import Mipmap
from pipeline.best_square import CONTINUES, best_square
from pipeline.light import brighten
from pipeline.options import smallest_face
from pipeline.smoothing import Smoother
from pipeline.suppression import overlaps
from pipeline.vote import Vote
from pipeline.windows import reach


class VideoRecognizer:
    """Takes one frame after the other.

    Parameters
    ----------
    tracker : pipeline.tracking.Tracker
    voter : pipeline.vote.Voter
        Or whatever has its ``vote``, looks no further than `pipeline.windows.reach` and does
        not change from frame to frame.
    smooth : float
        As for `pipeline.smoothing.Smoother`.
    min_face : float, optional
        Side of the smallest face looked for, in pixels; by default a part of the shorter side.

    Attributes
    ----------
    box : ndarray (4,) or None
        The last square; it is kept where no face is found.
    face_changed : bool
        Whether with the last frame another face came, or frames of another size: what was
        voted before does not count.
    frame_repeated : bool
        Whether the last frame's pixels were those of the one before.
    """

    def __init__(self, tracker, voter, smooth=0.0, min_face=None):
        self.tracker, self.voter, self.min_face = tracker, voter, min_face
        self.box, self.face_changed, self.frame_repeated = None, False, False
        self._smoother, self._frame, self._picture = Smoother(smooth), None, None
        self._voted = None  # picture, box and vote of the last frame with a face

    def begin(self, box):
        """Say where the face was before the first frame."""
        self.box = box
        self.tracker.follow(box)

    def step(self, frame):
        """Find and name the face of the next frame.

        Parameters
        ----------
        frame : ndarray of uint8 (H, W, 3)
            Kept until the next one: nobody may write into it.

        Returns
        -------
        (box, vote) : ndarray (4,), pipeline.vote.Vote
            Both None where there is no face.
        """
        self.face_changed = self._frame is not None and self._frame.shape != frame.shape
        if self.face_changed:  # its pixels are others than the last frame's
            self.begin(None)
        self.frame_repeated = self._frame is not None and same(frame, self._frame)
        if not self.frame_repeated:  # the tracker knows a picture that it has seen by its identity
            self._picture = brighten(Mipmap(frame))
        self._frame, picture = frame, self._picture
        boxes, scores = self.tracker.faces(picture, self.min_face or smallest_face(frame))
        chosen = best_square(boxes, scores, self.box)
        if chosen is None:
            self.tracker.follow(None)
            self._smoother(None, self.face_changed)
            return None, None
        if self.box is not None and overlaps(self.box, boxes[chosen])[0] < CONTINUES:
            self.face_changed = True
        self.begin(boxes[chosen])
        vote = self._vote(picture)
        return self.box, Vote(vote.classes, self._smoother(vote.sums, self.face_changed))

    def _vote(self, picture):
        """The vote on the square; the last one where all that it looks at is as it was."""
        if self._voted is not None:
            before, box, vote = self._voted
            if np.array_equal(box, self.box) and same_around(box, before, picture):
                return vote
        vote = self.voter.vote(picture, self.box)
        self._voted = picture, self.box, vote
        return vote


def same(one, other):
    """Whether two pictures (H, W, 3) are equal to the pixel."""
    if one is other:
        return True
    # Two different frames mostly differ within their first rows: no need to look at all.
    return one.shape == other.shape and all(
        np.array_equal(one[rows], other[rows]) for rows in (slice(0, 8), slice(8, None))
    )


def same_around(box, one, other):
    """Whether two `Mipmap` are equal as far as the windows beside a box `reach`."""
    if one is other:
        return True
    image, picture = one.levels[0], other.levels[0]
    rows, columns = reach(box, image.shape)
    return image.shape == picture.shape and same(image[rows, columns], picture[rows, columns])
