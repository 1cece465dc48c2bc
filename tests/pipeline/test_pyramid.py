import numpy as np
import pytest

from nets.functions import SCAN_WINDOW
from nets.input import network_input
from pipeline import pyramid as module
from pipeline.pyramid import BORDER, lay_out, pyramid, scan_bands
from tests.pipeline.test_cascade import noise


def test_pyramid_lets_growing_faces_fill_the_window():
    image = noise(100, 160)
    levels = pyramid(image, 24, 1.26)
    for k, (small, scale_x, scale_y, border) in enumerate(levels):
        face = 24 * 1.26**k
        assert border == (BORDER if face >= 50 else 0)
        inner = small[border : small.shape[0] - border, border : small.shape[1] - border]
        assert small.dtype == np.uint8
        # Sizes are whole pixels, so scales are near the wished one, and exact about the picture.
        assert scale_x * SCAN_WINDOW == pytest.approx(face, rel=0.05)
        assert scale_x * inner.shape[1] == pytest.approx(160)
        assert scale_y * inner.shape[0] == pytest.approx(100)
        edges = [(border, border)] * 2 + [(0, 0)]
        assert (small == np.pad(inner, edges, mode="edge")).all()
        assert min(small.shape[:2]) >= SCAN_WINDOW
    # Faces may be larger than the picture, which cuts them.
    assert 24 * 1.26 ** len(levels) > 1.3 * 100 >= 24 * 1.26 ** (len(levels) - 1)


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (18, 18), (500, 17)])
def test_pyramid_of_too_small_a_picture_is_empty(shape):
    assert pyramid(noise(*shape), 24, 1.26) == []


def test_pyramid_enlarges_for_faces_below_the_window():
    small, scale_x, *_ = pyramid(noise(40, 40), 6, 1.26)[0]
    assert small.shape == (80, 80, 3)
    assert scale_x == 0.5


@pytest.mark.parametrize(
    "sizes",
    [
        [(20, 31)],
        [(61, 40), (48, 32), (38, 25), (30, 20), (24, 16), (19, 13)],
        [(12, 30), (13, 99)],
    ],
)
def test_pictures_laid_out_are_scanned_as_each_alone(nets, sizes):
    pictures = [noise(*size, seed) for seed, size in enumerate(sizes)]
    sheet, corners = lay_out(pictures)
    used = np.zeros(sheet.shape[:2], int)
    for picture, (top, left) in zip(pictures, corners):
        part = np.s_[top : top + picture.shape[0], left : left + picture.shape[1]]
        assert (sheet[part] == picture).all()
        used[part] += 1
    assert used.max() == 1
    for picture, heat in zip(pictures, nets.detector.scan_levels(pictures)):
        np.testing.assert_allclose(heat, scan_bands(nets.detector.scan, picture), atol=1e-6)


def test_a_pyramid_laid_out_wastes_little():
    pictures = [small for small, *_ in pyramid(noise(480, 640), 40, 1.26)]
    area = sum(picture.shape[0] * picture.shape[1] for picture in pictures)
    assert lay_out(pictures)[0].size / 3 < 1.2 * area


def test_bands_scan_what_the_whole_picture_scans(nets, monkeypatch):
    image = noise(61, 40)
    whole = nets.detector.scan(network_input(image[None]))[0][:25, :15]
    for pixels in (1, 200, 1000, 10**9):
        monkeypatch.setattr(module, "BAND", pixels)
        np.testing.assert_allclose(scan_bands(nets.detector.scan, image), whole, atol=1e-6)
