"""Accuracies of trainings that are compared, on several sets of people, with intervals.

Two things vary an accuracy: whom it is measured on, and what the seed makes of a training. The
variance from people is that of a bootstrap within each set; the variance from seeds is what is
left when each training's and each seed's mean are taken away, of all trainings together.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from experiments.core.arms import read_seconds, timing
from experiments.core.page import kept_note, opening
from experiments.core.results import table_head
from experiments.core.statistics import LEVEL, Interval
from experiments.real.arms import START
from experiments.real.choosing import FEWEST
from experiments.real.labels import SMILEYS, allowed

RESAMPLES = 2000
PUPPETS = "puppets"


def right_of(named, one):
    """Which pictures of a set were named as their heaviest label allows: float (N,)."""
    return allowed(SMILEYS)[one.targets.argmax(axis=1), np.asarray(named)].astype(float)


class Judges:
    """A set of people on whom trainings are compared: means over the labels.

    Parameters
    ----------
    one : experiments.real.choosing.Chooser
        Labels of fewer than `choosing.FEWEST` pictures are left out, unless all are.
    """

    def __init__(self, one):
        labels = one.targets.argmax(axis=1)
        enough = np.bincount(labels)[labels] >= FEWEST
        self.kept = enough if enough.any() else np.ones(len(labels), bool)
        self.name, self.labels = one.name, labels[self.kept]
        people, self.members = np.unique(np.array(one.people)[self.kept], return_inverse=True)
        self.count, self.pictures = len(people), len(self.labels)

    def mean(self, values):
        """Mean over the labels of a value a picture, (N,): accuracy, or a difference of two."""
        values = np.asarray(values)[self.kept]
        return float(np.mean([values[self.labels == k].mean() for k in np.unique(self.labels)]))

    def draws(self, values):
        """That mean for people drawn with replacement, with all their pictures: (`RESAMPLES`,)."""
        rng = np.random.default_rng(self.count)
        drawn = rng.multinomial(self.count, np.full(self.count, 1 / self.count), RESAMPLES)
        weights = drawn[:, self.members].astype(float)
        labels = self.labels[:, None] == np.unique(self.labels)
        with np.errstate(invalid="ignore"):  # a label that nobody drawn has counts for nothing
            means = (weights * np.asarray(values)[self.kept]) @ labels / (weights @ labels)
        return np.nanmean(means, axis=1)

    def variance(self, values):
        """Of that mean, from who the people are; nan of a single person."""
        if self.count < 2:
            return float("nan")
        return float(np.var(self.draws(values)) * self.count / (self.count - 1))


@dataclass(frozen=True)
class Estimate:
    """A mean over sets with its interval, and its p against 0."""

    interval: Interval
    p: float


def seed_noise(means):
    """Variance of one training's mean from its seed, and its degrees of freedom.

    Parameters
    ----------
    means : array_like (trainings, seeds)

    Returns
    -------
    (float, float)
        0 and infinity where it cannot be told.
    """
    means = np.asarray(means, float)
    rows, seeds = means.shape
    if rows < 2 or seeds < 2:
        return 0.0, np.inf
    rest = means - means.mean(axis=1, keepdims=True) - means.mean(axis=0) + means.mean()
    free = (rows - 1) * (seeds - 1)
    return float((rest**2).sum() / free), free


def estimate(judges, values, noise=0.0, noise_free=np.inf, level=LEVEL):
    """Mean over sets of `Judges.mean`, with its interval and its p against 0.

    Parameters
    ----------
    judges : list of Judges
    values : list of ndarray (N,)
        A set each: right or wrong, or the difference of two trainings, averaged over seeds.
    noise, noise_free : float
        Variance that the seeds leave in the mean, and its degrees of freedom.

    Returns
    -------
    Estimate

    Notes
    -----
    The variances add up; how many degrees of freedom their sum has is Satterthwaite's (1946).
    """
    mean = float(np.mean([one.mean(rows) for one, rows in zip(judges, values)]))
    parts = [one.variance(rows) / len(judges) ** 2 for one, rows in zip(judges, values)]
    parts = np.array([*parts, noise])
    frees = np.array([*(one.count - 1 for one in judges), noise_free])
    total, people = parts.sum(), sum(one.count for one in judges)
    if total == 0:
        return Estimate(Interval(mean, mean, mean, people), float(mean == 0))
    free = total**2 / (parts**2 / frees).sum()
    half = stats.t.ppf((1 + level) / 2, free) * np.sqrt(total)
    p = 2 * stats.t.sf(abs(mean) / np.sqrt(total), free)
    return Estimate(Interval(mean, mean - half, mean + half, people), float(p))


class Judged:
    """What trainings named, on every set.

    Parameters
    ----------
    sets : list of experiments.real.choosing.Chooser
    arms : dict of (kind, seed) to experiments.real.arms.RealArm
        Every kind with the same seeds.
    results : dict of str to dict
        What `experiments.real.arms.train_arm` gave, by the arm's name.

    Attributes
    ----------
    kinds, seeds : list
    judges : list of Judges
    groups : dict of str to list of Judges
        ``real``: all people as they were photographed; ``puppets``.
    """

    def __init__(self, sets, arms, results):
        self.arms = arms
        self.kinds, self.seeds = (list(dict.fromkeys(each)) for each in zip(*arms))
        self.results = {key: results[arm.name] for key, arm in arms.items()}
        self.judges = [Judges(one) for one in sets]
        self.right = {
            (key, one.name): right_of(result["named"][one.name], one)
            for key, result in self.results.items()
            for one in sets
        }
        self.groups = {
            "real": [one for one in self.judges if one.name != PUPPETS],
            PUPPETS: [one for one in self.judges if one.name == PUPPETS],
        }

    def values(self, kind, one):
        """Of each picture of a set, how many of a kind's seeds named it rightly: (N,), 0 to 1."""
        return np.mean([self.right[(kind, seed), one.name] for seed in self.seeds], axis=0)

    def mean(self, kind, one):
        """Accuracy on a set."""
        return one.mean(self.values(kind, one))

    def noise(self, group):
        """`seed_noise` of the mean over a group's sets."""

        def mean(key):
            return np.mean([one.mean(self.right[key, one.name]) for one in self.groups[group]])

        return seed_noise([[mean((kind, seed)) for seed in self.seeds] for kind in self.kinds])

    def accuracy(self, kind, group):
        """Mean over a group's sets: Interval."""
        noise, free = self.noise(group)
        values = [self.values(kind, one) for one in self.groups[group]]
        found = estimate(self.groups[group], values, noise / len(self.seeds), free)
        return found.interval.within()

    def change(self, kind, before, group):
        """What a kind of training gains over another, on the same pictures: Estimate."""
        noise, free = self.noise(group)
        judges = self.groups[group]
        values = [self.values(kind, one) - self.values(before, one) for one in judges]
        return estimate(judges, values, 2 * noise / len(self.seeds), free)

    def learnt(self, kind):
        """Part of the windows named rightly in the last epoch, over the seeds."""
        return float(np.mean([self.results[kind, seed]["curve"][-1] for seed in self.seeds]))


def opening_of(title, judged, changed, out, command):
    """Lines of a page down to its first section: how trainings were made, and who judges."""
    first = next(iter(judged.arms.values()))
    seconds = read_seconds(judged.arms.values(), out)
    seeds = "one seed" if len(judged.seeds) == 1 else f"{len(judged.seeds)} seeds each"
    people = ", ".join(f"{one.name} {one.count} ({one.pictures})" for one in judged.judges)
    about = (
        f"{len(judged.arms)} trainings of {first.epochs * first.steps} batches of {first.batch} "
        f"windows from `{START.name}`, {seeds}{timing(seconds)}. They are "
        "short: the shipped net took many times as many batches. The shares of the sources that "
        "are there are scaled to add up to 1.\n\n"
        "Judged among all 17 smileys, by the vote of nine windows, means over the labels. People "
        f"(pictures): {people}. No source trains on them; they choose how the shipped net is "
        "finished. *Real*: the mean of all sets but `puppets`."
    )
    return opening(title, command, about, kept_note(changed))


def accuracy_lines(judged, what):
    """The table of accuracies, a row a kind, and what its columns mean."""
    heads = " | ".join(one.name for one in judged.judges)
    yield from table_head(f"| {what} | its windows | real | {heads} |")
    for kind in judged.kinds:
        own = " | ".join(f"{judged.mean(kind, one):.3f}" for one in judged.judges)
        yield f"| {kind} | {judged.learnt(kind):.3f} | {judged.accuracy(kind, 'real')} | {own} |"
    yield ""
    yield "Its windows: part named rightly in the last epoch; sources differ in how hard they are."
