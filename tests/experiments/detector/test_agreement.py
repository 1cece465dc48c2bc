"""Pictures changed, and what stays found in them."""

import cv2
import numpy as np
import pytest

from common.tables import read_csv
from experiments import eval_agreement
from experiments.eval_agreement import changed

BOX = np.array([[20, 30, 24, 16]])


def marked():
    """A dark picture with a bright rectangle."""
    image = np.zeros((90, 120, 3), np.uint8)
    image[30:46, 20:44] = (60, 200, 255)
    return image


def seen(image):
    """The rectangle around all that is bright: x, y, w, h."""
    return cv2.boundingRect((image.max(axis=2) > 60).astype(np.uint8))


@pytest.mark.parametrize("change", ["half", "mirrored", "grey", "180", "0"])
def test_the_box_follows_what_it_is_around(change):
    image, boxes = changed(marked(), BOX, change)
    np.testing.assert_allclose(boxes[0], seen(image), atol=0.51)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous


@pytest.mark.parametrize("angle", [90, -90, 30])
def test_a_turned_box_keeps_its_size_and_its_middle(angle):
    image, boxes = changed(marked(), BOX, str(angle))
    x, y, w, h = seen(image)
    middle = boxes[0, :2] + boxes[0, 2:] / 2
    np.testing.assert_allclose(middle, (x + w / 2, y + h / 2), atol=1)
    assert tuple(boxes[0, 2:]) == (24, 16)


def test_a_quarter_turn_goes_clockwise():
    image, _ = changed(marked(), BOX, "90")
    np.testing.assert_array_equal(image > 60, np.rot90(marked(), -1) > 60)


def test_grey_has_no_colour():
    image, _ = changed(marked(), BOX, "grey")
    assert (image == image[..., :1]).all()


class Brightest:
    """Finds what is bright where the picture has colour, and a false square in others."""

    def detect(self, image, min_face):
        colour = (image != image[..., :1]).any()
        box = seen(image) if colour else (0, 0, 30, 30)
        return np.array([box], float), np.array([0.9])


def test_what_stays_is_counted(call, refused, tmp_path, monkeypatch):
    for name in "ab":
        cv2.imwrite(str(tmp_path / f"{name}.png"), marked())
    rows = ["path,x,y,w,h", "a.png,20,30,24,16", "b.png,20,30,24,16"]
    (tmp_path / "faces.csv").write_text("\n".join(rows) + "\n")
    monkeypatch.setattr("pipeline.cascade.Detector.load", lambda folder: Brightest())
    out = tmp_path / "out.csv"
    options = ("--images", tmp_path / "faces.csv", "--out", out, "--min-face", 12)
    code, _, err = call(eval_agreement.main, *options)
    assert code == 0, err
    counted = {
        row["change"]: tuple(int(row[k]) for k in ("found", "stay", "false before", "new false"))
        for row in read_csv(out)
    }
    # At half its size the rectangle is 8 pixels high: smaller than what is looked for.
    assert counted == {"half": (0, 0, 0, 0), "mirrored": (2, 2, 0, 0), "grey": (2, 0, 0, 2)}
    assert "neither" in refused(eval_agreement.main, *options, "--changes", "blue")
