"""Accuracies on several sets: means, draws of people, the noise of seeds, coverage."""

from types import SimpleNamespace

import numpy as np
import pytest

from experiments.real.compared import Judges, estimate, right_of, seed_noise
from experiments.real.labels import LABELS, SMILEYS

NAMES = list(LABELS)


def picked(name, labels, people):
    """What `Judges` needs of a set that chooses."""
    targets = np.zeros((len(labels), len(LABELS)), np.float32)
    targets[np.arange(len(labels)), [NAMES.index(label) for label in labels]] = 1
    return SimpleNamespace(name=name, targets=targets, people=people)


def test_right_is_what_the_label_allows():
    one = picked("a", ["happiness", "happiness", "sad"], ["p", "q", "r"])
    named = [SMILEYS.index(name) for name in ("roar", "sad", "sad")]
    assert right_of(named, one).tolist() == [1, 0, 1]


def test_each_label_counts_the_same_and_rare_ones_not():
    labels = ["sad"] * 6 + ["smile"] * 3 + ["wink"] * 2
    judges = Judges(picked("a", labels, [f"p{k}" for k in range(11)]))
    values = [1, 1, 1, 0, 0, 0, 1, 0, 0, 1, 1]
    assert judges.mean(values) == pytest.approx((3 / 6 + 1 / 3) / 2)
    assert (judges.count, judges.pictures) == (9, 9)


def test_people_are_drawn_with_all_their_pictures():
    labels = ["sad", "sad", "smile", "smile", "sad", "smile"]
    judges = Judges(picked("a", labels, ["p", "p", "p", "p", "q", "q"]))
    values = [1, 0, 1, 1, 0, 0]
    # Who is drawn: p twice, q twice, or one of each, which is twice as likely.
    both = (1 / 3 + 2 / 3) / 2
    expected = {0.75: 0.25, 0.0: 0.25, both: 0.5}
    found, counts = np.unique(np.round(judges.draws(values), 9), return_counts=True)
    assert dict(zip(found, counts / counts.sum())) == pytest.approx(
        {round(mean, 9): share for mean, share in sorted(expected.items())}, abs=0.05
    )
    share = sum(mean * p for mean, p in expected.items())
    spread = sum((mean - share) ** 2 * p for mean, p in expected.items())
    assert judges.variance(values) == pytest.approx(2 * spread, rel=0.1)  # two people: n / (n - 1)


def test_the_noise_of_seeds_is_what_neither_training_nor_seed_explains():
    rng = np.random.default_rng(0)
    kinds, seeds = rng.normal(size=(40, 1)), rng.normal(size=(1, 30))
    variance, free = seed_noise(kinds + seeds + rng.normal(scale=0.2, size=(40, 30)))
    assert variance == pytest.approx(0.04, rel=0.1)
    assert free == 39 * 29
    assert seed_noise([[0.5], [0.6]]) == (0.0, np.inf)


def test_what_all_name_alike_has_no_interval():
    judges = Judges(picked("a", ["sad"] * 3, list("pqr")))
    found = estimate([judges], [np.zeros(3)])
    assert (found.interval.low, found.interval.high, found.p) == (0, 0, 1)


@pytest.mark.slow
def test_intervals_of_a_change_hold_the_truth():
    """Two sets of few people who differ, trainings that differ by their seed: 95 % cover."""
    rng = np.random.default_rng(1)
    people = [[f"p{k % count}" for k in range(60)] for count in (8, 20)]
    sets = [Judges(picked(f"s{k}", ["sad", "smile"] * 30, who)) for k, who in enumerate(people)]
    truth, kinds, seeds, held = 0.1, 6, 3, []
    for _ in range(200):
        own = [rng.normal(truth, 0.15, one.count)[one.members] for one in sets]
        noise = rng.normal(0, 0.04, (kinds, seeds))
        change = [
            rows + rng.normal(0, 0.2, len(rows)) + noise[0].mean() - noise[1].mean() for rows in own
        ]
        variance, free = seed_noise(noise)
        found = estimate(sets, change, 2 * variance / seeds, free).interval
        held.append(found.low <= truth <= found.high)
    assert 0.91 <= np.mean(held) <= 0.99
