"""A sample of the faces of a video, for the smiley net to adapt its batch statistics to."""

from itertools import islice

import numpy as np

from common.cli import UserError
from common.crops import Mipmap, crop
from pipeline.best_square import best_square
from pipeline.light import brighten
from pipeline.options import smallest_face

FRAMES = 200  # looked at, evenly spread over the video
FEWEST = 8  # faces: of fewer, what they have in common may be their smiley


def sample_faces(source, tracker, min_face=None, limit=None):
    """Cut the best square of frames all over a video.

    Parameters
    ----------
    source : common.video.Source
        Read to its end, or to the limit.
    tracker : pipeline.tracking.Tracker
    min_face : float, optional
        As for `pipeline.run_video.annotate`.
    limit : int, optional
        Only so many first frames are looked at.

    Returns
    -------
    ndarray of uint8 (N, 48, 48, 3)

    Raises
    ------
    UserError
        If there are fewer than `FEWEST` faces.
    """
    counts = [count for count in (source.count, limit) if count]
    step = max(1, min(counts, default=0) // FRAMES)
    windows = []
    for frame in islice(source, 0, limit, step):
        tracker.follow(None)  # frames far apart have nothing to follow
        boxes, scores = tracker.faces(frame, min_face or smallest_face(frame))
        chosen = best_square(boxes, scores)
        if chosen is not None:
            windows.append(crop(brighten(Mipmap(frame)), [boxes[chosen]]))
    tracker.follow(None)
    if len(windows) < FEWEST:
        raise UserError(
            f"{source.name} shows a face in {len(windows)} frames: --adapt needs {FEWEST}, "
            "leave it out"
        )
    return np.concatenate(windows)
