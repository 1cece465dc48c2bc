"""Intervals against numbers computed by hand, by another library and by simulated trainings."""

import numpy as np
import pytest
from scipy import stats

from experiments.core.statistics import (
    differences,
    holm,
    interval,
    over_people,
    p_value,
    people_needed,
    reliability,
)
from tests.experiments.core.population import CASES, coverage


def test_an_interval_is_students():
    found = interval([1.0, 2.0, 3.0])
    # The deviation is 1, the quantile of two degrees of freedom 4.3027.
    assert found.mean == 2.0
    assert found.high - 2 == pytest.approx(4.3027 / np.sqrt(3), abs=1e-4)
    assert np.isnan(interval([0.5]).low)
    assert not interval([0.5]).above(0)
    assert (interval([0.9, 1.0]).within().low, interval([0.9, 1.0]).within().high) == (
        pytest.approx(0.95 - 12.706 * 0.05, abs=1e-3),
        1.0,
    )


def test_the_correction_of_nadeau_and_bengio():
    # Five folds, 0.2 of the data judge and 0.7 train: 1.55 times as wide.
    values = [0.61, 0.66, 0.7, 0.63, 0.68]
    plain, wide = interval(values), interval(values, 0.2 / 0.7)
    assert (wide.high - wide.mean) / (plain.high - plain.mean) == pytest.approx(1.558, abs=1e-3)


def test_of_two_rows_the_difference_is_the_paired_t_test():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(2, 6))
    (found,), (p,) = differences(values)
    known = stats.ttest_rel(values[1], values[0])
    bounds = known.confidence_interval()
    assert (found.low, found.high) == pytest.approx((bounds.low, bounds.high))
    assert p == pytest.approx(known.pvalue)


def test_what_a_seed_adds_to_all_rows_does_not_count():
    values = np.array([[0.1, 0.9, 0.5], [0.2, 1.0, 0.6], [0.0, 0.8, 0.4]])
    (one, other), _ = differences(values)
    assert (one.low, one.high) == pytest.approx((0.1, 0.1))
    assert (other.low, other.high) == pytest.approx((-0.1, -0.1))
    assert np.isnan(differences(values[:, :1])[0][0].low)


def test_intervals_of_differences_hold_the_truth_nineteen_times_in_twenty():
    rng = np.random.default_rng(1)
    held, widths, alone = [], [], []
    for _ in range(3000):
        seeds = rng.normal(0, 0.1, 3)
        values = np.arange(17)[:, None] * 0.01 + seeds + rng.normal(0, 0.02, (17, 3))
        found = differences(values)[0][4]
        held.append(found.low <= 0.05 <= found.high)
        widths.append(found.high - found.low)
        paired = interval(values[5] - values[0])
        alone.append(paired.high - paired.low)
    assert 0.935 < np.mean(held) < 0.965
    assert np.mean(widths) < 0.6 * np.mean(alone)


def test_people_who_differ_evenly_give_students_interval():
    values = np.random.default_rng(0).normal(0.5, 0.1, 40)
    found = over_people(values)
    known = stats.ttest_1samp(values, 0).confidence_interval()
    assert (found.low, found.high) == pytest.approx((known.low, known.high), abs=0.004)


def test_an_interval_of_proportions_stays_among_them():
    values = [1.0] * 18 + [0.9, 0.95]
    found = over_people(values, ratio=0.25, pictures=700)
    assert found.low < found.mean < found.high <= 1
    # All right: as sure as Wilson's of the pictures, for which a table says 0.9630 of 100.
    everyone = over_people([1.0] * 20, pictures=100)
    assert (everyone.low, everyone.high) == pytest.approx((0.9630, 1.0), abs=1e-4)
    assert np.isnan(over_people([0.7]).low)


def test_p_is_where_the_interval_touches():
    values = np.random.default_rng(3).normal(0.04, 0.1, 20)
    p = p_value(values, ratio=0.25)
    found = over_people(values, ratio=0.25, level=1 - p)
    assert min(abs(found.low), abs(found.high)) < 2e-3
    assert p_value(values + 1) < 1e-9
    assert p_value(np.zeros(5)) == 1.0


def test_holm_by_hand():
    # 4 x 0.01, then 3 x 0.02 = 0.06, 2 x 0.03 = 0.06, and 0.2.
    assert holm([0.03, 0.01, 0.2, 0.02]) == pytest.approx([0.06, 0.04, 0.2, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    known = holm([0.01, float("nan")])
    assert known[0] == 0.01
    assert np.isnan(known[1])


def test_as_many_people_as_needed_decide_four_times_in_five():
    rng = np.random.default_rng(0)
    needed = people_needed(0.06 + 0.1 * stats.norm.ppf(np.linspace(0.01, 0.99, 99)), 0.0)
    drawn = rng.normal(0.06, 0.1, (4000, needed))
    decided = stats.ttest_1samp(drawn, 0, axis=1).pvalue < 0.05
    assert np.mean(decided) == pytest.approx(0.8, abs=0.06)
    assert people_needed([0.5, 0.5], 0.5) is None


@pytest.mark.parametrize("case", CASES[:5])
def test_intervals_of_folds_that_share_people_keep_their_level(case):
    _, _, shared, by_fold = coverage(*case, 500)
    # Intervals of just 95 % would hold it in 0.931 to 0.969 of 500 cases, 19 times in 20.
    assert shared > 0.935
    assert by_fold > 0.935


def test_without_the_correction_they_would_not():
    _, plain, _, _ = coverage(*CASES[1], 500)
    assert plain < 0.93


def test_reliability_of_a_hand_made_case():
    table, error = reliability([0.05, 0.92, 0.98, 1.0], [False, True, True, False])
    np.testing.assert_allclose(table, [(0.05, 0, 1), ((0.92 + 0.98 + 1) / 3, 2 / 3, 3)])
    assert error == pytest.approx((0.05 + 3 * abs(2.9 / 3 - 2 / 3)) / 4)


def test_reliability_of_nothing():
    table, error = reliability([], [])
    assert table.shape == (0, 3)
    assert np.isnan(error)
