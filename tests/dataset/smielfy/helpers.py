"""What the tests of Smielfy share: pictures, a stand-in detector, a service, a visitor."""

import copy
import itertools

import cv2
import numpy as np
from starlette.testclient import TestClient

from dataset.smielfy.app import Smielfy
from dataset.smielfy.rate_limit import RateLimit
from dataset.smielfy.recognizer import Recognizer
from tests.conftest import CLASSES, drawn_face

OURS = {"X-Smielfy": "1"}
SKIN = (140, 180, 230)  # of `drawn_face`


def jpeg(image, quality=90):
    """An image as the bytes of a JPEG."""
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def two_faces(width=640, height=240, ratio=1.0):
    """Two drawn faces side by side, the second ``ratio`` times as large as the first."""
    left = drawn_face(width // 2, height)
    right = np.full_like(left, 90)
    small = cv2.resize(left, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA)
    y, x = (left.shape[0] - small.shape[0]) // 2, (left.shape[1] - small.shape[1]) // 2
    right[y : y + small.shape[0], x : x + small.shape[1]] = small
    return np.hstack([left, right])


FACE = jpeg(drawn_face(320, 240))
_number = itertools.count(1)


def another():
    """Another picture of the same face, each time, as a camera gives; a JPEG."""
    image, number = drawn_face(320, 240), next(_number)
    for bit in range(20):  # squares beside the face, inside what is cut out
        if number >> bit & 1:
            x, y = 66 + 16 * (bit % 10), 20 + 12 * (bit // 10)
            cv2.rectangle(image, (x, y), (x + 11, y + 7), (250, 250, 250), -1)
    return jpeg(image)


NO_FACE = jpeg(np.full((240, 320, 3), 90, np.uint8))


class SkinDetector:
    """Finds what has the colour of a drawn face's skin; no network."""

    big_threshold = 0.5

    def detect(self, image, min_face=24, threshold=None):
        image = getattr(image, "levels", [image])[0]
        skin = np.abs(image.astype(int) - SKIN).max(axis=2) < 40
        count, _, boxes, _ = cv2.connectedComponentsWithStats(skin.astype(np.uint8))
        boxes = np.array([b[:4] for b in boxes[1:count] if b[2] >= min_face], float)
        boxes = boxes.reshape(-1, 4)
        return boxes, np.linspace(0.9, 0.8, len(boxes))

    def classify(self, picture, boxes):
        return np.zeros(len(boxes), np.float32)

    def calibrate(self, picture, boxes):
        return boxes


def recognizer(nets):
    """The service's recognizer with the stand-in detector and the session's random smiley net."""
    if not hasattr(nets, "recognizer"):  # compiling takes a second
        nets.recognizer = Recognizer(
            SkinDetector(), nets.smiles, CLASSES, nets.folder / "smiles.npz"
        )
    return copy.copy(nets.recognizer)


def service(nets, folder, **options):
    """A service; its limits are those of a patient host unless a test narrows them."""
    smielfy = Smielfy(folder, recognizer(nets), **options)
    for name in smielfy.limits:
        smielfy.limits[name] = RateLimit(1_000_000, 1e9)
    return smielfy


class Visitor(TestClient):
    """A browser of its own: cookies, and the header that our page sends."""

    def __init__(self, application, address="http://localhost:8017", **options):
        super().__init__(application, base_url=address, headers=OURS, **options)

    def agree(self):
        """Consent; returns the pseudonym."""
        reply = self.post("/api/consent", json={"agree": True})
        assert reply.status_code == 201, reply.text
        return reply.json()["person"]

    def begin(self, smiley="smile"):
        """Begin a burst; returns its name."""
        reply = self.post("/api/bursts", json={"smiley": smiley})
        assert reply.status_code == 201, reply.text
        return reply.json()["burst"]

    def give(self, smiley="smile", pictures=3, data=None):
        """Send a burst."""
        burst = self.begin(smiley)
        for frame in range(pictures):
            reply = self.post(f"/api/bursts/{burst}/{frame}", content=data or another())
            assert reply.status_code == 201, reply.text
        return burst


def files(folder):
    """All files under a folder, relative to it, with their sizes."""
    return {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file()
    }


def mentions(folder, text):
    """Files and folders that a text occurs in, by name or in their bytes."""
    text = text.encode()
    return [
        path
        for path in itertools.chain([folder], folder.rglob("*"))
        if text in path.name.encode() or (path.is_file() and text in path.read_bytes())
    ]
