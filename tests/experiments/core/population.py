"""Simulated trainings on people, and how often intervals hold the truth.

python -m tests.experiments.core.population results/statistics/coverage.csv
"""

import sys
from pathlib import Path

import numpy as np

from common.output import write_csv
from experiments.core.statistics import interval, over_people

# Strengths of `Population`, people, folds.
CASES = (
    ((0.8, 0.8, 0.8), 20, 5),
    ((0.4, 1.2, 0.6), 20, 5),
    ((0.3, 0.3, 0.4), 20, 5),
    ((1.2, 0.5, 1.0), 23, 5),
    ((0.8, 0.8, 0.8), 10, 5),
    ((0.8, 0.8, 0.8), 6, 3),
    ((0.4, 1.2, 0.6), 40, 5),
)
TIMES = 800


class Population:
    """People with manners of their own, whom a classifier of nearest class means learns.

    Each has an offset to all her faces, one to each of her classes, and noise from picture to
    picture: ``own``, ``manner``, ``noise``.
    """

    CLASSES, FEATURES, PICTURES = 4, 6, 6

    def __init__(self, own, manner, noise, seed=0):
        self.strengths = own, manner, noise
        self.rng = np.random.default_rng(seed)
        self.means = np.random.default_rng(5).normal(size=(self.CLASSES, self.FEATURES))

    def people(self, count):
        own, manner, noise = self.strengths
        c, d, m = self.CLASSES, self.FEATURES, self.PICTURES
        draw = self.rng.normal
        faces = self.means[None, :, None] + draw(0, own, (count, 1, 1, d))
        return faces + draw(0, manner, (count, c, 1, d)) + draw(0, noise, (count, c, m, d))

    def accuracies(self, train, judge):
        """Of each person who judges, of a training on others."""
        means = train.mean(axis=(0, 2))
        distance = ((judge[:, :, :, None] - means) ** 2).sum(axis=-1)
        right = distance.argmin(axis=-1) == np.arange(self.CLASSES)[None, :, None]
        return right.mean(axis=(1, 2))

    def held_out_once(self, count, folds):
        people, fold = self.people(count), self.rng.permutation(count) % folds
        found = np.empty(count)
        for k in range(folds):
            found[fold == k] = self.accuracies(people[fold != k], people[fold == k])
        return found, np.array([found[fold == k].mean() for k in range(folds)])

    def truth(self, count, folds):
        """What trainings on so many people reach on new ones, in the mean."""
        crowd = self.people(4000)
        return np.mean(
            [
                self.accuracies(self.people(count - count // folds), crowd[k::10]).mean()
                for k in range(10)
                for _ in range(40)
            ]
        )


def coverage(strengths, count, folds, times):
    """How often 95 % intervals hold the truth: (truth, plain, for shared people, by folds)."""
    population = Population(*strengths)
    truth, ratio = population.truth(count, folds), 1 / (folds - 1)
    held = np.zeros(3)
    for _ in range(times):
        people, means = population.held_out_once(count, folds)
        found = over_people(people), over_people(people, ratio), interval(means, ratio)
        held += [one.low <= truth <= one.high for one in found]
    return truth, *(held / times)


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.parent.mkdir(exist_ok=True)
    rows = [
        (*case[0], *case[1:], *(f"{value:.3f}" for value in coverage(*case, TIMES)))
        for case in CASES
    ]
    columns = ("own", "manner", "noise", "people", "folds", "truth", "plain", "shared", "by_fold")
    write_csv(path, columns, rows)
