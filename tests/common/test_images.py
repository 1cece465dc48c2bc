"""Photos as people have them."""

import os
import threading

import cv2
import numpy as np
import pytest
from PIL import Image

from common.cli import UserError
from common.images import (
    check_file,
    folder_pictures,
    is_picture,
    is_readable,
    natural_key,
    read_image,
    silent,
    write_image,
)
from tests.conftest import drawn_face

PICTURE = Image.fromarray(drawn_face(120, 90)[:, :, ::-1])


def test_natural_order():
    names = ["b1", "a10", "a9", "A2", "10", "9", "a10b2", "a10b10", "a"]
    ordered = ["9", "10", "a", "A2", "a9", "a10", "a10b2", "a10b10", "b1"]
    assert sorted(names, key=natural_key) == ordered


def test_digits_of_other_kinds_are_letters():
    assert sorted(["a²", "a2", "a10"], key=natural_key)[:2] == ["a2", "a10"]


@pytest.mark.parametrize(
    "image",
    [
        np.full((6, 8), 100, np.uint8),
        np.full((6, 8), 100 << 8, np.uint16),
        np.full((6, 8, 3), 100 << 8, np.uint16),
        np.full((6, 8, 4), 100, np.uint8),
        np.full((1, 1, 3), 100, np.uint8),
    ],
    ids=["grey", "grey16", "colour16", "rgba", "1x1"],
)
def test_every_kind_of_picture_becomes_bgr(tmp_path, image):
    cv2.imwrite(str(tmp_path / "ü.png"), image)
    read = read_image(tmp_path / "ü.png")
    assert (read.dtype, read.shape) == (np.uint8, (*image.shape[:2], 3))
    assert (read == 100).all()


def far(image, other):
    """How far two pictures are from each other, but for fine stripes and noise."""
    return np.abs(cv2.blur(image, (15, 15)).astype(int) - cv2.blur(other, (15, 15))).mean()


# EXIF's numbers, and what makes the stored picture of the upright one.
ORIENTATIONS = {
    3: lambda image: image[::-1, ::-1],
    5: lambda image: image.transpose(1, 0, 2),
    6: lambda image: np.rot90(image, 1),
    8: lambda image: np.rot90(image, -1),
}


@pytest.mark.parametrize("ending", ["jpg", "webp", "png", "avif", "heic"])
@pytest.mark.parametrize("number", ORIENTATIONS)
def test_photos_stand_upright(tmp_path, ending, number):
    is_readable(__file__)  # Pillow learns HEIC
    upright = drawn_face(120, 96)
    stored = np.ascontiguousarray(ORIENTATIONS[number](upright))
    exif = Image.Exif()
    exif[0x0112] = number
    path = tmp_path / f"a.{ending}"
    Image.fromarray(stored[:, :, ::-1]).save(path, exif=exif.tobytes(), quality=95)
    assert is_picture(path)
    read = read_image(path)
    assert read.shape == upright.shape
    assert far(read, upright) < 3 < far(read[::-1, ::-1], upright)


def test_the_first_picture_of_an_animation_is_read(tmp_path):
    second = Image.fromarray(np.zeros((90, 120, 3), np.uint8))
    for ending in ("gif", "webp", "png"):
        path = tmp_path / f"a.{ending}"
        PICTURE.save(path, save_all=True, append_images=[second], duration=100)
        assert not is_picture(path)
        assert is_readable(path)
        assert far(read_image(path), drawn_face(120, 90)) < 3


@pytest.mark.parametrize("ending", ["webp", "gif", "avif", "heic", "png", "jpg"])
def test_truncated_photos_are_refused(tmp_path, ending):
    is_readable(__file__)
    path = tmp_path / f"a.{ending}"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)).save(path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(UserError, match="truncated"):
        read_image(path)


def test_names_that_are_no_text(tmp_path):
    for name in (b"\xff\xfe.png", b"x" * 246 + b".jpg", b"12:30.webp"):
        path = os.fsdecode(os.path.join(os.fsencode(tmp_path), name))
        assert write_image(path, drawn_face())
        check_file(path)
        assert is_picture(path)
        assert read_image(path).shape == (90, 120, 3)


def test_no_pictures(tmp_path):
    for name, data in ((b"a.png", b"words"), (b"\xff.jpg", b"words"), (b"b.jpg", b"GIF8")):
        path = os.fsdecode(os.path.join(os.fsencode(tmp_path), name))
        with open(path, "wb") as file:
            file.write(data)
        assert not is_picture(path)
        assert not is_readable(path)


def test_what_a_mac_writes_beside_pictures_is_none(tmp_path):
    for name in ("1.jpg", "._1.jpg", ".hidden.png", "2.HEIC", "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    assert [path.name for path in folder_pictures(tmp_path)] == ["1.jpg", "2.HEIC"]


def place_of_stderr():
    status = os.fstat(2)
    return status.st_dev, status.st_ino


def test_stderr_comes_back_however_threads_meet():
    """One enters while another is inside, and leaves last: stderr was lost for good."""
    before = place_of_stderr()
    one, other = silent(), silent()
    one.__enter__()
    other.__enter__()
    assert place_of_stderr() != before
    one.__exit__(None, None, None)
    other.__exit__(None, None, None)
    assert place_of_stderr() == before


def test_stderr_comes_back_after_many_threads():
    before = place_of_stderr()

    def many():
        for _ in range(50):
            with silent():
                pass

    threads = [threading.Thread(target=many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert place_of_stderr() == before
