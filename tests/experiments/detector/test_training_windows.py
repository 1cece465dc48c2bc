"""What the detector's networks are shown: windows with and without a face."""

import cv2
import numpy as np

from augment.drawn import BOX, drawn_face
from common.crops import Mipmap
from experiments.detector.training_windows import (
    DetectorBatches,
    Scene,
    box_around,
    hidden,
    random_box,
    read_faces,
    read_scenes,
)
from pipeline.windows import overlaps


def naive_iou(a, b):
    """Overlap of two boxes by counting the pixels of a fine grid."""
    y, x = np.mgrid[:400, :400] / 4.0
    inside = [(x >= u) & (x < u + w) & (y >= v) & (y < v + h) for u, v, w, h in (a, b)]
    return (inside[0] & inside[1]).sum() / (inside[0] | inside[1]).sum()


def test_windows_around_a_face_do_not_count_as_faces():
    rng = np.random.default_rng(0)
    face = (40, 50, 30, 30)
    boxes = [box_around(rng, face) for _ in range(2000)]
    shares = overlaps(face, boxes)
    assert shares.max() < 0.4
    assert (shares > 0.2).mean() > 0.1  # yet many are hard


def test_random_boxes_lie_in_the_picture():
    rng = np.random.default_rng(0)
    scene = Scene(Mipmap(np.zeros((100, 60, 3), np.uint8)))
    boxes = np.array([random_box(rng, scene) for _ in range(500)])
    assert (boxes[:, :2] >= 0).all()
    assert (boxes[:, 0] + boxes[:, 2] <= 60).all()
    assert (boxes[:, 1] + boxes[:, 3] <= 100).all()
    assert boxes[:, 2].min() < 16
    assert boxes[:, 2].max() > 50


def test_the_face_of_a_scene_is_no_background():
    face = (20, 30, 40, 40)
    scene = Scene(Mipmap(np.zeros((100, 100, 3), np.uint8)), face)
    near = [(22, 30, 40, 40), (20, 30, 25, 25), (60, 30, 40, 40), (0, 0, 100, 100)]
    expected = [naive_iou(face, box) < 0.4 for box in near]
    assert expected == [False, True, True, True]
    assert scene.background(np.array(near)).tolist() == expected
    rng = np.random.default_rng(0)
    assert max(naive_iou(face, random_box(rng, scene)) for _ in range(300)) < 0.42


def test_in_a_crowd_high_scores_apart_from_the_face_may_be_other_faces():
    face = (20, 30, 40, 40)
    scene = Scene(Mipmap(np.zeros((100, 100, 3), np.uint8)), face, crowd=True)
    near = (30, 55, 20, 20)  # chin and collar
    apart = (70, 10, 20, 20)
    boxes = np.array([face, near, near, apart, apart])
    scores = np.array([0.99, 0.5, 0.99, 0.5, 0.99])
    assert naive_iou(face, near) > 0.05
    assert scene.background(boxes, scores).tolist() == [False, True, True, True, False]


def test_crowds_give_no_random_windows():
    row = {"person": "a", **dict(zip("xywh", BOX))}
    scene = Scene(Mipmap(np.full((90, 120, 3), 77, np.uint8)))
    crowd = Scene(Mipmap(np.full((90, 120, 3), 255, np.uint8)), (40, 40, 20, 20), crowd=True)
    data = ([row], [Mipmap(np.zeros_like(drawn_face()))])
    batches = DetectorBatches(data, [crowd, scene], batch=400)
    assert batches.empty == [scene]
    hard = DetectorBatches(data, [crowd, scene], np.array([[0, 2, 2, 20, 20]]), batch=400)
    rng = np.random.default_rng(0)
    assert (batches(rng)[0].mean((1, 2, 3)) > 200).mean() < 0.02
    assert (hard(rng)[0].mean((1, 2, 3)) > 200).mean() > 0.2


def test_what_hides_a_window_has_a_straight_edge_and_leaves_the_middle():
    rng = np.random.default_rng(0)
    window, over = np.full((48, 48, 3), 200, np.uint8), np.full((48, 48, 3), 40, np.uint8)
    shares = []
    for _ in range(300):
        seen = hidden(rng, window, over)
        covered = seen[..., 0] < 120
        assert not covered[23:25, 23:25].all()
        shares.append(covered.mean())
        # Each row is seen on one side and hidden on the other.
        assert (np.abs(np.diff(covered.astype(int), axis=1)).sum(axis=1) <= 1).all()
    assert 0.0 <= min(shares) < 0.1
    assert 0.4 < max(shares) <= 0.51
    assert (window == 200).all()


def test_faces_and_scenes_are_dark_and_grey_alike():
    row = {"person": "a", **dict(zip("xywh", BOX))}
    pale = np.full_like(drawn_face(), (255, 200, 255))
    scene = Scene(Mipmap(np.full((90, 120, 3), (255, 200, 255), np.uint8)))
    batches = DetectorBatches(([row], [Mipmap(pale)]), [scene], batch=3000)
    windows, labels = batches(np.random.default_rng(0))
    dark = windows.mean((1, 2, 3)) < 90
    grey = (np.ptp(windows[:, 20:28, 20:28].astype(int), axis=3) == 0).all((1, 2))
    for label in (0, 1):
        assert 0.04 < dark[labels == label].mean() < 0.08
        assert 0.10 < grey[labels == label].mean() < 0.20


def test_a_batch_is_mixed_as_announced():
    row = {"person": "a", **dict(zip("xywh", BOX))}
    scene = Scene(Mipmap(np.full((90, 120, 3), 77, np.uint8)))
    data = ([row], [Mipmap(drawn_face())])
    batches = DetectorBatches(data, [scene], np.array([[0, 10, 10, 20, 20]]), size=12, batch=400)
    windows, labels = batches(np.random.default_rng(0))
    assert windows.shape == (400, 12, 12, 3)
    assert windows.dtype == np.uint8
    assert labels.dtype == np.int32
    assert 0.33 < labels.mean() < 0.47
    again = batches(np.random.default_rng(0))
    np.testing.assert_array_equal(again[0], windows)


def test_tables_with_and_without_boxes_and_splits_are_read_together(tmp_path):
    for name, value in (("a", 10), ("b", 20)):
        cv2.imwrite(str(tmp_path / f"{name}.png"), np.full((60, 60, 3), value, np.uint8))
    (tmp_path / "plain.csv").write_text("path,split\na.png,val\n")
    (tmp_path / "boxed.csv").write_text("path,person,x,y,w,h\nb.png,p,10,10,20,20\n")
    rows, scenes = read_scenes([tmp_path / "plain.csv", tmp_path / "boxed.csv"])
    assert [row.get("split") for row in rows] == ["val", None]
    assert [scene.face for scene in scenes] == [None, (10, 10, 20, 20)]
    assert scenes[1].picture.levels[0][0, 0, 0] == 20
    rows, faces = read_faces([tmp_path / "boxed.csv"] * 2)
    assert [row["person"] for row in rows] == ["p", "p"]
    assert len(faces) == 2
