"""From an upload to a crop."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from dataset.smielfy.errors import RequestError
from dataset.smielfy.faces import MAX_BYTES, choose, cut, decode, find
from tests.conftest import drawn_face
from tests.dataset.smielfy.helpers import FACE, SkinDetector, jpeg, two_faces


def refusal(function, *arguments):
    with pytest.raises(RequestError) as caught:
        function(*arguments)
    return caught.value.status, caught.value.error


def test_a_picture_comes_out_as_opencv_reads_it():
    np.testing.assert_array_equal(decode(FACE), cv2.imdecode(np.frombuffer(FACE, np.uint8), 1))


@pytest.mark.parametrize("grey", [True, False])
def test_grey_and_cmyk_become_colour(grey):
    file = io.BytesIO()
    Image.fromarray(drawn_face()[..., ::-1]).convert("L" if grey else "CMYK").save(file, "JPEG")
    assert decode(file.getvalue()).shape == (90, 120, 3)


def test_a_picture_is_turned_as_its_exif_says():
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    Image.fromarray(drawn_face()[..., ::-1]).save(file, "JPEG", exif=exif)
    turned = cv2.imdecode(np.frombuffer(file.getvalue(), np.uint8), 1)
    assert turned.shape == (120, 90, 3)
    np.testing.assert_array_equal(decode(file.getvalue()), turned)


def test_what_is_no_whole_jpeg_is_refused():
    png = cv2.imencode(".png", drawn_face())[1].tobytes()
    for data in (b"", b"\xff\xd8\xff", FACE[: len(FACE) // 2], png, b"GIF89a", b"<svg/>"):
        assert refusal(decode, data) == (415, "no_picture")


def test_bombs_are_refused_before_they_are_decoded():
    flat = np.zeros((6400, 6400, 3), np.uint8)
    bomb = jpeg(flat, 10)  # 41 million pixels in less than a megabyte
    assert len(bomb) < MAX_BYTES
    assert refusal(decode, bomb) == (413, "too_many_pixels")
    assert refusal(decode, FACE + bytes(MAX_BYTES)) == (413, "too_large")
    scans = FACE[:-2] + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" * 1000
    assert refusal(decode, scans) == (415, "no_picture")


def test_nothing_survives_but_pixels():
    """A polyglot: JPEG, comment, EXIF and an archive behind its end."""
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    Image.fromarray(drawn_face(320, 240)[..., ::-1]).save(
        file, "JPEG", exif=exif, comment=b"<script>alert(1)</script>"
    )
    data = file.getvalue() + b"PK\x03\x04 payload"
    image = decode(data)
    kept, _ = cut(image, choose(*find(SkinDetector(), image), image.shape))
    for hidden in (b"secret", b"script", b"PK\x03\x04", b"Exif"):
        assert hidden in data
        assert hidden not in kept
    assert kept.endswith(b"\xff\xd9")


def test_the_box_lies_where_the_face_is():
    """The crop's box holds the drawn disc, as in the picture it was cut from."""
    image = drawn_face(320, 240)  # a disc of radius 80 about (160, 120)
    box = choose(*find(SkinDetector(), image), image.shape)
    np.testing.assert_allclose(box, (80, 40, 161, 161), atol=3)
    data, (x, y, w, h) = cut(image, box)
    crop = cv2.imdecode(np.frombuffer(data, np.uint8), 1)
    again, _ = SkinDetector().detect(crop)
    np.testing.assert_allclose(again[0], (x, y, w, h), atol=3)
    assert crop.shape[0] == crop.shape[1] == 256


@pytest.mark.parametrize("side", [640, 1280, 3000])
def test_large_pictures_are_searched_small_and_answered_large(side):
    image = cv2.resize(drawn_face(320, 240), (side, side * 3 // 4))
    boxes, _ = find(SkinDetector(), image)
    np.testing.assert_allclose(boxes[0] / side, np.array([80, 40, 160, 160]) / 320, atol=0.02)


@pytest.mark.parametrize(
    ("boxes", "error"),
    [
        ([], "no_face"),
        ([(10, 10, 100, 100), (200, 10, 100, 100)], "two_faces"),
        ([(10, 10, 100, 100), (200, 10, 70, 70)], "two_faces"),
        ([(10, 10, 30, 30)], "too_far"),
        ([(-60, 10, 100, 100)], "cut_off"),
    ],
)
def test_a_face_that_is_not_plain_is_refused(boxes, error):
    assert refusal(choose, boxes, [0.9] * len(boxes), (240, 320)) == (422, error)


def test_the_clearly_larger_face_is_meant():
    boxes = [(200, 10, 60, 60), (10, 10, 100, 100)]
    np.testing.assert_array_equal(choose(boxes, [0.99, 0.9], (240, 320)), boxes[1])


def test_two_squares_on_one_face_are_one_face():
    """As the article found: their overlap was too small for suppression."""
    boxes = [(10, 10, 100, 100), (60, 20, 90, 90)]
    np.testing.assert_array_equal(choose(boxes, [0.8, 0.9], (240, 320)), boxes[1])


@pytest.mark.parametrize(("ratio", "fine"), [(1.0, False), (0.5, True)])
def test_two_people_in_one_picture(ratio, fine):
    image = two_faces(ratio=ratio)
    found = find(SkinDetector(), image)
    assert len(found[0]) == 2
    if fine:
        assert choose(*found, image.shape)[0] < 320
    else:
        assert refusal(choose, *found, image.shape) == (422, "two_faces")
