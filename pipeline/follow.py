"""One face followed through a video, and its smiley named frame by frame.

What `run_video`, the experiment on the vote, the bench of the shortcuts and the mirror
all do: light, search, choose the best square, follow it, vote, smooth.
"""

from common.crops import Mipmap
from pipeline.light import lightened
from pipeline.options import smallest_face
from pipeline.square import CONTINUES, best_square
from pipeline.vote import Smoother, Vote
from pipeline.windows import overlaps


class Follower:
    """Takes one frame after the other.

    Parameters
    ----------
    tracker : pipeline.tracking.Tracker
    voter : pipeline.vote.Voter
        Or whatever has its ``vote``.
    smooth : float
        As for `pipeline.vote.Smoother`.
    min_face : float, optional
        Side of the smallest face looked for, in pixels; by default a part of the shorter side.

    Attributes
    ----------
    box : ndarray (4,) or None
        The last square; it is kept where no face is found.
    anew : bool
        Whether with the last frame another face came, or frames of another size: what was
        voted before does not count.
    """

    def __init__(self, tracker, voter, smooth=0.0, min_face=None):
        self.tracker, self.voter, self.min_face = tracker, voter, min_face
        self.box, self.anew = None, False
        self._smoother, self._shape = Smoother(smooth), None

    def begin(self, box):
        """Say where the face was before the first frame."""
        self.box = box
        self.tracker.follow(box)

    def step(self, frame):
        """Find and name the face of the next frame.

        Parameters
        ----------
        frame : ndarray of uint8 (H, W, 3)

        Returns
        -------
        (box, vote) : ndarray (4,), pipeline.vote.Vote
            Both None where there is no face.
        """
        self.anew = self._shape not in (None, frame.shape)
        self._shape = frame.shape
        if self.anew:  # its pixels are others than the last frame's
            self.begin(None)
        picture = lightened(Mipmap(frame))
        boxes, scores = self.tracker.faces(picture, self.min_face or smallest_face(frame))
        chosen = best_square(boxes, scores, self.box)
        if chosen is None:
            self.tracker.follow(None)
            self._smoother(None, self.anew)
            return None, None
        if self.box is not None and overlaps(self.box, boxes[chosen])[0] < CONTINUES:
            self.anew = True
        self.begin(boxes[chosen])
        vote = self.voter.vote(picture, self.box)
        return self.box, Vote(vote.classes, self._smoother(vote.sums, self.anew))
