"""A drawn face: something to augment where there is no data set."""

import cv2
import numpy as np

BOX = (51.0, 46.0, 90.0, 90.0)  # of the face, in pixels of the picture


def drawn_face(size=192):
    """Draw a winking smiley on a striped wall.

    Returns
    -------
    ndarray of uint8, shape (size, size, 3)
        The face fills `BOX` if ``size`` is 192, and grows with it.
    """
    rows, columns = np.mgrid[0:192, 0:192]
    stripes = (columns // 12 + rows // 48) % 2
    image = np.where(stripes[..., None], (150, 130, 90), (110, 140, 170)).astype(np.uint8)
    draw = {"lineType": cv2.LINE_AA}
    cv2.ellipse(image, (96, 192), (70, 50), 0, 0, 360, (120, 60, 40), -1, **draw)
    cv2.circle(image, (96, 92), 47, (70, 190, 245), -1, **draw)
    cv2.ellipse(image, (96, 60), (44, 22), 0, 180, 360, (30, 50, 80), -1, **draw)
    cv2.circle(image, (78, 82), 6, (40, 30, 20), -1, **draw)
    cv2.line(image, (106, 82), (124, 84), (40, 30, 20), 4, **draw)
    cv2.ellipse(image, (96, 106), (24, 15), 0, 10, 170, (40, 40, 160), 5, **draw)
    return cv2.resize(image, (size, size), interpolation=cv2.INTER_LINEAR)
