import numpy as np
import pytest

from common.crops import Mipmap, crop
from nets.functions import compile_probabilities
from nets.input import network_input
from nets.weights import note
from pipeline.vote import Vote, Voter
from pipeline.windows import neighbours
from tests.conftest import CLASSES, drawn_face


def test_vote_adds_what_the_net_says_of_each_window(nets):
    image, box = drawn_face(), (40, 20, 44, 44)
    windows = network_input(crop(image, neighbours(box)))
    each = compile_probabilities(nets.smiles)(windows)
    assert each.shape == (45, len(CLASSES))
    vote = nets.voter.vote(Mipmap(image), box)
    np.testing.assert_allclose(vote.sums, each.sum(axis=0), rtol=1e-4)
    assert vote.sums.sum() == pytest.approx(45, rel=1e-4)
    assert vote.classes == CLASSES


@pytest.mark.parametrize("count", [2, 7, 17, 30])
def test_shares_and_score_for_any_number_of_classes(count):
    sums = np.full(count, 5 / (count - 1), np.float32)
    sums[1] = 40
    vote = Vote([f"class {k}" for k in range(count)], sums)
    assert (vote.best, vote.smiley) == (1, "class 1")
    assert vote.shares[1] == pytest.approx(40 / 45)
    assert vote.shares.sum() == pytest.approx(1)
    assert vote.score == pytest.approx(40 / 17)  # as the article wrote it, whatever the classes


def test_voter_shows_the_net_45_windows():
    shown = []

    def smile_probs_sum(windows):
        shown.append(windows)
        return np.array([15, 30], np.float32)

    vote = Voter(smile_probs_sum, ["a", "b"]).vote(drawn_face(), (10, 10, 300, 300))
    assert (shown[0].shape, shown[0].dtype) == ((45, 3, 48, 48), np.float32)
    assert vote.smiley == "b"


def test_a_shared_vote_gets_one_picture_a_scale():
    seen = []

    def sums(pictures):
        seen.append(pictures)
        return np.array([30.0, 15.0])

    ramp = np.repeat(np.arange(200, dtype=np.uint8)[None, :, None], 3, axis=2)
    image = np.repeat(ramp, 200, axis=0)
    vote = Voter(sums, ["a", "b"], shared=True).vote(image, (70, 70, 48, 48))
    (pictures,) = seen
    assert pictures.shape == (5, 3, 64, 64)
    assert vote.smiley == "a"
    # At scale 1 the picture's own pixels, eight more on each side than the box has.
    np.testing.assert_allclose((pictures[2, 0, 0] + 1) * 127.5, np.arange(62, 126), atol=1e-3)


@pytest.mark.parametrize("shared", [False, True])
def test_a_voter_of_normalised_faces_sees_the_same_in_any_light(shared):
    shown = []

    def sums(windows):
        shown.append((windows + 1) * 127.5)
        return np.array([1.0, 2.0])

    picture = drawn_face()
    for image in (picture, (picture * 0.6 + 40).round().astype(np.uint8)):
        voter = Voter(sums, ["a", "b"], shared, normalized=True)
        voter.vote(image, (30, 15, 60, 60))
    assert np.abs(shown[0] - shown[1]).mean() < 1
    Voter(sums, ["a", "b"], shared).vote(image, (30, 15, 60, 60))
    assert np.abs(shown[1] - shown[2]).mean() > 10


def test_what_a_net_was_trained_on_comes_with_its_weights(nets, tmp_path):
    assert not Voter.load(nets.folder / "smiles.npz").normalized
    note(nets.folder / "smiles.npz", tmp_path / "of normalised faces.npz", normalized=True)
    assert Voter.load(tmp_path / "of normalised faces.npz").normalized


def test_a_voter_bears_the_name_of_its_file(nets):
    assert nets.voter.net == "smiles"
