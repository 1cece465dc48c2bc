"""The article's claims, and what decides them; fixed before anything was measured.

Accuracy is put on the scale of skill: 0 for always naming the most frequent class, 1 for
all right (Cohen's kappa for such a guesser). Of Landis & Koch's (1977) names for its
ranges two are used: above 0.6 is "substantial" agreement, up to 0.4 at most "fair".
A setting works if the whole 95 % interval lies above 0.6, and fails if it lies
below 0.4. Failing on held-out pictures says something only of a network that has
learnt the others: where a training's skill on its own pictures, at the end, is not above 0.6 as
well, or still rose, a failure is undecided. What is excluded stays so: an interval above 0.4
is no failure, however the training went.
"""

from dataclasses import dataclass

import numpy as np

from experiments.compare.convergence import RISE, is_flat, rise
from experiments.core.statistics import interval, over_people, people_needed

WORKS, FAILS = 0.6, 0.4
OTHERS = {"works": (0.5, 0.7, 0.8), "fails": (0.3, 0.5)}  # thresholds as sensible


@dataclass
class Verdict:
    """Whether a claim held.

    Parameters
    ----------
    claim : str
        In the article's sense.
    answer : {'held', 'did not hold', 'undecided', 'not measured'}
    why : str
        The numbers.
    skill : Interval, optional
        What the answer rests on.
    """

    claim: str
    answer: str
    why: str
    skill: object = None

    def __str__(self):
        return f"{self.claim}: {self.answer}. {self.why}"


def skill(accuracy, majority_rate):
    """From 0, guessing the most frequent class, to 1."""
    return (accuracy - majority_rate) / (1 - majority_rate)


def level(right):
    """What an interval of skill amounts to: 'works', 'fails', 'between' or 'undecided'."""
    if right.above(WORKS):
        return "works"
    if right.below(FAILS):
        return "fails"
    if right.above(FAILS) and right.below(WORKS):
        return "between"
    return "undecided"


def answer_of(wanted, right, threshold):
    """Whether an interval of skill is on the claim's side of a threshold."""
    above, below = right.above(threshold), right.below(threshold)
    held, excluded = (above, below) if wanted == "works" else (below, above)
    return "held" if held else "did not hold" if excluded else "undecided"


def assess(claim, wanted, people, curves, majority_rate, ratio=0.0, pictures=None):
    """The verdict on a claim that a setting works or fails.

    Parameters
    ----------
    claim : str
    wanted : {'works', 'fails'}
    people : list of float, or None
        Accuracy on held-out pictures, one a person.
    curves : list of list of float
        Accuracy on training pictures, epoch by epoch, of each training.
    majority_rate : float
        Accuracy of naming the most frequent class.
    ratio, pictures
        As for `experiments.core.statistics.over_people`.
    """
    if not people:
        return Verdict(claim, "not measured", "These arms were left out.")
    bounds = over_people(people, ratio, pictures)
    right = bounds.map(lambda accuracy: skill(accuracy, majority_rate))
    learnt, doubts = learning(curves, majority_rate)
    failure = "held" if wanted == "fails" else "did not hold"

    def answer(threshold):
        found = answer_of(wanted, right, threshold)
        return "undecided" if found == failure and not learnt else found

    threshold = WORKS if wanted == "works" else FAILS
    where = {
        "works": f"all of the interval is above {WORKS}",
        "fails": f"all of the interval is below {FAILS}",
        "between": f"the interval is between {FAILS} and {WORKS}",
        "undecided": f"the interval crosses {FAILS} or {WORKS}",
    }[level(right)]
    why = f"Accuracy on held-out pictures {bounds}, as skill {right}: {where}.{doubts}"
    if answer_of(wanted, right, threshold) == "undecided":
        needed = people_needed([skill(value, majority_rate) for value in people], threshold, ratio)
        if needed:
            why += (
                f" If skill is what was measured, {needed} people would decide between it and "
                f"{threshold} four times in five."
            )
    others = ", ".join(f"{other}: {answer(other)}" for other in OTHERS[wanted])
    why += f" With other thresholds, {others}."
    return Verdict(claim, answer(threshold), why, right)


def learning(curves, majority_rate):
    """Whether trainings have learnt their own pictures to the end, and what speaks against it.

    Returns
    -------
    (bool, str)
        The words begin with a space, or are none.
    """
    count, words = len(curves), ""
    weak = [curve[-1] for curve in curves if not skill(curve[-1], majority_rate) > WORKS]
    short = sum(np.isnan(rise(curve)) for curve in curves)
    rising = sum(not is_flat(curve) for curve in curves) - short
    if weak:
        words += (
            f" {len(weak)} of {count} trainings have not learnt even their own pictures (the least "
            f"{min(weak):.3f}): train longer (--epochs)."
        )
    if rising:
        words += (
            f" In {rising} of {count} trainings the training accuracy still rose by {RISE} or more "
            "over the last fifth."
        )
    if short:
        words += f" In {short} of {count}, of less than ten epochs, whether it rose cannot be told."
    return not words, words


def closes(claim, sizes, gaps, ratio=0.0):
    """The verdict on a gap that closes as data grows.

    Parameters
    ----------
    claim : str
    sizes : ndarray (seeds, sizes)
        People or pictures trained on.
    gaps : ndarray (seeds, sizes)
        Training accuracy minus validation accuracy.
    ratio : float
        As for `experiments.core.statistics.interval`.

    Returns
    -------
    Verdict
        By the interval, over seeds, of the least-squares slope per doubling.
    """
    if sizes is None:
        return Verdict(claim, "not measured", "These arms were left out.")
    if (np.ptp(sizes, axis=1) == 0).any():
        return Verdict(claim, "not measured", "The data are too few to learn from less of them.")
    slopes = interval([np.polyfit(np.log2(s), g, 1)[0] for s, g in zip(sizes, gaps)], ratio)
    answer = "undecided"
    if slopes.below(0):
        answer = "held"
    elif slopes.above(0):
        answer = "did not hold"
    first, last = (float(np.mean(column)) for column in (gaps[:, 0], gaps[:, -1]))
    return Verdict(
        claim,
        answer,
        f"With each doubling, the gap changes by {slopes}: from {first:.3f} to {last:.3f} over the "
        "sizes tried.",
    )
