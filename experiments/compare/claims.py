"""The article's claims, and what decides them; fixed before anything was measured.

Accuracy is put on the scale of skill: 0 for always naming the most frequent class, 1 for
all right (Cohen's kappa for such a guesser). Of Landis & Koch's (1977) names for its
ranges two are used: above 0.6 is "substantial" agreement, up to 0.4 at most "fair".
A setting works if the whole 95 % interval lies above 0.6, and fails if it lies
below 0.4. Failing on held-out pictures says something only of a network that has
learnt the others: where the skill on training pictures, at the end, does not lie
above 0.6 as well, a failure is undecided.
"""

from dataclasses import dataclass

import numpy as np

from experiments.core.intervals import interval

WORKS, FAILS = 0.6, 0.4


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
    """

    claim: str
    answer: str
    why: str

    def __str__(self):
        return f"{self.claim}: {self.answer}. {self.why}"


def skill(accuracy, guess):
    """From 0, guessing the most frequent class, to 1."""
    return (accuracy - guess) / (1 - guess)


def level(accuracies, guess):
    """What accuracies, one a seed, amount to: 'works', 'fails', 'between' or 'undecided'."""
    found = interval(accuracies).map(lambda accuracy: skill(accuracy, guess))
    if found.above(WORKS):
        return "works"
    if found.below(FAILS):
        return "fails"
    if found.above(FAILS) and found.below(WORKS):
        return "between"
    return "undecided"


def judge(claim, wanted, accuracies, learnt, guess):
    """The verdict on a claim that a setting works or fails.

    Parameters
    ----------
    claim : str
    wanted : {'works', 'fails'}
    accuracies : list of float, or None
        On held-out pictures, one a seed.
    learnt : list of float, or None
        On training pictures, at the end of each training.
    guess : float
        Accuracy of naming the most frequent class.
    """
    if accuracies is None:
        return Verdict(claim, "not measured", "These arms were left out.")
    found, bounds = level(accuracies, guess), interval(accuracies)
    right = bounds.map(lambda accuracy: skill(accuracy, guess))
    if wanted == "works":
        held, excluded = right.above(WORKS), right.below(WORKS)
    else:
        held, excluded = right.below(FAILS), right.above(FAILS)
    answer = "held" if held else "did not hold" if excluded else "undecided"
    words = {
        "works": f"it works: all of the interval is above {WORKS}",
        "fails": f"it fails: all of the interval is below {FAILS}",
        "between": f"it neither works nor fails: the interval is between {FAILS} and {WORKS}",
        "undecided": f"the interval crosses {FAILS} or {WORKS}",
    }[found]
    why = f"Accuracy on held-out pictures {bounds}, as skill {right}; {words}."
    if found != "works" and level(learnt, guess) != "works":
        answer = "undecided"
        why += (
            f" But the network has not learnt even its training pictures ({interval(learnt)}): "
            "train longer (--epochs)."
        )
    return Verdict(claim, answer, why)


def closes(claim, sizes, gaps):
    """The verdict on a gap that closes as data grows.

    Parameters
    ----------
    claim : str
    sizes : ndarray (seeds, sizes)
        People or pictures trained on.
    gaps : ndarray (seeds, sizes)
        Training accuracy minus validation accuracy.

    Returns
    -------
    Verdict
        By the interval, over seeds, of the least-squares slope per doubling.
    """
    if sizes is None:
        return Verdict(claim, "not measured", "These arms were left out.")
    slopes = interval([np.polyfit(np.log2(s), g, 1)[0] for s, g in zip(sizes, gaps)])
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
