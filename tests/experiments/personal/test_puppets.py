"""One photo pulls all smileys; photos that will not do are named."""

import cv2
import numpy as np
import pytest

from common.cli import UserError
from dataset.synth.expression import recipes
from experiments.personal.puppets import pull_all, read_source
from tests.dataset.puppet.conftest import SIDE, Sitter

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    """A calm photo with its landmarks beside it."""
    path = tmp_path_factory.mktemp("photo") / "calm.png"
    picture, points = Sitter().photograph({})
    cv2.imwrite(str(path), picture)
    np.savez(path.parent / "landmarks.npz", path=np.array(["calm.png"]), points=points[None])
    return path


@pytest.fixture(scope="module")
def puppets(photo):
    return pull_all(read_source(photo, photo.parent / "landmarks.npz"))


def test_a_photo_pulls_all_smileys(puppets):
    rows, pictures = puppets
    assert {row["smiley"] for row in rows} == set(recipes())
    assert len(rows) == len(pictures) == len({row["clip"] for row in rows}) == 17
    for row, picture in zip(rows, pictures):
        height, width, _ = picture.levels[0].shape
        centre = row["x"] + row["w"] / 2, row["y"] + row["h"] / 2
        np.testing.assert_allclose(centre, (width / 2, height / 2), atol=width / 5)
    images = [picture.levels[0] for picture in pictures]
    assert not any(np.array_equal(images[0], other) for other in images[1:])


def test_photos_that_will_not_do_are_named(photo, tmp_path):
    found = np.load(photo.parent / "landmarks.npz")
    other = tmp_path / "other.npz"
    np.savez(other, path=np.array(["other.png"]), points=found["points"])
    with pytest.raises(UserError, match=r"has no landmarks of calm\.png"):
        read_source(photo, other)
    np.savez(other, path=np.array(["in/calm.png"]), points=np.full((1, 478, 2), np.nan))
    with pytest.raises(UserError, match=r"calm\.png cannot pull smileys: no landmarks"):
        pull_all(read_source(photo, other, "in/calm.png"))


def test_a_fitted_face_that_will_not_do_says_why(photo, tmp_path):
    """Points of another shape than a face's pass what looks at points, and no fit."""
    found = np.load(photo.parent / "landmarks.npz")
    shaken = found["points"] + np.random.default_rng(0).normal(0, SIDE / 30, (1, 478, 2))
    np.savez(tmp_path / "shaken.npz", path=found["path"], points=shaken)
    with pytest.raises(UserError, match=r"calm\.png cannot pull smileys: .*; take a calm"):
        pull_all(read_source(photo, tmp_path / "shaken.npz"))
