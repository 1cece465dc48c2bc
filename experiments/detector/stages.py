"""Where in the cascade a face is lost."""

import numpy as np

from pipeline.suppression import overlaps

STAGES = ("small net", "first calibration", "big net", "vote", "last boxes", "found")


def stage_of(truth, found, threshold, iou):
    """What becomes of one face: one of `STAGES`.

    Parameters
    ----------
    truth : (x, y, w, h)
    found : pipeline.cascade.Detection
        Of threshold 0: all survivors.
    threshold : float
        Least score of a face.
    iou : float
        Overlap that counts at every stage.

    Returns
    -------
    str
        The first stage after which nothing is left of it: no candidate of the small net; none
        after suppression and calibration; no window with a high enough score of the big net;
        a box whose score the vote has lowered; no box near enough after calibration and
        suppression.
    """

    def near(boxes):
        return overlaps(truth, boxes) >= iou if len(boxes) else np.zeros(0, bool)

    if not near(found.candidates).any():
        return STAGES[0]
    survivors = near(found.survivors)
    if not survivors.any():
        return STAGES[1]
    boxes = near(found.boxes)
    if (found.scores[boxes] >= threshold).any():
        return STAGES[5]
    if found.survivor_scores[survivors].max() < threshold:
        return STAGES[2]
    return STAGES[3] if boxes.any() else STAGES[4]
