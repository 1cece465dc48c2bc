import cv2
import numpy as np
import pytest

from pipeline.border import soft_border


@pytest.mark.parametrize(("shape", "margin"), [((48, 48), 12), ((30, 70), 1), ((1, 1), 4)])
def test_the_picture_stays_and_its_edge_goes_on(shape, margin):
    image = np.random.RandomState(0).randint(0, 256, (*shape, 3)).astype(np.uint8)
    wide = soft_border(image, margin)
    assert wide.dtype == np.uint8
    assert wide.shape == (shape[0] + 2 * margin, shape[1] + 2 * margin, 3)
    np.testing.assert_array_equal(wide[margin:-margin, margin:-margin], image)


def test_a_flat_picture_gets_a_flat_border():
    assert (soft_border(np.full((20, 30, 3), 77, np.uint8), 6) == 77).all()


def test_the_border_shows_no_stripes():
    image = np.zeros((40, 40, 3), np.uint8)
    image[::2] = 200  # a repeated edge would be stripes from light to dark, of 200
    wide = soft_border(image, 10)
    assert abs(np.diff(wide[12:48, 4].astype(int), axis=0)).max() < 20
    # Dark below, light above: so is the border.
    image[:20], image[20:] = 250, 10
    wide = soft_border(image, 10)
    assert wide[:10].min() > 200
    assert wide[-10:].max() < 60


def test_the_border_is_nearly_that_of_a_blur_of_the_whole():
    noise = np.random.RandomState(1).randint(0, 256, (9, 12, 3)).astype(np.uint8)
    image = cv2.resize(noise, (120, 90), interpolation=cv2.INTER_CUBIC)
    blurred = cv2.GaussianBlur(np.pad(image, ((30, 30), (30, 30), (0, 0)), "edge"), (0, 0), 15)
    blurred[30:-30, 30:-30] = image
    assert abs(soft_border(image, 30).astype(int) - blurred).max() <= 10
