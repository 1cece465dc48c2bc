"""Calibration: windows beside a face are told apart and put right."""

import json

import cv2
import numpy as np
import pytest

from augment.transforms import Augmentation
from common.crops import Mipmap
from experiments import train_calibration
from experiments.detector import calibration_windows
from experiments.detector.calibration_windows import CalibrationBatches, evaluate, mirrored, turned
from pipeline.calibration import Calibrator, correct
from pipeline.windows import neighbours

BOX = (30, 40, 20, 20)


def test_each_of_the_45_windows_is_put_back_onto_its_face():
    np.testing.assert_allclose(correct(neighbours(BOX), np.eye(45)), [BOX] * 45, atol=1e-9)


def test_doubt_between_two_patterns_moves_half_way():
    left, same = 21, 22  # at scale 1, in the middle row
    doubt = np.zeros((1, 45))
    doubt[0, [left, same]] = 0.5
    # The window may stand 0.17 sides left of the face: it moves right by half of that.
    np.testing.assert_allclose(correct([BOX], doubt), [(30 + 20 * 0.17 / 2, 40, 20, 20)])


def test_a_mirrored_window_stands_on_the_other_side():
    windows = neighbours((-10, -10, 20, 20))
    for label, (x, y, w, h) in enumerate(windows):
        np.testing.assert_allclose(windows[mirrored(label)], (-x - w, y, w, h), atol=1e-9)


def test_a_calibrator_moves_each_box_by_what_its_net_says():
    picture = np.random.default_rng(0).integers(0, 255, (80, 80, 3), np.uint8)
    shapes = []

    def always_left(windows):
        shapes.append(windows.shape)
        return np.tile(np.eye(45)[21], (len(windows), 1))

    boxes = np.tile(BOX, (130, 1)).astype(float)
    moved = Calibrator(always_left, 12)(Mipmap(picture), boxes)
    np.testing.assert_allclose(moved - boxes, [[3.4, 0, 0, 0]] * 130)
    assert shapes == [(128, 3, 12, 12), (2, 3, 12, 12)]
    assert Calibrator(always_left, 12)(picture, []).shape == (0, 4)


def test_batches_show_the_window_their_class_names():
    # A picture whose colours tell where one is: red grows to the right, green downwards.
    rows, columns = np.mgrid[0:120, 0:120].astype(np.uint8)
    picture = np.dstack([np.zeros_like(rows), 2 * rows, 2 * columns])
    row = {"person": "a", "x": 40.0, "y": 40.0, "w": 40.0, "h": 40.0}
    batches = CalibrationBatches(([row], [Mipmap(picture)]), 48, batch=300)
    still = Augmentation().only()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calibration_windows, "JITTER", still)
        windows, labels = batches(np.random.default_rng(0))
    assert len(set(labels)) == 45
    for window, label in zip(windows.astype(float), labels):
        across = window[:, -1, 2].mean() - window[:, 0, 2].mean()
        if across < 0:  # mirrored: look at it from behind
            window, label = window[:, ::-1], mirrored(int(label))
        x, y, w, h = neighbours((40, 40, 40, 40))[label]
        assert abs(window[..., 2].mean() / 2 - (x + w / 2 - 0.5)) < 1
        assert abs(window[..., 1].mean() / 2 - (y + h / 2 - 0.5)) < 1
        assert abs((window[:, -1, 2] - window[:, 0, 2]).mean() / 2 - w * 47 / 48) < 1.5


def test_a_turned_face_stays_where_it_is_and_turns_clockwise():
    image = np.zeros((90, 120, 3), np.uint8)
    image[38:41, 58:61] = 255  # right of the centre of the face
    picture = turned(Mipmap(image), (40, 30, 19, 19), 90)
    expected = np.zeros_like(image)
    expected[48:51, 48:51] = 255  # below it
    np.testing.assert_array_equal(picture.levels[0], expected)
    still = turned(Mipmap(image), (50.3, 30, 19, 19), 0)
    np.testing.assert_array_equal(still.levels[0], image)


def test_calibration_windows_are_hidden_by_what_surrounds_faces(monkeypatch):
    # Faces are white, and all around them is black.
    image = np.zeros((120, 120, 3), np.uint8)
    image[40:80, 40:80] = 255
    row = {"person": "a", "x": 40.0, "y": 40.0, "w": 40.0, "h": 40.0}
    asked = []

    def kept(rng, window, other):
        asked.append(other())
        return window

    monkeypatch.setattr(calibration_windows, "disguised", kept)
    CalibrationBatches(([row], [Mipmap(image)]), 12, batch=40, hard=True)(np.random.default_rng(0))
    assert {window.shape for window in asked} == {(48, 48, 3)}
    # A part of a face is white; around and below it is mostly black.
    assert np.mean([window.mean() < 128 for window in asked]) > 0.5


def test_a_judged_calibrator_that_finds_every_face_is_right():
    rows = [{"x": 30.0, "y": 40.0, "w": 20.0, "h": 20.0}] * 50
    pictures = [Mipmap(np.zeros((80, 80, 3), np.uint8))] * 50
    report = evaluate(lambda picture, boxes: np.array([BOX], float), (rows, pictures), seed=0)
    assert (report["centre_95_after"], report["size_95_after"]) == (0, 1)
    # Uniform shifts of up to 0.1 each way and logarithms of up to 0.18 to either side.
    assert 0.06 < report["centre_50_before"] < 0.1
    assert report["size_50_before"] == pytest.approx(np.exp(0.09), abs=0.03)


def test_train_calibration_end_to_end(call, tmp_path):
    lines = ["path,person,split,x,y,w,h"]
    rng = np.random.default_rng(0)
    for k in range(4):
        image = rng.integers(0, 255, (60, 60, 3), np.uint8)
        cv2.circle(image, (30, 30), 12, (200, 200, 255), -1)
        cv2.imwrite(str(tmp_path / f"{k}.png"), image)
        lines.append(f"{k}.png,p{k},{'val' if k == 3 else 'train'},18,18,24,24")
    (tmp_path / "faces.csv").write_text("\n".join(lines) + "\n")
    options = ("--faces", tmp_path / "faces.csv", "--net", "small", "--steps", 3, "--workers", 0)
    code, out, err = call(train_calibration.main, *options, "--out", tmp_path / "w")
    assert code == 0, err
    assert {"loss", "centre_50_before", "size_95_after"} <= set(json.loads(out))
    boxes = Calibrator.load(tmp_path / "w" / "small_calibration.npz", "small_calibration")(
        cv2.imread(str(tmp_path / "3.png")), [(10, 10, 30, 30)]
    )
    assert boxes.shape == (1, 4)
    assert np.isfinite(boxes).all()
