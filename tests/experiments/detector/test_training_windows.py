"""What the detector's networks are shown: windows with and without a face."""

import cv2
import numpy as np
import pytest

from augment.drawn import BOX, drawn_face
from common.crops import Mipmap
from experiments.detector.training_windows import (
    PLENTY,
    PROFILES,
    DetectorBatches,
    People,
    Scene,
    box_around,
    hidden,
    random_box,
    read_faces,
    read_scenes,
    textures,
)
from pipeline.suppression import overlaps


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
    scores = np.array([0.99, 0.4, 0.99, 0.4, 0.6])
    assert naive_iou(face, near) > 0.05
    assert scene.background(boxes, scores).tolist() == [False, True, True, True, False]


def test_crowds_give_no_random_windows():
    row = {"person": "a", **dict(zip("xywh", BOX))}
    scene = Scene(Mipmap(np.full((90, 120, 3), 77, np.uint8)))
    crowd = Scene(Mipmap(np.full((90, 120, 3), 255, np.uint8)), (40, 40, 20, 20), crowd=True)
    data = ([row], [Mipmap(np.zeros_like(drawn_face()))])
    batches = DetectorBatches(data, [crowd, scene], batch=400)
    assert batches.empty == [scene]
    mined = np.repeat([[0, 2, 2, 20, 20]], PLENTY, axis=0)
    hard = DetectorBatches(data, [crowd, scene], mined, batch=400)
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


@pytest.mark.slow
def test_faces_and_scenes_are_dark_and_grey_alike():
    row = {"person": "a", **dict(zip("xywh", BOX))}
    pale = np.full_like(drawn_face(), (255, 200, 255))
    scene = Scene(Mipmap(np.full((90, 120, 3), (255, 200, 255), np.uint8)))
    batches = DetectorBatches(([row], [Mipmap(pale)]), [scene], batch=3000)
    windows, labels = batches(np.random.default_rng(0))
    dark = windows.mean((1, 2, 3)) < 90
    grey = (np.ptp(windows[:, 20:28, 20:28].astype(int), axis=3) == 0).all((1, 2))
    for label in (0, 1):
        assert 0.05 < dark[labels == label].mean() < 0.11
        assert 0.10 < grey[labels == label].mean() < 0.20


def test_a_batch_is_mixed_as_announced():
    row = {"person": "a", **dict(zip("xywh", BOX))}
    scene = Scene(Mipmap(np.full((90, 120, 3), 77, np.uint8)))
    data = ([row], [Mipmap(drawn_face())])
    batches = DetectorBatches(
        data, [scene], np.repeat([[0, 10, 10, 20, 20]], PLENTY, axis=0), size=12, batch=400
    )
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


@pytest.mark.slow
def test_few_mined_windows_are_not_shown_over_and_over():
    row = {"person": "a", **dict(zip("xywh", BOX))}
    scene = Scene(Mipmap(np.full((90, 120, 3), 77, np.uint8)))
    crowd = Scene(Mipmap(np.full((90, 120, 3), 255, np.uint8)), (40, 40, 20, 20), crowd=True)
    data = ([row], [Mipmap(np.zeros_like(drawn_face()))])
    mined = np.repeat([[0, 2, 2, 20, 20]], PLENTY // 10, axis=0)
    batches = DetectorBatches(data, [crowd, scene], mined, batch=2000)
    shown = (batches(np.random.default_rng(0))[0].mean((1, 2, 3)) > 200).mean()
    assert 0.005 < shown < 0.06  # a tenth of what `PLENTY` would be


def test_profiles_come_oftener_and_people_alike():
    rows = [{"person": f"p{k}", "aside": 0.9 if k == 0 else 0.0} for k in range(5)]
    rows += [{"person": "p1", "aside": 0.0}] * 9
    people, rng = People(rows), np.random.default_rng(0)
    drawn = np.array([people.draw(rng) for _ in range(8000)])
    often = np.array([np.mean([rows[k]["person"] == f"p{p}" for k in drawn]) for p in range(5)])
    expected = np.array([PROFILES, 1, 1, 1, 1]) / (PROFILES + 4)
    np.testing.assert_allclose(often, expected, atol=0.02)


def test_landmarks_tell_how_a_head_is_turned(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((60, 60, 3), np.uint8))
    table = tmp_path / "faces.csv"
    # Eyes 20 apart on a line that falls by 45 degrees; the nose 10 from their middle along it.
    table.write_text(
        "path,person,x,y,w,h,leye_x,leye_y,reye_x,reye_y,nose_x,nose_y\n"
        "a.png,p,10,10,40,40,10,10,24.142,24.142,24.142,24.142\n"
    )
    ((row,), _) = read_faces([table])
    assert row["aside"] == pytest.approx(0.5)
    assert row["roll"] == pytest.approx(45)


def test_random_windows_show_the_kinds_in_their_shares():
    def scene(value, kind):
        return Scene(Mipmap(np.full((90, 120, 3), value, np.uint8)), kind=kind)

    scenes = [scene(0, "house")] * 50 + [scene(120, "nature")] * 3 + [scene(255, "hand")]
    row = {"person": "a", **dict(zip("xywh", BOX))}
    batches = DetectorBatches(([row], [Mipmap(drawn_face())]), scenes)
    rng = np.random.default_rng(0)
    seen = np.array([batches.anywhere(rng)[0].levels[0][0, 0, 0] for _ in range(3000)])
    shares = [np.mean(seen == value) for value in (0, 120, 255)]
    # 0.3 and 0.2 of all; there is no texture here, so its 0.2 go to all.
    np.testing.assert_allclose(shares, np.array([0.3, 0.3, 0.2]) / 0.8, atol=0.03)


def test_textures_are_many_and_the_same_for_a_seed():
    first, again, other = (textures(seed, 12) for seed in (0, 0, 1))
    for a, b, c in zip(first, again, other):
        np.testing.assert_array_equal(a.picture.levels[0], b.picture.levels[0])
        assert (a.picture.levels[0] != c.picture.levels[0]).any()
        assert a.picture.levels[0].std() > 4
        assert a.face is None
