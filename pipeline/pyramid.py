"""The image pyramid, and the small net over all of it at once."""

import cv2
import numpy as np

from nets.fast import shrink
from nets.functions import SCAN_STRIDE, SCAN_WINDOW
from nets.input import network_input

# A face may fill its picture, or reach beyond it. From faces of this part of the shorter side on
# the picture gets a border that repeats its edge, in pixels of the small net's window; at that
# size the picture is so small that it costs nothing.
FILLING = 0.5
BORDER = 4
LARGEST = 1.3  # size of the largest face, in shorter sides
BAND = 1_000_000  # pixels the small net takes at once: some 150 MB inside it


def pyramid(image, min_face, factor):
    """Shrink an image so that faces of growing size come to fill the small net's window.

    Returns
    -------
    list of (image, scale_x, scale_y, border)
        uint8 picture, the original's pixels per pixel of it, and how many pixels of it on
        each side repeat the original's edge: `BORDER` where faces may fill the picture.
    """
    height, width = image.shape[:2]
    shorter, faces = min(height, width), []
    face = float(min_face)
    while face <= LARGEST * shorter:
        faces.append(face)
        face *= factor
    sizes = [(round(width * SCAN_WINDOW / f), round(height * SCAN_WINDOW / f)) for f in faces]
    smaller = [size for size in sizes if size[0] <= width and size[1] <= height]
    shrunk = dict(zip(smaller, shrink(image, smaller)))
    levels = []
    for face, size in zip(faces, sizes):
        small = shrunk.get(size)
        if small is None:
            small = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
        border = BORDER if face >= FILLING * shorter else 0
        if border:
            small = cv2.copyMakeBorder(small, *[border] * 4, cv2.BORDER_REPLICATE)
        levels.append((small, width / size[0], height / size[1], border))
    return levels


def scan_levels(scan, levels):
    """Scan pictures of falling size as one: calls, and threads that come together, cost time.

    Parameters
    ----------
    scan : callable from `nets.functions.compile_scan`
    levels : list of ndarray of uint8, shape (H, W, 3)

    Returns
    -------
    list of ndarray of float32, shape ((H - 12) // 2 + 1, (W - 12) // 2 + 1)
        As `scan_bands` of each.
    """
    if not levels:
        return []
    sheet, corners = lay_out(levels)
    heat = scan_bands(scan, sheet)
    heats = []
    for level, (top, left) in zip(levels, corners):
        rows, columns = map(windows, level.shape[:2])
        part = heat[top // SCAN_STRIDE :, left // SCAN_STRIDE :]
        heats.append(part[:rows, :columns])
    return heats


def lay_out(pictures):
    """Lay pictures of falling size beside and below each other, for one scan of all.

    Parameters
    ----------
    pictures : list of ndarray of uint8, shape (H, W, 3)

    Returns
    -------
    (sheet, corners) : ndarray of uint8 (H, W, 3), list of (top, left)
        Corners lie where windows of the scan begin.
    """
    shelves, corners, bottom = [], [], 0  # a shelf: its top, its height, how far it is full
    wide = max(even(picture.shape[1]) for picture in pictures)
    for picture in pictures:
        height, width = map(even, picture.shape[:2])
        fitting = (s for s in shelves if s[1] >= height and wide - s[2] >= width)
        shelf = next(fitting, None)
        if shelf is None:
            shelf = [bottom, height, 0]
            shelves.append(shelf)
            bottom += height
        corners.append((shelf[0], shelf[2]))
        shelf[2] += width
    sheet = np.zeros((bottom, wide, 3), np.uint8)
    for picture, (top, left) in zip(pictures, corners):
        sheet[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return sheet, corners


def scan_bands(scan, image):
    """Scan a picture of any size in bands of rows, so that memory stays bounded.

    Parameters
    ----------
    scan : callable from `nets.functions.compile_scan`
    image : ndarray of uint8, shape (H, W, 3)

    Returns
    -------
    ndarray of float32, shape ((H - 12) // 2 + 1, (W - 12) // 2 + 1)
        The same as of the whole picture at once.
    """
    rows, columns = map(windows, image.shape[:2])
    # What no window covers wholly is cut off: the net looks at 11 of its 12 pixels, and
    # would report one more window on an odd side.
    image = image[:, : (columns - 1) * SCAN_STRIDE + SCAN_WINDOW]
    step = max(1, BAND // (image.shape[1] * SCAN_STRIDE))
    heat = []
    for first in range(0, rows, step):
        last = min(first + step, rows) - 1
        band = image[first * SCAN_STRIDE : last * SCAN_STRIDE + SCAN_WINDOW]
        heat.append(scan(network_input(band[None]))[0])
    return np.concatenate(heat)


def windows(side):
    """How many windows the small net looks at along a side of so many pixels."""
    return (side - SCAN_WINDOW) // SCAN_STRIDE + 1


def even(side):
    """The next multiple of the scan's stride."""
    return -(-side // SCAN_STRIDE) * SCAN_STRIDE
