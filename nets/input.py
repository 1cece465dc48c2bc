"""The one place where pictures become network input."""

import numpy as np


def network_input(images):
    """Turn BGR pictures into what every network of the project takes.

    Parameters
    ----------
    images : ndarray of uint8, shape (N, H, W, 3)
        Pictures as OpenCV gives them: BGR, 0 to 255.

    Returns
    -------
    ndarray of float32, shape (N, 3, H, W)
        Channels still in the order B, G, R; values from -1 to 1, so that zero, which
        the first layer's dropout and the convolutions' padding put in, is mid-grey.
    """
    images = np.asarray(images)
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] != 3:
        raise ValueError(f"expected uint8 (N, H, W, 3), got {images.dtype} {images.shape}")
    planes = np.ascontiguousarray(images.transpose(0, 3, 1, 2), dtype=np.float32)
    planes *= np.float32(1 / 127.5)
    planes -= 1
    return planes


def picture(planes):
    """Undo `network_input`: float32 (N, 3, H, W) back to uint8 (N, H, W, 3)."""
    images = np.rint((np.asarray(planes) + 1) * 127.5).clip(0, 255).astype(np.uint8)
    return np.ascontiguousarray(images.transpose(0, 2, 3, 1))
