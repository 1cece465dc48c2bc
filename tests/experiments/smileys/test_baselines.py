import numpy as np
import pytest

from experiments.smileys.baselines import (
    FOLDS,
    MARGIN,
    face_patch,
    folds_of,
    linear_classifier,
    nearest_neighbour,
)


def test_folds_by_person_hold_out_whole_people():
    people = np.repeat(["a", "b", "c", "d", "e", "f", "g"], 4)
    folds = folds_of(people, "person", 0)
    assert all(len(set(folds[people == name])) == 1 for name in set(people))
    assert set(folds) == set(range(FOLDS))
    assert len(set(folds_of(people, "image", 0)[people == "a"])) > 1


@pytest.mark.parametrize("classifier", [nearest_neighbour, linear_classifier])
def test_classifiers_tell_apart_what_is_apart(classifier):
    rng = np.random.default_rng(0)
    centres = rng.normal(0, 3, (3, 20))
    labels = np.array(["a", "b", "c"])[np.arange(90) % 3]
    points = centres[np.arange(90) % 3] + rng.normal(0, 0.3, (90, 20))
    answer = classifier(points[:60], labels[:60], points[60:])
    assert (answer == labels[60:]).all()


def test_face_patch_puts_the_box_in_the_middle():
    image = np.zeros((100, 100, 3), np.uint8)
    image[20:60, 30:70] = 255
    patch = face_patch(image, (30, 20, 40, 40))
    margin = round(64 * MARGIN / (1 + 2 * MARGIN))
    assert patch[margin + 3 : -margin - 3, margin + 3 : -margin - 3].min() > 250
    assert patch[: margin - 2].max() < 5
