"""How right a classifier's answers are: by label, over people, and by how sure it says it is."""

from dataclasses import dataclass

import numpy as np

from experiments.core.confusion import confusion_matrix, row_shares
from experiments.core.statistics import LEVEL, Interval, reliability

RESAMPLES = 2000
RIGHT = 0.9  # of what is shown must be right
FEWEST = 20  # answers that a threshold must leave, to be believed

SET, ALL = "the set's", "all"  # among which smileys an answer is sought


@dataclass
class Outcome:
    """One classifier's answers against the labels.

    Parameters
    ----------
    truth : ndarray of int (N,)
        Index of the label.
    people : ndarray of str (N,)
    right : dict of str to ndarray of bool (N,)
        Among `SET` and among `ALL`; a picture without a face is wrong.
    chosen : ndarray of int (N,)
        The output that wins among all; -1 without a face.
    share : ndarray (N,)
        Its probability; NaN without a face.
    """

    truth: np.ndarray
    people: np.ndarray
    right: dict
    chosen: np.ndarray
    share: np.ndarray

    @property
    def lost(self):
        """Pictures without a face."""
        return int((self.chosen < 0).sum())


def evaluate(data, answers):
    """Compare `Answers` with a `LabelledSet`: an `Outcome`.

    Among the set's own smileys, a label gets what all outputs together give that may mean it.
    An output that may mean several labels is right with each of them: "happy" for a smile as
    for a laugh.
    """
    means = np.array([[bool({*v} & {*group}) for v in answers.voices]
                      for group in data.groups.values()])  # fmt: skip
    truth = data.truth()
    found = ~np.isnan(answers.probabilities).any(axis=1)
    probabilities = np.where(found[:, None], answers.probabilities, 0)
    scores = probabilities @ means.T.astype(float)
    own = scores[np.arange(len(truth)), truth]
    among_set = found & (own > 0) & (own >= scores.max(axis=1))
    chosen = np.where(found, probabilities.argmax(axis=1), -1)
    among_all = found & means[truth, chosen]
    share = np.where(found, probabilities.max(axis=1), np.nan)
    return Outcome(truth, data.people, {SET: among_set, ALL: among_all}, chosen, share)


def recalls(outcome, among, labels, seed=0):
    """Recall of each label, then their mean, with intervals over people drawn with replacement.

    Parameters
    ----------
    outcome : Outcome
    among : {SET, ALL}
    labels : int
        How many there are.
    seed : int

    Returns
    -------
    list of Interval
        One a label, and the mean over labels; ``count`` is the people's number.
    """
    names, who = np.unique(outcome.people, return_inverse=True)
    cells = np.zeros((2, len(names), labels))  # pictures and right ones, person by label
    np.add.at(cells[0], (who, outcome.truth), 1)
    np.add.at(cells[1], (who, outcome.truth), outcome.right[among])
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=RESAMPLES)
    counts, hits = drawn @ cells[0], drawn @ cells[1]
    with np.errstate(invalid="ignore"):
        resampled = hits / counts  # NaN where a draw has no picture of a label
    resampled = np.column_stack([resampled, np.nanmean(resampled, axis=1)])
    exact = cells[1].sum(axis=0) / cells[0].sum(axis=0)
    means = [*exact, exact.mean()]
    tails = 50 * (1 - LEVEL), 50 * (1 + LEVEL)
    bounds = np.nanpercentile(resampled, tails, axis=0)
    if len(names) < 2:
        bounds = np.full_like(bounds, np.nan)
    return [Interval(*map(float, values), len(names)) for values in zip(means, *bounds)]


def confusion(data, answers, outcome):
    """Share of each label's pictures that got each output; the last column: no face.

    Returns
    -------
    ndarray (labels, outputs + 1)
    """
    shape = len(data.groups), len(answers.voices) + 1
    return row_shares(confusion_matrix(outcome.truth, outcome.chosen, shape))


def reliability_of(outcome):
    """`experiments.core.statistics.reliability` of all answers, among all smileys."""
    found = outcome.chosen >= 0
    return reliability(outcome.share[found], outcome.right[ALL][found])


def sure_from(share, right, wanted=RIGHT, fewest=FEWEST):
    """The least share from which on answers are right often enough.

    Parameters
    ----------
    share : ndarray (N,)
    right : ndarray of bool (N,)
    wanted : float
        Part of the answers of this share or more that must be right.
    fewest : int
        Answers there must be of that share or more.

    Returns
    -------
    float
        NaN if no share will do.
    """
    order = np.argsort(-share, kind="stable")
    share, right = share[order], right[order]
    kept = np.arange(1, len(share) + 1)
    # A threshold cannot part equal shares.
    ends = np.append(share[1:] != share[:-1], True)[: len(share)]
    (good,) = np.nonzero(ends & (kept >= fewest) & (np.cumsum(right) >= wanted * kept))
    return float(share[good[-1]]) if len(good) else float("nan")


def not_sure(outcome, seed=0):
    """From which share on to show an answer: chosen on half of the people, told of the others.

    Returns
    -------
    dict
        ``threshold`` (NaN if none will do), ``shown`` and ``right``: the part of the others'
        pictures with an answer of that share, and of these the part that is right.
    """
    found = outcome.chosen >= 0
    names = np.random.default_rng(seed).permutation(np.unique(outcome.people))
    chooses = np.isin(outcome.people, names[: (len(names) + 1) // 2])
    part = found & chooses
    threshold = sure_from(outcome.share[part], outcome.right[ALL][part])
    others = ~chooses
    shown = others & found & (np.nan_to_num(outcome.share, nan=-1) >= threshold)
    right = outcome.right[ALL][shown]
    return {
        "threshold": threshold,
        "shown": float(shown.sum() / max(1, others.sum())),
        "right": float(right.mean()) if len(right) else float("nan"),
        "count": int(shown.sum()),
    }
