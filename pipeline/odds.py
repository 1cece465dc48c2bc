"""Probabilities as log-odds, in which evidence adds up, and back."""

import numpy as np


def log_odds(scores, bound=1e-7):
    """Logarithm of p / (1 - p) of probabilities, which are kept ``bound`` away from 0 and 1.

    Beyond the default, float32 has no number between p and 1.
    """
    scores = np.clip(np.asarray(scores, float), bound, 1 - bound)
    return np.log(scores) - np.log1p(-scores)


def probability(odds):
    """The probability of these log-odds."""
    return 1 / (1 + np.exp(-odds))
