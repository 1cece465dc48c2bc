"""Means of repeated trainings with their 95 % intervals."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """A mean of ``count`` values and its interval; without bounds (nan) for a single value."""

    mean: float
    low: float
    high: float
    count: int

    def __str__(self):
        if self.count < 2:
            return f"{self.mean:.3f} (one value)"
        return f"{self.mean:.3f} ({self.low:.3f} to {self.high:.3f})"

    def above(self, value):
        """Whether all of the interval is above a value; False where it has no bounds."""
        return bool(self.low > value)

    def below(self, value):
        """Whether all of the interval is below a value; False where it has no bounds."""
        return bool(self.high < value)

    def map(self, function):
        """The interval on another, growing scale."""
        return Interval(function(self.mean), function(self.low), function(self.high), self.count)


def interval(values):
    """Student's t interval of the mean of values, one a seed (which is one a fold).

    The folds share training pictures, so their values are not wholly independent and
    the interval is a little too narrow (Bengio & Grandvalet, 2004).
    """
    values = np.asarray(values, float)
    count = len(values)
    mean = float(values.mean())
    if count < 2:
        return Interval(mean, float("nan"), float("nan"), count)
    half = stats.t.ppf((1 + LEVEL) / 2, count - 1) * values.std(ddof=1) / np.sqrt(count)
    return Interval(mean, float(mean - half), float(mean + half), count)


def differences(values):
    """Intervals of rows against the first one, with the noise of all rows taken together.

    Two-way analysis of variance: row k gives in seed s the row's mean, plus what the seed
    adds to all rows, plus noise that is equally strong in all of them. So three seeds of 17
    settings know the noise as well as 33 seeds of two.

    Parameters
    ----------
    values : array_like (K, S)
        A row a setting, a column a seed, K at least 2.

    Returns
    -------
    list of Interval
        Of rows 1 to K - 1.
    """
    values = np.asarray(values, float)
    rows, count = values.shape
    means = values.mean(axis=1)
    changes = means[1:] - means[0]
    half = float("nan")
    if count > 1:
        noise = values - means[:, None] - values.mean(axis=0) + values.mean()
        free = (rows - 1) * (count - 1)
        deviation = np.sqrt((noise**2).sum() / free)
        half = stats.t.ppf((1 + LEVEL) / 2, free) * deviation * np.sqrt(2 / count)
    return [Interval(float(c), float(c - half), float(c + half), count) for c in changes]
