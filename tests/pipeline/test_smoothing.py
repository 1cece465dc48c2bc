"""Votes smoothed over time."""

import numpy as np

from pipeline.smoothing import Smoother


def test_smoothed_votes_by_hand():
    smoother = Smoother(1)  # the last frame weighs half, the one before a quarter
    a, b = np.array([40.0, 5.0]), np.array([10.0, 35.0])
    np.testing.assert_allclose(smoother(a), a)
    np.testing.assert_allclose(smoother(b), (b + a / 2) / 1.5)
    assert smoother(None) is None
    np.testing.assert_allclose(smoother(a), (a + b / 4 + a / 8) / 1.375)
    smoother.forget()
    np.testing.assert_allclose(smoother(b), b)


def test_without_smoothing_each_frame_stands_for_itself():
    smoother = Smoother(0)
    rng = np.random.default_rng(0)
    for sums in rng.uniform(0, 45, (3, 17)).astype(np.float32):
        assert (smoother(sums) == sums).all()
