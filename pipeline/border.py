"""A border around a picture that a face fills, so that windows of faces fit into it."""

import cv2


def soft_border(image, margin):
    """A picture with its edge repeated on all sides and blurred, so that no stripes are seen.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)
    margin : int
        Width of the border in pixels, 1 or more.

    Returns
    -------
    ndarray of uint8, shape (H + 2 margin, W + 2 margin, 3)
        The picture itself stays as it is.
    """
    wide = cv2.copyMakeBorder(image, *[margin] * 4, cv2.BORDER_REPLICATE)
    height, width = wide.shape[:2]
    # A wide blur costs two hundred times as much on the picture as on a small one.
    less = max(1, margin // 4)
    small = max(1, width // less), max(1, height // less)
    soft = cv2.resize(wide, small, interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(soft, (0, 0), margin / 2 / less)
    soft = cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR)
    soft[margin:-margin, margin:-margin] = image
    return soft
