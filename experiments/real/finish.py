"""The last steps, without training: batch statistics and the bias of the last layer.

Rendered and puppeteered people are half of what the net learnt from; people who use it are
neither: the statistics may move to those of real faces (AdaBN). And a calm sad face is easily
outshouted by smileys that are drawn with more force: a bias for each class is calibrated on the
validation sets (vector scaling without the scale; Guo et al., 2017). How far either goes, the
validation sets say, by the vote; the bias by those of their people on whom it was not fitted.
"""

import zlib

import lasagne
import numpy as np
import theano
from scipy.optimize import minimize
from scipy.special import softmax

from augment.transforms import Augmentation
from experiments.real.choosing import TOLD, chosen_metrics
from experiments.real.labels import SMILEYS, allowed
from experiments.real.mixture import REAL, Mixture
from nets.adabn import Adapter
from nets.functions import input_of
from nets.input import network_input

MADE = ("rendered", "puppets")  # sources that show nobody as she was photographed
WEIGHTS = (0.0, 0.5, 1.0)  # of real faces' statistics
PENALTIES = (None, 0.1, 0.03, 0.01, 0.003)  # of the squared bias; None leaves it as it was learnt
CLOSE = 0.004  # accuracy that those who choose cannot tell apart: then less is done
COUNT = 1024  # windows that are measured
# As the vote shows faces: no lights or cameras but their own.
LIGHT = REAL.only("shift", "scale", "flip")


LUMINANCE = (0.114, 0.587, 0.299)  # of blue, green and red, as OpenCV makes a picture grey


def see_no_colour(network):
    """Let a net that has learnt from grey windows see any window as if it were grey.

    The first layer's weights of the three channels, which have seen the same, are added up and
    divided again as a grey value is made of colours: what the net says of a grey window stays.
    """
    weights = lasagne.layers.get_all_params(network, trainable=True)[0]
    value = weights.get_value()
    shares = np.float32(LUMINANCE).reshape(1, 3, 1, 1)
    weights.set_value(value.sum(axis=1, keepdims=True) * shares)


def real_windows(parts, seed=0, augmentation: Augmentation = LIGHT):
    """Windows of the mixture's real faces, their labels as balanced as there: network input."""
    real = [part for part in parts if part.source.name not in MADE]
    if not real:
        return network_input(np.zeros((0, 48, 48, 3), np.uint8))
    windows, _ = Mixture(real, COUNT, augmentation)(np.random.default_rng([seed, 1]))
    return network_input(windows)


def finish(network, mixture, sets, seed=0, weight=None):
    """Choose how far a network's statistics move to those of real faces, and calibrate its bias.

    Parameters
    ----------
    network : lasagne.layers.Layer
        Changed in place.
    mixture : experiments.real.mixture.Mixture
        What it learnt from.
    sets : list of experiments.real.choosing.Chooser
    weight : float or None
        Of real faces' statistics, where another training has chosen it; the bias then stays as
        it was learnt.

    Returns
    -------
    list of dict
        What each pair of `WEIGHTS` and `PENALTIES` reached, with ``weight`` and ``penalty``; the
        pair taken, by `taken`, comes close to the highest ``choose_accuracy``. Without real faces
        in the mixture the statistics stay.
    """
    windows = real_windows(mixture.parts, seed)
    adapter = Adapter(network)
    outputs = outputs_of(network)
    weights, penalties = WEIGHTS if len(windows) else (0.0,), PENALTIES
    if weight is not None:
        weights, penalties = (weight,), (None,)
    tried, logits = [], {}
    for share in weights:
        if share:
            adapter(windows, share)
        logits[share] = [voted(outputs, one.votes) for one in sets]
        for penalty in penalties:
            predicted = held_out(logits[share], sets, penalty)
            tried.append({"weight": share, "penalty": penalty, **chosen_metrics(sets, predicted)})
    best = taken(tried)
    adapter.restore()
    if best["weight"]:
        adapter(windows, best["weight"])
    everyone = [np.ones(len(one.targets), bool) for one in sets]
    found = fit_bias(logits[best["weight"]], sets, everyone, best["penalty"])
    network.b.set_value((network.b.get_value() + found).astype(np.float32))
    return tried


def halves(sets):
    """Two masks a set, by person, so that nobody stands in both: list of list of bool (N,)."""
    first = [np.array([zlib.crc32(name.encode()) % 2 == 0 for name in one.people]) for one in sets]
    return [first, [~mask for mask in first]]


def held_out(logits, sets, penalty):
    """Probabilities of the vote with a bias that was fitted on the other half of the people.

    Parameters
    ----------
    logits : list of ndarray (N, windows, classes)
        A set each.
    sets : list of experiments.real.choosing.Chooser
    penalty : float or None

    Returns
    -------
    list of ndarray (N, classes)
    """
    predicted = [np.zeros((len(rows), rows.shape[2])) for rows in logits]
    one, other = halves(sets)
    for fitted, judged in ((one, other), (other, one)):
        bias = fit_bias(logits, sets, fitted, penalty)
        for made, rows, mask in zip(predicted, logits, judged):
            made[mask] = softmax(rows[mask] + bias, axis=2).mean(axis=1)
    return predicted


def fit_bias(logits, sets, masks, penalty):
    """The bias that makes the vote's log-likelihood highest: (classes,).

    Sets weigh the same, and within a set its labels, as in `choosing.mean_recall`; `choosing.TOLD`
    weighs nothing, as in `choosing.chosen_metrics`.

    Parameters
    ----------
    logits, sets
        As for `held_out`.
    masks : list of ndarray of bool (N,)
        The pictures that count.
    penalty : float or None
        Of the sum of the squared biases; with None the bias is 0.
    """
    classes = logits[0].shape[2]
    if penalty is None:
        return np.zeros(classes)
    groups = allowed(SMILEYS)
    used = [
        (rows[mask].astype(float), one.targets[mask])
        for rows, one, mask in zip(logits, sets, masks)
        if mask.any() and one.name not in TOLD
    ]
    weights = [balanced(targets.argmax(axis=1)) / len(used) for _, targets in used]

    def loss(bias):
        total, gradient = penalty * bias @ bias, 2 * penalty * bias
        for (rows, targets), weight in zip(used, weights):
            share = softmax(rows + bias, axis=2)
            mass = np.maximum(share.mean(axis=1) @ groups.T, 1e-6)  # (N, labels)
            total -= weight @ (targets * np.log(mass)).sum(axis=1)
            pull = (targets / mass) @ groups  # (N, classes): d log / d share
            inner = (share * pull[:, None]).sum(axis=2, keepdims=True)
            gradient -= weight @ (share * (pull[:, None] - inner)).mean(axis=1)
        return total, gradient

    return minimize(loss, np.zeros(classes), jac=True, method="L-BFGS-B").x


def balanced(strata):
    """Weights that add up to 1 and give every stratum the same: (N,)."""
    weights = 1 / np.bincount(strata)[strata]
    return weights / weights.sum()


def outputs_of(network):
    """Compile a network's outputs, before the softmax and without dropout."""
    return theano.function(
        [input_of(network)], lasagne.layers.get_output(network, deterministic=True)
    )


def named(outputs, votes):
    """Class of each picture by the vote of its windows, (N, windows, 48, 48, 3): list of int."""
    return softmax(voted(outputs, votes), axis=2).mean(axis=1).argmax(axis=1).tolist()


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
