"""What a reviewer asks for beside a network: classifiers without one, and labels without sense.

Each control names the held-out pictures of a division, having learnt from its training
pictures (those that choose a network's epoch among them: it needs none).
"""

import numpy as np
from tqdm import tqdm

from common.tables import box_of
from experiments.compare.leakage import pixels_of
from experiments.compare.training import probe
from experiments.core.ridge import ridge_names
from experiments.smileys.baselines import face_patch, hog, nearest_neighbour
from experiments.smileys.data import labels_of
from experiments.smileys.splits import groups_of

METHODS = {
    "nearest pixel": "label of the training picture nearest in pixels (24x24)",
    "HOG + ridge": "a ridge classifier of histograms of oriented gradients, its penalty chosen "
    "inside the training data by the same split",
    "random, nearest pixel": "the same where each clip has a label drawn at random: what is "
    "right then was copied from a frame of the same clip",
    "random, HOG + ridge": "the same",
}


def controls_of(data, divisions, seed=0, quiet=False):
    """What every control names right of the pictures held out.

    Parameters
    ----------
    data : experiments.smileys.data.SmileyData
    divisions : dict, as from `leakage.divisions_of`
    seed : int
        Of the random labels.

    Returns
    -------
    dict of str to dict
        Of each of `METHODS`, by split: dict of a picture's index to the share of the divisions
        that held it out and named it right.
    """
    truths = labels_of(data.rows, data.classes), random_labels(data, seed)
    pixels, gradients = pixels_of(data), hog_of(data)
    found = {name: {} for name in METHODS}
    for (split, _, _), (train, val) in tqdm(
        divisions.items(), desc="controls", unit="fold", disable=quiet
    ):
        copied = nearest_neighbour(pixels[train], train, pixels[val])
        groups = groups_of([data.rows[k] for k in train], split)
        train_truths = [truth[train] for truth in truths]
        named = ridge_names(gradients[train], train_truths, gradients[val], groups)
        for prefix, truth, by_ridge in zip(("", "random, "), truths, named):
            for name, answer in (("nearest pixel", truth[copied]), ("HOG + ridge", by_ridge)):
                own = found[prefix + name].setdefault(split, {})
                for index, right in zip(val.tolist(), answer == truth[val]):
                    own.setdefault(index, []).append(right)
    return {
        name: {
            split: {index: float(np.mean(right)) for index, right in own.items()}
            for split, own in splits.items()
        }
        for name, splits in found.items()
    }


def hog_of(data):
    """Descriptor of each labelled face: ndarray (N, 1764)."""
    return hog([face_patch(p.levels[0], box_of(row)) for row, p in zip(data.rows, data.pictures)])


def random_labels(data, seed):
    """A class drawn for each clip, all alike: ndarray of int (N,)."""
    clips = groups_of(data.rows, "clip")
    rng = np.random.default_rng([seed, 3])
    drawn = {clip: rng.integers(len(data.classes)) for clip in sorted(set(clips))}
    return np.array([drawn[clip] for clip in clips])


def identity_by_hog(data):
    """How well HOG names the person, as the networks' features are asked: accuracy."""
    return probe(hog_of(data), data.rows)
