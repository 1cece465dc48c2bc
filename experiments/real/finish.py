"""The last steps, without training: batch statistics and the bias of the last layer.

Rendered and puppeteered people are half of what the net learnt from; people who use it are
neither: the statistics may move to those of real faces (AdaBN). And the net learnt to favour no
smiley, though a calm face is commoner than a kiss: its bias may lean to what is shown more often
(the logit adjustment, taken back in part). How far either goes, the sets that choose say.
"""

import numpy as np
import theano
from scipy.special import softmax

from augment.transforms import Augmentation
from experiments.real.choosing import chosen_metrics
from experiments.real.mixture import REAL, Mixture
from experiments.smileys.metrics import predict
from nets.adapt import Adapter
from nets.fast import get_output
from nets.functions import input_of
from nets.input import network_input

MADE = ("rendered", "puppets")  # sources that show nobody as she was photographed
WEIGHTS = (0.0, 0.5, 1.0)  # of real faces' statistics
LEANS = (0.0, 0.25, 0.5, 0.75)  # of the logarithm of the classes' shares
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


def finish(network, mixture, sets, seed=0):
    """Choose how far a network's statistics move to those of real faces, and how far it leans.

    Parameters
    ----------
    network : lasagne.layers.Layer
        Changed in place.
    mixture : experiments.real.mixture.Mixture
        What it learnt from.
    sets : list of experiments.real.choosing.Chooser

    Returns
    -------
    list of dict
        What each pair of `WEIGHTS` and `LEANS` reached, with ``weight`` and ``lean``; the pair
        taken has the highest ``choose_accuracy``, the first of equals. Without real faces in
        the mixture the statistics stay.
    """
    windows = real_windows(mixture.parts, seed)
    adapter = Adapter(network)
    outputs = theano.function([input_of(network)], get_output(network, deterministic=True))
    prior = np.log(np.maximum(mixture.prior(), 1e-4))
    tried = []
    for weight in WEIGHTS if len(windows) else (0.0,):
        if weight:
            adapter(windows, weight)
        logits = [predict(outputs, one.inputs) for one in sets]
        for lean in LEANS:
            metrics = chosen_metrics(
                sets, [softmax(rows + lean * prior, axis=1) for rows in logits]
            )
            tried.append({"weight": weight, "lean": lean, **metrics})
    best = taken(tried)
    adapter.restore()
    if best["weight"]:
        adapter(windows, best["weight"])
    bias = network.b
    bias.set_value((bias.get_value() + best["lean"] * prior).astype(np.float32))
    return tried


def taken(tried):
    """Of what `finish` tried, what it took."""
    return max(tried, key=lambda one: one["choose_accuracy"])
