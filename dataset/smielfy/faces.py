"""From an uploaded picture to a face: decoded, checked, cut out, and encoded anew.

Nothing of the upload survives but the pixels around the face: no name, no metadata,
nothing hidden behind the picture's end.
"""

import io
import warnings

import cv2
import numpy as np
from PIL import Image, ImageOps

from common.crops import crop
from dataset.labelling.store import MARGIN, QUALITY, crop_size
from dataset.smielfy.errors import RequestError
from pipeline.options import smallest_face
from pipeline.suppression import overlaps

MAX_BYTES = 3_000_000  # of one picture; the page sends some 100,000
MAX_PIXELS = 12_000_000
MAX_SCANS = 32  # a progressive JPEG has about ten; thousands would keep the decoder busy
LOOKED_AT = 640  # longer side of what the detector sees, in pixels

SMALLEST = 40  # pixels: side of a face worth keeping
INSIDE = 0.8  # part of the face's square that must lie in the picture
ONE_FACE = 0.3  # two squares that share more of the smaller one are of one face
LARGER = 1.5  # ratio of sides from which the larger of two faces is meant


def decode(data):
    """Decode a JPEG.

    Parameters
    ----------
    data : bytes
        Whatever somebody has sent.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
        In BGR order, turned upright as its EXIF says.

    Raises
    ------
    RequestError
        413 for too many bytes or pixels, 415 for what is no whole JPEG.
    """
    if len(data) > MAX_BYTES:
        raise RequestError(413, "too_large")
    # In a JPEG's data 0xFF is followed by 0: this counts scans, and at most too many.
    if not data.startswith(b"\xff\xd8\xff") or data.count(b"\xff\xda") > MAX_SCANS:
        raise RequestError(415, "no_picture")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on damaged metadata, which is thrown away
            with Image.open(io.BytesIO(data), formats=("JPEG",)) as picture:
                width, height = picture.size
                if width * height > MAX_PIXELS:
                    raise RequestError(413, "too_many_pixels")
                rgb = upright(picture.convert("RGB"))
    except RequestError:
        raise
    except Exception:  # Pillow raises anything from SyntaxError to struct.error
        raise RequestError(415, "no_picture") from None
    return np.ascontiguousarray(np.asarray(rgb)[..., ::-1])


def upright(picture):
    """Turn a picture as its EXIF says, if that can be read."""
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # broken EXIF is no reason to refuse a whole picture
        return picture


def find(detector, image):
    """Faces of a picture, searched in a size that takes a fraction of a second.

    Returns
    -------
    (boxes (N, 4), scores (N,))
        In pixels of ``image``, best first.
    """
    scale = max(1.0, max(image.shape[:2]) / LOOKED_AT)
    if min(image.shape[:2]) / scale < SMALLEST / 2:
        return np.zeros((0, 4)), np.zeros(0)
    if scale > 1:
        height, width = (round(side / scale) for side in image.shape[:2])
        small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    else:
        small = image
    boxes, scores = detector.detect(small, smallest_face(small))
    return boxes * scale, scores


def choose(boxes, scores, shape):
    """Choose the face that is meant.

    Parameters
    ----------
    boxes : ndarray (N, 4)
    scores : ndarray (N,)
    shape : tuple
        Height and width of the picture.

    Returns
    -------
    ndarray (4,)

    Raises
    ------
    RequestError
        422 if there is no face, if two are about equally large, if it is small or cut off.
    """
    boxes = np.asarray(boxes, float).reshape(-1, 4)
    faces = []  # one square a face, the best
    for box in boxes[np.argsort(-np.asarray(scores), kind="stable")]:
        if not faces or overlaps(box, faces, "min").max() < ONE_FACE:
            faces.append(box)
    if not faces:
        raise RequestError(422, "no_face")
    faces.sort(key=lambda box: -box[2])
    if len(faces) > 1 and faces[0][2] < LARGER * faces[1][2]:
        raise RequestError(422, "two_faces")
    box = faces[0]
    if box[2] < SMALLEST:
        raise RequestError(422, "too_far")
    picture = np.array([[0, 0, shape[1], shape[0]]], float)
    if overlaps(box, picture, "min")[0] < INSIDE:
        raise RequestError(422, "cut_off")
    return box


def cut(image, box):
    """Cut out a face with room around it, as the labelling tool does.

    Returns
    -------
    (bytes, tuple)
        A JPEG, and the face's box (x, y, w, h) in it.
    """
    x, y, w, h = (float(value) for value in box)
    size = crop_size((x, y, w))
    around = (x - MARGIN * w, y - MARGIN * h, (1 + 2 * MARGIN) * w, (1 + 2 * MARGIN) * h)
    picture = crop(image, [around], size)[0]
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    margin = size * MARGIN / (1 + 2 * MARGIN)
    return data.tobytes(), (margin, margin, size - 2 * margin, size - 2 * margin)
