import hashlib

import numpy as np
import pytest

from dataset.synth.camera import MIDDLE, make_camera, project
from dataset.synth.expression import recipes
from dataset.synth.light import Shadow, ambient_visibility, make_light
from dataset.synth.mesh import MATERIALS, Body, ribbon, rotation, vertex_normals
from dataset.synth.person import make_person
from dataset.synth.seeding import generator
from dataset.synth.shot import RATE, Shot
from dataset.synth.studio import Studio, View, crop_view


@pytest.fixture(scope="module")
def body():
    return Body(make_person(2))


def studio_of(body, slug, take=0, size=64):
    shot = Shot(body.person, slug, take)
    return Studio(body.person, shot, crop_view(body.person, shot, size), body=body, draft=True)


def test_rotation_is_a_rotation_with_the_promised_signs():
    turn = rotation(20, -10, 5)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(turn) == pytest.approx(1)
    ahead, up = np.array([0, 0, 1.0]), np.array([0, 1.0, 0])
    assert (rotation(10, 0, 0) @ ahead)[0] > 0  # to her left
    assert (rotation(0, 10, 0) @ ahead)[1] < 0  # down
    assert (rotation(0, 0, 10) @ up)[0] > 0  # towards her left shoulder


def test_normals_of_a_sphere_point_outwards():
    angle, height = np.meshgrid(np.linspace(0, 2 * np.pi, 40), np.linspace(0.1, 3.0, 30))
    points = [np.sin(height) * np.cos(angle), np.cos(height), np.sin(height) * np.sin(angle)]
    points = np.stack(points, -1).reshape(-1, 3)
    corner = (np.arange(29)[:, None] * 40 + np.arange(39)).ravel()
    triangles = np.concatenate([
        np.stack([corner, corner + 1, corner + 40], 1),
        np.stack([corner + 1, corner + 41, corner + 40], 1),
    ])  # fmt: skip
    normals = vertex_normals(points, triangles)
    inside = np.arange(len(points)).reshape(30, 40)[2:-2, 2:-2].ravel()
    assert (normals[inside] * points[inside]).sum(1).min() > 0.98


def test_a_ribbon_faces_the_camera():
    strand = np.linspace([0, 0, 0], [0.3, -1, 0.2], 6)[None]
    vertices, _, triangles = ribbon(strand, np.full((1, 6), 0.1), np.array([0, 0, 1.0]))
    flat = vertices.reshape(-1, 3)
    edges = flat[triangles[:, 1:]] - flat[triangles[:, :1]]
    normal = np.cross(edges[:, 0], edges[:, 1])
    assert (np.abs(normal[:, 2]) > 0.9 * np.sqrt((normal**2).sum(1))).all()


def test_turning_the_head_leaves_the_shoulders(body):
    straight, turned = body.pose({}), body.pose({"turn": 25.0})
    top = np.unique(straight.triangles[straight.material == MATERIALS.index("top")])
    np.testing.assert_array_equal(straight.vertices[top], turned.vertices[top])
    eyes = np.unique(straight.triangles[straight.material == MATERIALS.index("eye")])
    assert (turned.vertices[eyes] - straight.vertices[eyes])[:, 0].min() > 0.2


def test_the_face_sees_more_sky_than_the_inside_of_the_mouth(body):
    mesh = body.pose({})
    sky = ambient_visibility(mesh)
    assert sky.min() >= 0
    assert sky.max() <= 1
    of = lambda name: np.unique(mesh.triangles[mesh.material == MATERIALS.index(name)])  # noqa: E731
    nose = np.argmax(mesh.vertices[: body.head_count, 2])
    assert sky[nose] > 0.7
    assert np.median(sky[of("mouth")]) < 0.1


def test_the_chin_shadows_the_neck_under_a_lamp_above(body):
    mesh = body.pose({})
    light = make_light(generator(1))
    light.key = np.array([0.0, 0.9, 0.44])
    shadow = Shadow(mesh, light)
    lit = shadow.lit(shadow.receivers[: body.head_count])
    rest = body.rest[: body.head_count]
    nose = np.argmax(rest[:, 2])
    neck = (np.abs(rest[:, 0]) < 0.2) & (np.abs(rest[:, 1] - 6.05) < 0.06) & (rest[:, 2] > 0.4)
    assert lit[nose] == 1
    assert lit[neck].mean() < 0.2


def test_the_camera_puts_what_it_is_aimed_at_in_place():
    camera = make_camera(generator(1))
    points = project(MIDDLE + np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]]), camera, 50, (30, 40))
    np.testing.assert_allclose(points[:, :2], [[30, 40], [80, 40], [30, -10]])


def test_a_shot_rises_holds_and_falls(body):
    shot = Shot(body.person, "surprise")
    amounts = [shot.amount(k / 100) for k in range(int(shot.length * 100) + 2)]
    peak = int((shot.rise + 0.05) * 100)
    assert amounts[0] == 0
    assert amounts[-1] == 0
    assert amounts[peak] == 1
    assert (np.diff(amounts[:peak]) >= 0).all()
    times = shot.kept_times(12)
    np.testing.assert_allclose(np.diff(times), 1 / RATE)
    assert min(shot.amount(t) for t in times) > 0.8
    assert times[-1] < shot.rise + shot.hold


def test_the_same_frame_is_the_same_bytes(body):
    one = studio_of(body, "laugh").frame(0.5, 3).image
    other = studio_of(Body(make_person(2)), "laugh").frame(0.5, 3).image
    assert hashlib.sha256(one.tobytes()).digest() == hashlib.sha256(other.tobytes()).digest()


def test_neighbouring_frames_are_nearer_than_other_clips(body):
    def frames(slug, take):
        studio = studio_of(body, slug, take)
        return [
            studio.frame(t, k).image.astype(float) for k, t in enumerate(studio.shot.kept_times(3))
        ]

    first, retake, other = frames("smile", 0), frames("smile", 1), frames("angry", 0)
    within = np.abs(first[0] - first[1]).mean()
    assert within < 0.5 * np.abs(first[0] - retake[0]).mean()
    assert within < 0.5 * np.abs(first[0] - other[0]).mean()


def test_the_box_is_a_square_around_the_face(body):
    studio = studio_of(body, "neutral", size=128)
    frame = studio.frame(0.5, 0)
    x, y, w, h = frame.box
    assert w == h
    assert 0 < x < x + w < 128
    assert 0 < y < y + h < 128
    assert 0.48 < w / 128 < 0.66


def test_an_open_jaw_makes_the_box_longer(body):
    view = View(128, 128, 44, (64, 60))
    studio = Studio(body.person, Shot(body.person, "surprise"), view, body=body, draft=True)
    shut = studio.render({}, (0, 0), 0, 0).box
    wide = studio.render({"jawOpen": 1.0}, (0, 0), 0, 0).box
    assert wide[3] > shut[3]
    assert wide[1] == pytest.approx(shut[1], abs=0.5)


def test_sunglasses_are_put_on_and_other_glasses_taken_off():
    person = next(p for p in (make_person(seed) for seed in range(1, 30)) if p.glasses)
    body = Body(person)
    lens, frame = MATERIALS.index("lens"), MATERIALS.index("frame")
    bare, cool = body.pose({}), body.pose({"sunglasses": 1.0})
    assert not (bare.material == lens).any()
    assert (cool.material == lens).any()
    assert (bare.material == frame).sum() == (cool.material == frame).sum() > 0


def test_all_smileys_render_a_picture_with_contrast(body):
    for slug in recipes():
        image = studio_of(body, slug).frame(0.6, 0).image
        assert image.shape == (64, 64, 3)
        assert image.std() > 12
