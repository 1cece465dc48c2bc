"""How the error falls with the number of people: c + a n^-b."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

RESAMPLES = 1000


@dataclass(frozen=True)
class Law:
    """error(n) = floor + scale * n ** -power, errors from 0 to 1."""

    floor: float
    scale: float
    power: float

    def __call__(self, count):
        """Error with so many people."""
        return self.floor + self.scale * np.asarray(count, float) ** -self.power

    def people(self, error):
        """How many people bring the error down to ``error``; infinity where the floor is above."""
        if error <= self.floor or self.power <= 0:
            return float("inf")
        with np.errstate(over="ignore"):
            return float(np.float64(self.scale / (error - self.floor)) ** (1 / self.power))


def fit(counts, errors):
    """Least squares for errors at these numbers of people: Law.

    Parameters
    ----------
    counts : array_like (K,)
    errors : array_like (K,)
        From 0 to 1; with fewer than four numbers the floor is 0.
    """
    counts, errors = np.asarray(counts, float), np.asarray(errors, float)
    free = len(counts) >= 4

    def residual(x):
        floor, scale, power = (x[0], *x[1:]) if free else (0.0, *x)
        return floor + np.exp(scale) * counts**-power - errors

    best = None
    for power in (0.2, 0.5, 1.0):
        start = [np.log(max(errors[0], 1e-3)) + power * np.log(counts[0]), power]
        low, high = [-10.0, 0.0], [10.0, 3.0]
        if free:
            start, low, high = [1e-3, *start], [0.0, *low], [1.0, *high]
        found = least_squares(residual, np.clip(start, low, high), bounds=(low, high))
        if best is None or found.cost < best.cost:
            best = found
    floor, scale, power = best.x if free else (0.0, *best.x)
    return Law(float(floor), float(np.exp(scale)), float(power))


def fit_people(counts, errors, seed=0):
    """The law of the mean over unseen people, and those of resampled people.

    Parameters
    ----------
    counts : array_like (K,)
    errors : ndarray (K, P)
        Of each unseen person.

    Returns
    -------
    (Law, list of Law)
    """
    errors = np.asarray(errors, float)
    rng = np.random.default_rng(seed)
    laws = []
    for _ in range(RESAMPLES):
        drawn = rng.integers(errors.shape[1], size=errors.shape[1])
        laws.append(fit(counts, errors[:, drawn].mean(axis=1)))
    return fit(counts, errors.mean(axis=1)), laws


def bounds(values, level=0.95):
    """Percentiles of what resampled people gave."""
    # Of infinities no mean is taken: an order statistic stays what it is.
    return np.quantile(values, [(1 - level) / 2, (1 + level) / 2], method="nearest")


def law_cells(law, drawn, errors):
    """Cells of a table: floor, scale and power, and the people whom each error takes.

    Each with the percentiles of ``drawn``, laws of resampled people; see `number`.
    """
    cells = []
    for name in ("floor", "scale", "power"):
        low, high = bounds([getattr(other, name) for other in drawn])
        cells.append(f"{getattr(law, name):.3f} ({low:.3f} to {high:.3f})")
    for error in errors:
        low, high = bounds([other.people(error) for other in drawn])
        cells.append(f"{number(law.people(error))} ({number(low)} to {number(high)})")
    return cells


def number(people):
    """A number of people in words."""
    if np.isinf(people) or people > 1e6:
        return "never"
    return f"{np.ceil(round(people, 1)):.0f}"  # 10.02 of a fit are 10
