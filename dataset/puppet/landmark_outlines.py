"""Which of MediaPipe's 478 face points outline the eyes and the lips.

Each ring half runs from one corner to the other as listed; "right" and "left" are the
person's own. From the topology of MediaPipe's face mesh (Kartynnik et al. 2019,
https://arxiv.org/abs/1907.06724).
"""

COUNT = 478
RIGHT_EYE = (
    (33, 246, 161, 160, 159, 158, 157, 173, 133),  # upper lid, from the outer corner
    (33, 7, 163, 144, 145, 153, 154, 155, 133),  # lower lid
)
LEFT_EYE = (
    (263, 466, 388, 387, 386, 385, 384, 398, 362),
    (263, 249, 390, 373, 374, 380, 381, 382, 362),
)
OUTER_LIPS = (
    (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291),  # upper, from her right corner
    (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291),
)
INNER_LIPS = (
    (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308),
    (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308),
)
NOSE_TIP, CHIN = 1, 152
RIGHT_CHEEK, LEFT_CHEEK = 234, 454  # the face's outline beside the ears
IRISES = (468, 473)  # centres: her right, her left


def points_of(*rings):
    """All points of some rings, each once, sorted."""
    return sorted({point for ring in rings for half in ring for point in half})


EYES = points_of(RIGHT_EYE, LEFT_EYE)
LIPS = points_of(OUTER_LIPS, INNER_LIPS)
