import numpy as np
import pytest

from dataset.synth.features import FEATURES, identity_targets
from dataset.synth.hair import MEN, POINTS, WOMEN, make_hair
from dataset.synth.head import load_head
from dataset.synth.person import make_person, make_shape
from dataset.synth.scalp import hair_mask
from dataset.synth.seeding import generator


@pytest.fixture(scope="module")
def people():
    return [make_person(seed) for seed in (1, 2)]


def test_every_target_a_feature_needs_is_packed():
    head = load_head()
    assert all(name in head for name in identity_targets())
    assert len({stem for _, stem, *_ in FEATURES}) == len(FEATURES)
    assert len(head.units) == 52


def test_the_same_seed_is_the_same_person(people):
    again = make_person(1)
    np.testing.assert_array_equal(again.vertices, people[0].vertices)
    np.testing.assert_array_equal(again.skin.albedo, people[0].skin.albedo)
    # NumPy's sines may differ in the last bit, by where an array lies in memory: too little
    # to reach a pixel (dataset/synth/seeding.py).
    np.testing.assert_allclose(again.hair.points, people[0].hair.points, rtol=0, atol=1e-12)


def test_other_seeds_are_other_people(people):
    one, other = people
    assert np.abs(one.vertices - other.vertices).max() > 0.02
    assert np.abs(one.skin.albedo - other.skin.albedo).mean() > 0.005
    assert one.manner.strength != other.manner.strength


def test_eyes_are_where_the_camera_looks(people):
    head = load_head()
    eyes = head.vertices_of("eye")
    for person in people:
        np.testing.assert_allclose(
            person.vertices[eyes].mean(0), head.rest[eyes].mean(0), atol=1e-9
        )


def test_colours_are_light_that_a_surface_can_reflect(people):
    for person in people:
        assert person.skin.albedo.min() > 0
        assert person.skin.albedo.max() <= 1
        assert all(0 <= layer.min() <= layer.max() <= 1 for layer in person.skin.wrinkles)


def test_men_have_stronger_jaws_than_women():
    width = {}
    rest = load_head().rest
    jaw = np.nonzero((np.abs(rest[:, 1] - 6.35) < 0.08) & (rest[:, 2] > 0.9))[0]
    for sex in ("female", "male"):
        shapes = [make_shape(generator(seed, "test"), sex, 0.2)[0] for seed in range(12)]
        width[sex] = np.mean([np.ptp(shape[jaw, 0]) for shape in shapes])
    assert width["male"] > 1.03 * width["female"]


@pytest.mark.parametrize("style", ["straight fringe", "wavy", "bun", "ponytail", "pixie", "afro"])
def test_hair_keeps_the_face_free(style):
    rest = load_head().rest
    hair = make_hair(generator(3, "hair"), "female", rest, style)
    assert hair.points.shape[1:] == (POINTS, 3)
    assert np.isfinite(hair.points).all()
    x, y, z = np.moveaxis(hair.points, -1, 0)
    on_face = (np.abs(x) < 0.45) & (y > 6.4) & (y < 7.25) & (z > 0.9)
    assert on_face.mean() < 0.002


def test_hair_grows_from_the_scalp():
    rest = load_head().rest
    hair = make_hair(generator(3, "hair"), "female", rest, "straight")
    roots = hair.points[:, 0]
    # A triangle may reach a little over the hairline; the skull is about a head unit wide.
    assert hair_mask(roots, 0.3).min() > 0
    assert np.sqrt(((roots - [0, 7.45, 0.15]) ** 2).sum(1)).min() > 0.5


def test_a_bald_man_has_no_hair():
    assert len(make_hair(generator(1), "male", load_head().rest, "bald").points) == 0
    assert "bald" in MEN
    assert "bald" not in WOMEN
