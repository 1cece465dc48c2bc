import numpy as np
import pytest

from common.cli import ROOT
from common.tables import read_csv
from dataset.synth.expression import displacement, mirror, mix, recipes, sides, variants
from dataset.synth.head import load_head


def mirror_image(points):
    """Index of each vertex's mirror image among `points`, and where it has one."""
    flipped = points * [-1, 1, 1]
    gap = ((flipped[:, None] - points[None]) ** 2).sum(-1)
    index = gap.argmin(1)
    return index, np.sqrt(gap[np.arange(len(points)), index]) < 0.004


def test_every_smiley_has_a_recipe_and_no_other():
    assert [row["slug"] for row in read_csv(ROOT / "common" / "smileys.csv")] == list(recipes())


def test_the_core_of_a_smiley_is_part_of_its_recipe():
    for ways in variants().values():
        for recipe in ways:
            assert recipe.core <= set(recipe.units)


def test_no_weights_no_movement():
    assert not displacement({}).any()
    assert not displacement({"jawOpen": 0.0, "turn": 20.0, "tears": 1.0}).any()


def test_a_name_without_a_side_means_both():
    assert sides("mouthSmile") == ("mouthSmileLeft", "mouthSmileRight")
    assert sides("jawOpen") == ("jawOpen",)
    with pytest.raises(ValueError, match="mouthSmyle"):
        sides("mouthSmyle")


def test_left_is_the_persons_left():
    head = load_head()
    moved = np.abs(displacement({"eyeBlinkLeft": 1.0})).sum(1)
    lids, x = head.lid > 0.5, head.rest[:, 0]
    assert moved[lids & (x > 0.1)].max() > 0.05
    assert moved[lids & (x < -0.1)].max() < 0.005


@pytest.mark.parametrize("slug", ["wink", "odd", "skeptic"])
def test_the_mirrored_recipe_moves_the_mirrored_vertices(slug):
    head = load_head()
    front = np.nonzero((head.rest[:, 2] > 1.2) & (head.vertex_part == 0))[0]
    index, paired = mirror_image(head.rest[front])
    assert paired.mean() > 0.95
    recipe = recipes()[slug]
    there = displacement(recipe)[front]
    back = displacement(mirror(recipe))[front][index] * [-1, 1, 1]
    size = np.abs(there).max()
    assert np.abs(there - back)[paired].max() < 0.15 * size


def test_mirroring_twice_changes_nothing():
    for recipe in recipes().values():
        assert mirror(mirror(recipe)) == recipe


def test_closed_lids_stay_closed_however_hard_one_squints():
    head = load_head()
    blink = displacement({"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0})
    hard = displacement({"eyeBlinkLeft": 1.4, "eyeSquintLeft": 1.2, "eyeBlinkRight": 1.4})
    lids = (head.lid > 0.5) & (head.rest[:, 0] > 0)
    assert np.abs(hard - blink)[lids].max() < 0.06


def test_the_jaw_opens_downwards_and_smiles_go_up():
    head = load_head()
    chin = np.argmin(((head.rest - [0, 6.25, 1.45]) ** 2).sum(1))
    assert displacement({"jawOpen": 1.0})[chin, 1] < -0.1
    corner = np.argmin(((head.rest - [0.27, 6.67, 1.4]) ** 2).sum(1) + (head.vertex_part != 0))
    assert displacement(recipes()["smile"])[corner, 1] > 0.03
    assert displacement(recipes()["sad"])[corner, 1] < -0.03


def test_mix_runs_from_one_to_the_other():
    start, end = {"jawOpen": 1.0}, {"mouthFunnel": 0.5}
    assert mix(start, end, 0) == {"jawOpen": 1.0, "mouthFunnel": 0.0}
    assert mix(start, end, 1) == {"jawOpen": 0.0, "mouthFunnel": 0.5}
