"""Cutting windows, beside naive loops."""

import cv2
import numpy as np
import pytest

from common.crops import Mipmap, crop


def noise(height, width, seed=0, blur=0.0):
    image = np.random.RandomState(seed).randint(0, 256, (height, width, 3)).astype(np.uint8)
    return cv2.GaussianBlur(image, (0, 0), blur) if blur else image


def naive_crop(image, box, size):
    """Bilinear samples at the centres of the window's pixels; the border repeats."""
    height, width = image.shape[:2]
    x, y, w, h = box
    out = np.zeros((size, size, 3))
    for row in range(size):
        for column in range(size):
            u = x + (column + 0.5) * w / size - 0.5
            v = y + (row + 0.5) * h / size - 0.5
            left, top = int(np.floor(u)), int(np.floor(v))
            for dy, dx in [(0, 0), (0, 1), (1, 0), (1, 1)]:
                weight = abs(1 - dx - (u - left)) * abs(1 - dy - (v - top))
                at = np.clip(top + dy, 0, height - 1), np.clip(left + dx, 0, width - 1)
                out[row, column] += weight * image[at]
    return out


@pytest.mark.parametrize(
    "box", [(3, 2, 16, 16), (3.5, 2.25, 16, 16), (5, 4, 9, 11), (-4, -7, 18, 18), (30, 20, 20, 20)]
)
def test_crop_is_bilinear(box):
    image = noise(30, 40, blur=1.0)
    (window,) = crop(image, [box], size=16)
    # OpenCV rounds positions to 1/32 pixel.
    assert np.abs(window - naive_crop(image, box, 16)).max() < 5


def test_crop_of_whole_pixels_is_a_slice():
    image = noise(60, 70)
    (window,) = crop(image, [(5, 7, 48, 48)])
    np.testing.assert_array_equal(window, image[7:55, 5:53])


def test_crop_of_twice_the_size_is_the_mean_of_blocks():
    image = noise(60, 60)
    (window,) = crop(image, [(4, 6, 48, 48)], size=24)
    blocks = image[6:54, 4:52].reshape(24, 2, 24, 2, 3).mean(axis=(1, 3))
    assert np.abs(window - blocks).max() <= 1


@pytest.mark.parametrize("factor", [1.0, 2.0, 3.0, 5.0, 8.0])
@pytest.mark.parametrize("width", [201, 256])
def test_no_size_shifts_the_picture(factor, width):
    ramp = np.repeat(np.arange(width, dtype=np.uint8)[None, :, None], 3, axis=2)
    image = np.repeat(ramp, width, axis=0)
    (window,) = crop(image, [(20, 20, 20 * factor, 20 * factor)], size=20)
    expected = 20 + (np.arange(20) + 0.5) * factor - 0.5
    # Odd sizes repeat a last column, which only windows at the border may notice.
    assert np.abs(window[:, :, 0] - expected).max() <= 1


def test_fine_stripes_do_not_alias():
    image = np.zeros((400, 400, 3), np.uint8)
    image[:, ::2] = 255
    (window,) = crop(image, [(0, 0, 400, 400)])
    assert np.abs(window.astype(int) - 128).max() < 12


def test_crop_far_outside_repeats_the_border():
    image = np.zeros((20, 20, 3), np.uint8)
    image[:, -1] = 200
    assert (crop(image, [(500, 3, 30, 30)]) == 200).all()
    assert crop(image, np.zeros((0, 4))).shape == (0, 48, 48, 3)


def test_mipmap_halves_once_and_leaves_the_picture_alone():
    image = noise(37, 50)
    before = image.copy()
    mipmap = Mipmap(image)
    level, index = mipmap.level(2)
    assert (level.shape, index) == ((10, 13, 3), 2)
    assert mipmap.level(2)[0] is level
    smallest, index = mipmap.level(99)
    assert min(smallest.shape[:2]) == 1
    assert index == len(mipmap.levels) - 1
    np.testing.assert_array_equal(image, before)
    boxes = [(3, 3, 30, 30), (-5, 2, 9, 9)]
    np.testing.assert_array_equal(crop(mipmap, boxes), crop(image, boxes))
