"""Truth of several forms."""

import cv2
import numpy as np
import pytest

from experiments.detector.truth import around, read_set


@pytest.mark.parametrize("angle", [0.0, 0.4, np.pi / 2, 2.5, -1.2])
def test_the_rectangle_around_an_ellipse(angle):
    turn = np.linspace(0, 2 * np.pi, 100_000)
    x, y = 30 * np.cos(turn), 20 * np.sin(turn)
    x, y = 50 + x * np.cos(angle) - y * np.sin(angle), 40 + x * np.sin(angle) + y * np.cos(angle)
    expected = x.min(), y.min(), np.ptp(x), np.ptp(y)
    assert around(30, 20, angle, 50, 40) == pytest.approx(expected, abs=1e-3)


def test_a_table_of_ellipses(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((90, 90, 3), np.uint8))
    table = tmp_path / "faces.csv"
    table.write_text(f"path,major,minor,angle,cx,cy\na.png,30,20,{np.pi / 2},45,40\n")
    (picture,) = read_set(table, "news")
    np.testing.assert_allclose(picture.truth, [(25, 10, 40, 60)])
