"""Hard pictures: where faces land, what is hidden, and the script on drawn faces."""

import cv2
import numpy as np
import pytest

from experiments import make_hard_faces
from experiments.detector.hard_faces import (
    HIDDEN,
    KINDS,
    MOST,
    SIZES,
    Composite,
    Person,
    darken,
    head_mask,
    make,
    occlude,
    paste,
    placement,
    pose_of,
)
from experiments.detector.training_windows import LIGHT

from tests.conftest import drawn_face  # isort: skip
from common.tables import read_csv

RED = (0, 0, 255)


def person(name="p", mark=True):
    """A blue picture whose face is green, its centre marked red, its upper middle white."""
    image = np.full((100, 120, 3), (200, 0, 0), np.uint8)
    cv2.rectangle(image, (40, 30), (79, 69), (0, 200, 0), -1)
    if mark:
        cv2.rectangle(image, (56, 46), (63, 53), RED, -1)
        cv2.rectangle(image, (58, 32), (61, 35), (255, 255, 255), -1)
    return Person(name, image, (40.0, 30.0, 40.0, 40.0), "frontal", 0.0)


def place_of(mask):
    """Mean place (x, y) of the pixels of a mask, in coordinates where pixel 0 is 0 to 1."""
    rows, columns = np.nonzero(mask)
    return np.array([columns.mean(), rows.mean()]) + 0.5


def landmarks(left, right, nose):
    names = ("leye", "reye", "nose")
    return {
        f"{n}_{a}": p[i] for n, p in zip(names, (left, right, nose)) for i, a in enumerate("xy")
    }


@pytest.mark.parametrize(
    ("nose", "pose"),
    [((50, 60), "frontal"), ((52, 60), "frontal"), ((42, 60), "half profile"),
     ((60, 70), "profile"), ((35, 60), "profile")],
)  # fmt: skip
def test_pose(nose, pose):
    # The eyes 20 apart, their middle at 50: the nose's place from there, over 20.
    assert pose_of(landmarks((40, 50), (60, 50), nose)) == (pose, 0)
    # A head on its side has the pose it had; clockwise in the picture, the right eye falls.
    turned = pose_of(landmarks((50, 40), (50, 60), (40, nose[0])))
    assert turned == (pose, pytest.approx(90))


@pytest.mark.parametrize("angle", [-45, 0, 30])
@pytest.mark.parametrize("side", [20, 30, 150])
def test_the_square_follows_the_face(side, angle):
    rng = np.random.default_rng(side)
    composite = Composite(np.zeros((300, 400, 3), np.float32))
    assert paste(composite, person(), side, angle, whole=True, rng=rng)
    (face,) = composite.faces
    assert (face["w"], face["h"], face["roll"]) == (side, side, angle)
    centre = np.array([face["x"] + side / 2, face["y"] + side / 2])
    assert 0 <= face["x"] <= 400 - side
    assert 0 <= face["y"] <= 300 - side
    red = (composite.image[..., 2] > 110) & (composite.image[..., 0] < 110)
    np.testing.assert_allclose(place_of(red), centre, atol=max(0.3, 0.01 * side))
    # The mark that was above the centre by 16 of 40 is where a turn clockwise takes it.
    white = composite.image.min(axis=2) > 100
    turn = np.radians(angle)
    above = centre + 0.4 * side * np.array([np.sin(turn), -np.cos(turn)])
    if side > 20:
        np.testing.assert_allclose(place_of(white), above, atol=max(0.6, 0.02 * side))


def test_the_matrix_by_hand():
    # A square of 40 at (40, 30) to one of 20 about (100, 100): half the size, no turn.
    # Its first pixel's centre, (40.5, 30.5) from the picture's corner, lies 19.5 from its centre.
    x, y = placement((40, 30, 40, 40), (100, 100), 20, 0) @ (40, 30, 1)
    assert (x + 0.5, y + 0.5) == pytest.approx((100 - 9.75, 100 - 9.75))


@pytest.mark.parametrize("whole", [False, True])
def test_the_mask_holds_the_face_and_fades_at_the_border(whole):
    mask = head_mask((100, 120), (40, 30, 40, 40), whole)
    assert mask[50, 60] == 1
    assert mask[36:64, 46:74].min() > 0.5
    assert max(mask[0].max(), mask[-1].max(), mask[:, 0].max(), mask[:, -1].max()) == 0
    assert (mask[40, 46] == 1) or not whole


def test_no_head_covers_another_face():
    composite = Composite(np.zeros((200, 300, 3), np.float32))
    rng = np.random.default_rng(0)
    pasted = [paste(composite, person(), 50, 0, True, rng) for _ in range(12)]
    assert 2 <= sum(pasted) < 12  # there is no room for twelve
    # Whoever came first shows his green corner and red centre still.
    for face in composite.faces:
        x, y = round(face["x"]), round(face["y"])
        assert composite.image[y + 25, x + 25, 2] > 200
        assert composite.image[y + 4 : y + 46, x + 4 : x + 46, 0].mean() < 15  # nobody's blue


@pytest.mark.parametrize("seed", range(4))
def test_what_an_occluder_covers_is_measured(seed):
    rng = np.random.default_rng(seed)
    composite = Composite(np.zeros((300, 300, 3), np.float32))
    paste(composite, person(mark=False), 80, 0, False, rng)
    (face,) = composite.faces
    assert occlude(composite, face, np.full((50, 50, 3), 255, np.uint8), rng)
    x, y = round(face["x"]), round(face["y"])
    square = composite.image[y : y + 80, x : x + 80]
    white = (square[..., 2] > 127).mean()  # nothing else holds red
    assert white == pytest.approx(face["covered"], abs=0.02)
    assert HIDDEN[0] <= face["covered"] <= HIDDEN[1]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind(kind):
    people = [person(f"p{k}") for k in range(9)]
    scenes = [RNG_SCENE, RNG_SCENE[::-1].copy()]
    composite = make(kind, people, scenes, [], np.random.default_rng(5))
    assert composite.image.dtype == np.uint8
    assert 1 <= len(composite.faces) <= MOST
    assert len({face["person"] for face in composite.faces}) == len(composite.faces)
    for face in composite.faces:
        assert (face["covered"] > 0) == (kind == "half-hidden")
        assert (abs(face["roll"]) >= 15) == (kind == "rotated")
        least, most = SIZES.get(kind, (20, 250))
        assert least <= face["w"] <= most
    plain = make("plain", people, scenes, [], np.random.default_rng(5)).image
    if kind == "dark":
        assert composite.image.mean() < 0.5 * plain.mean()
    elif kind == "blurred":
        assert sharpness(composite.image) < 0.9 * sharpness(plain)
    assert (np.ptp(composite.image, axis=2).max() == 0) == (kind == "grey")


RNG_SCENE = np.random.default_rng(1).integers(0, 255, (120, 160, 3)).astype(np.uint8)


def sharpness(image):
    return np.abs(np.diff(image.astype(float), axis=1)).mean()


@pytest.fixture
def sources(tmp_path):
    """Four drawn people, two of them val; scenes, two of them val, and a hand."""
    points = "leye_x,leye_y,reye_x,reye_y,nose_x,nose_y"
    lines = [f"path,person,split,x,y,w,h,{points}"]
    for k in range(4):
        cv2.imwrite(str(tmp_path / f"{k}.png"), drawn_face())
        split = "val" if k % 2 else "train"
        lines.append(f"{k}.png,p{k},{split},30,15,60,60,45,38,75,38,60,48")
    (tmp_path / "faces.csv").write_text("\n".join(lines) + "\n")
    lines = ["path,kind,split"]
    for k, kind in enumerate(("house", "house", "nature", "hand")):
        cv2.imwrite(str(tmp_path / f"s{k}.png"), np.roll(RNG_SCENE, k, axis=0))
        lines.append(f"s{k}.png,{kind},{'val' if k else 'train'}")
    (tmp_path / "scenes.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


def options(folder, out, count=8):
    files = ["--faces", folder / "faces.csv", "--scenes", folder / "scenes.csv"]
    return [*files, "--count", count, "--out", folder / out]


def test_the_script_writes_the_same_again(call, sources):
    for out, count in (("a", 8), ("b", 10)):
        code, _, errors = call(make_hard_faces.main, *options(sources, out, count))
        assert code == 0, errors
    first, second = ((sources / out) for out in ("a", "b"))
    for k in range(8):
        name = f"{k:04d}.jpg"
        assert (first / name).read_bytes() == (second / name).read_bytes()
    rows = read_csv(first / "faces.csv")
    assert {row["kind"] for row in rows} == set(KINDS)
    assert {row["person"] for row in rows} == {"p1", "p3"}
    assert {row["pose"] for row in rows} == {"frontal"}
    assert {row["scene"] for row in rows} == {"s1.png", "s2.png"}  # no hand is a scene
    assert len((second / "faces.csv").read_text().splitlines()) > len(rows)


def test_what_the_script_refuses(refused, sources):
    again = options(sources, "out")
    assert "no row of split 'test'" in refused(make_hard_faces.main, *again, "--split", "test")
    assert "argument --count" in refused(make_hard_faces.main, *again, "--count", 0)
    (sources / "faces.csv").write_text("path,person,x,y,w,h\n0.png,p,1,2,3,4\n")
    assert "lacks the column leye_x" in refused(make_hard_faces.main, *again)
    assert not (sources / "out").exists()


def test_the_dark_is_dark_and_noisy_and_keeps_the_order_of_brightness():
    rng = np.random.default_rng(0)
    window = np.repeat(np.array([0, 80, 250], np.uint8), 16)[:, None, None]
    window = np.broadcast_to(window, (48, 48, 3))
    for _ in range(50):
        dark = darken(window, rng, LIGHT)
        means = [dark[16 * k : 16 * k + 16].mean() for k in range(3)]
        assert means[0] < means[1] < means[2] < 130
        assert 0.5 < dark[32:].std() < 4.5


def test_each_picture_is_of_one_group(call, sources):
    (sources / "s2.png").rename(sources / "s20.png")  # of another run
    table = sources / "scenes.csv"
    table.write_text(table.read_text().replace("s2.png", "s20.png"))
    out = sources / "grouped"
    code, _, errors = call(make_hard_faces.main, *options(sources, out, 16), "--groups", 2)
    assert code == 0, errors
    rows = read_csv(out / "faces.csv")
    by_group = [
        {(name, row[name]) for row in rows if int(row["path"][:4]) // 8 == group
         for name in ("person", "scene")}
        for group in range(2)
    ]  # fmt: skip
    assert all(by_group)
    assert not by_group[0] & by_group[1]


def test_too_many_groups_are_refused(refused, sources):
    out = sources / "grouped"
    said = refused(make_hard_faces.main, *options(sources, out), "--groups", 9)
    assert "too few people or runs of scenes for 9 groups" in said
    assert "argument --groups" in refused(
        make_hard_faces.main, *options(sources, out), "--groups", 0
    )
