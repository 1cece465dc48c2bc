"""Intervals against numbers computed by hand and by simulation."""

import numpy as np
import pytest
from scipy import stats

from experiments.core.intervals import differences, interval


def test_an_interval_is_students():
    found = interval([1.0, 2.0, 3.0])
    # The deviation is 1, the quantile of two degrees of freedom 4.3027.
    assert found.mean == 2.0
    assert found.high - 2 == pytest.approx(4.3027 / np.sqrt(3), abs=1e-4)
    assert np.isnan(interval([0.5]).low)
    assert not interval([0.5]).above(0)


def test_of_two_rows_the_difference_is_the_paired_t_test():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(2, 6))
    (found,) = differences(values)
    known = stats.ttest_rel(values[1], values[0]).confidence_interval()
    assert (found.low, found.high) == pytest.approx((known.low, known.high))


def test_what_a_seed_adds_to_all_rows_does_not_count():
    values = np.array([[0.1, 0.9, 0.5], [0.2, 1.0, 0.6], [0.0, 0.8, 0.4]])
    one, other = differences(values)
    assert (one.low, one.high) == pytest.approx((0.1, 0.1))
    assert (other.low, other.high) == pytest.approx((-0.1, -0.1))
    assert np.isnan(differences(values[:, :1])[0].low)


def test_intervals_of_differences_hold_the_truth_nineteen_times_in_twenty():
    rng = np.random.default_rng(1)
    held, widths, alone = [], [], []
    for _ in range(3000):
        seeds = rng.normal(0, 0.1, 3)
        values = np.arange(17)[:, None] * 0.01 + seeds + rng.normal(0, 0.02, (17, 3))
        found = differences(values)[4]
        held.append(found.low <= 0.05 <= found.high)
        widths.append(found.high - found.low)
        paired = interval(values[5] - values[0])
        alone.append(paired.high - paired.low)
    assert 0.935 < np.mean(held) < 0.965
    assert np.mean(widths) < 0.6 * np.mean(alone)
