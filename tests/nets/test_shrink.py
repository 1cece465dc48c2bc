import cv2
import numpy as np
import pytest

from nets.fast import shrink


def naive(image, width, height):
    """The mean colour of what each pixel covers, pixel by pixel."""
    rows, columns = image.shape[:2]
    out = np.zeros((height, width, 3))

    def parts(i, size, total):
        low, high = i * total / size, (i + 1) * total / size
        first, last = int(np.floor(low)), min(total, int(np.ceil(high)))
        return [(k, min(high, k + 1) - max(low, k)) for k in range(first, last)]

    for i in range(height):
        for j in range(width):
            down, across = parts(i, height, rows), parts(j, width, columns)
            for y, tall in down:
                for x, wide in across:
                    out[i, j] += tall * wide * image[y, x]
            out[i, j] /= sum(t for _, t in down) * sum(w for _, w in across)
    return out


# The last two are the one where OpenCV goes another way, and the picture itself.
SIZES = [(13, 11), (30, 29), (7, 29), (1, 1), (16, 10), (32, 30)]


@pytest.mark.parametrize("sizes", [SIZES, SIZES[2:3], SIZES[-1:], []])
def test_each_pixel_is_the_mean_of_what_it_covers(sizes):
    image = np.random.default_rng(0).integers(0, 256, (30, 32, 3), np.uint8)
    pictures = shrink(image, sizes)
    assert len(pictures) == len(sizes)
    for ours, size in zip(pictures, sizes):
        assert ours.dtype == np.uint8
        assert ours.shape == (size[1], size[0], 3)
        assert np.abs(ours - naive(image, *size)).max() <= 0.5 + 1e-3


@pytest.mark.parametrize("view", [np.s_[:, :], np.s_[5:400, 7:600], np.s_[:, ::-1], np.s_[::-1]])
def test_equal_to_opencvs_but_for_halves(view):
    noise = np.random.default_rng(1).integers(0, 256, (480, 640, 3), np.uint8)
    image = cv2.GaussianBlur(noise, (0, 0), 2)[view]
    sizes = [(320, 241), (101, 77), (63, 12)]
    for ours, size in zip(shrink(image, sizes), sizes):
        theirs = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        difference = np.abs(ours.astype(int) - theirs)
        assert difference.max() <= 1
        assert (difference > 0).mean() < 1e-3
