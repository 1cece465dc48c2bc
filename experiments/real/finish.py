"""The last steps, without training: batch statistics and the bias of the last layer.

Rendered and puppeteered people are half of what the net learnt from; people who use it are
neither: the statistics may move to those of real faces (AdaBN). And the net learnt to favour no
smiley, though a calm face is commoner than a kiss: its bias may lean to what is shown more often
(the logit adjustment, taken back in part), or away from it, since votes add up what windows have
in common. How far either goes, the sets that choose say, by the vote.
"""

import lasagne
import numpy as np
import theano
from scipy.special import softmax

from augment.transforms import Augmentation
from experiments.real.choosing import chosen_metrics
from experiments.real.mixture import REAL, Mixture
from nets.adapt import Adapter
from nets.functions import input_of
from nets.input import network_input

MADE = ("rendered", "puppets")  # sources that show nobody as she was photographed
WEIGHTS = (0.0, 0.5, 1.0)  # of real faces' statistics
LEANS = (0.0, -0.25, 0.25, -0.5, 0.5)  # of the logarithm of the classes' shares
CLOSE = 0.015  # accuracy that the few people who choose cannot tell apart: then less is done
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
        taken, by `taken`, comes close to the highest ``choose_accuracy``. Without real faces in
        the mixture the statistics stay.
    """
    windows = real_windows(mixture.parts, seed)
    adapter = Adapter(network)
    outputs = theano.function(
        [input_of(network)], lasagne.layers.get_output(network, deterministic=True)
    )
    prior = np.log(np.maximum(mixture.prior(), 1e-4))
    tried = []
    for weight in WEIGHTS if len(windows) else (0.0,):
        if weight:
            adapter(windows, weight)
        logits = [voted(outputs, one.votes) for one in sets]
        for lean in LEANS:
            predicted = [softmax(rows + lean * prior, axis=2).mean(axis=1) for rows in logits]
            tried.append({"weight": weight, "lean": lean, **chosen_metrics(sets, predicted)})
    best = taken(tried)
    adapter.restore()
    if best["weight"]:
        adapter(windows, best["weight"])
    bias = network.b
    bias.set_value((bias.get_value() + best["lean"] * prior).astype(np.float32))
    return tried


def voted(outputs, votes):
    """Outputs (N, windows, classes) for windows uint8 (N, windows, 48, 48, 3)."""
    flat = votes.reshape(-1, *votes.shape[2:])
    parts = [network_input(flat[k : k + 256]) for k in range(0, len(flat), 256)]
    rows = np.concatenate([outputs(part) for part in parts])
    return rows.reshape(*votes.shape[:2], -1)


def taken(tried):
    """Of what `finish` tried, what it took: the first that is within `CLOSE` of the best."""
    best = max(one["choose_accuracy"] for one in tried)
    return next(one for one in tried if one["choose_accuracy"] >= best - CLOSE)
