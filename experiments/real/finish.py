"""The last step: the batch statistics of real faces instead of those of the mixture (AdaBN).

Rendered and puppeteered people are half of what the net learnt from; people who use it are
neither. Statistics half-way to those of real faces, or all the way, need no training; whether
they help, the sets that choose say.
"""

import lasagne
import numpy as np

from augment.transforms import Augmentation
from experiments.real.choosing import chosen_metrics
from experiments.real.mixture import REAL, Mixture
from nets.adapt import Adapter
from nets.functions import compile_probabilities
from nets.input import network_input

MADE = ("rendered", "puppets")  # sources that show nobody as she was photographed
WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)  # of real faces' statistics
COUNT = 1024  # windows that are measured
# As the vote shows faces: no lights or cameras but their own.
LIGHT = REAL.only("shift", "scale", "flip")


def real_windows(parts, seed=0, augmentation: Augmentation = LIGHT):
    """Windows of the mixture's real faces, their labels as balanced as there: network input."""
    real = [part for part in parts if part.source.name not in MADE]
    if not real:
        return network_input(np.zeros((0, 48, 48, 3), np.uint8))
    windows, _ = Mixture(real, COUNT, augmentation)(np.random.default_rng([seed, 1]))
    return network_input(windows)


def finish(network, parts, sets, seed=0):
    """Choose how far a network's statistics move to those of real faces, and move them.

    Returns
    -------
    (float, list of dict)
        The weight chosen, and what each weight of `WEIGHTS` reached; (0, []) where the mixture
        has no real faces.
    """
    windows = real_windows(parts, seed)
    if not len(windows):
        return 0.0, []
    adapter, probabilities = Adapter(network), compile_probabilities(network)
    tried, states = [], []
    for weight in WEIGHTS:
        adapter(windows, weight)
        tried.append({"weight": weight, **chosen_metrics(sets, probabilities)})
        states.append(lasagne.layers.get_all_param_values(network))
    best = int(np.argmax([one["choose_accuracy"] for one in tried]))  # the least of equals
    lasagne.layers.set_all_param_values(network, states[best])
    return WEIGHTS[best], tried
