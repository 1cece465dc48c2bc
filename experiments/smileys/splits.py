"""Training, validation and test pictures: split by person, by clip or by image."""

import argparse
from dataclasses import dataclass

import numpy as np

from common.cli import UserError

SPLITS = ("person", "clip", "image")
MANY = {"person": "people", "clip": "clips", "image": "pictures"}
VALIDATION = 8  # one in so many groups of the training data is kept to choose the epoch


def split_names(text):
    """`person,image` as a tuple in the order of `SPLITS`."""
    names = text.split(",")
    if not set(names) <= set(SPLITS):
        raise argparse.ArgumentTypeError(f"choose from {', '.join(SPLITS)}")
    return tuple(name for name in SPLITS if name in names)


@dataclass
class Parts:
    """Rows of a data set by what they are for: three ndarrays of int that share no element."""

    train: np.ndarray  # the network learns from them
    validation: np.ndarray  # they choose the epoch
    test: np.ndarray  # used once; the article and the tables' ``val_`` call it validation


def groups_of(rows, by):
    """What must stay together with each row: its person, its clip, or itself."""
    if by == "clip":  # two people's clips may bear the same name
        return [(row["person"], row["clip"]) for row in rows]
    return [row[{"person": "person", "image": "path"}[by]] for row in rows]


def folds_of(rows, by, folds, seed):
    """Give every picture the number of the fold in which it is held out.

    Parameters
    ----------
    rows : list of dict
        Rows of a manifest.
    by : {'person', 'clip', 'image'}
        What stays together. By image, neighbouring frames of a shot land on both
        sides, as in the article's last experiment.
    folds : int
    seed : int
        Which groups share a fold.

    Returns
    -------
    ndarray of int (len(rows),)
        From 0 to folds - 1. Groups are dealt in random order like cards, so folds
        have equally many groups, one more or less.
    """
    names = groups_of(rows, by)
    groups = sorted(set(names))
    if folds < 2:
        raise UserError(f"a split needs at least 2 folds, not {folds}")
    if len(groups) < folds:
        raise UserError(
            f"a split by {by} into {folds} folds needs as many {MANY[by]}: there are {len(groups)}"
        )
    order = np.random.default_rng([seed, 0]).permutation(len(groups))
    fold = {groups[index]: place % folds for place, index in enumerate(order)}
    return np.array([fold[name] for name in names])


def parts_of(rows, by, folds, fold, seed):
    """Divide a data set for one training.

    Parameters
    ----------
    rows : list of dict
    by : {'person', 'clip', 'image', 'none'}
        'none' holds out no test set; the validation pictures are then drawn by image.
    folds, fold, seed : int
        As for `folds_of`; this fold is held out.

    Returns
    -------
    Parts
        The validation part is taken from the training data by the same grouping.
    """
    everything = np.arange(len(rows))
    if by == "none":
        by, held_out = "image", np.zeros(len(rows), bool)
    else:
        held_out = folds_of(rows, by, folds, seed) == fold
    rest = everything[~held_out]
    names = groups_of([rows[k] for k in rest], by)
    groups = sorted(set(names))
    if len(groups) < 2:
        raise UserError(
            f"a split by {by} needs at least 3 {MANY[by]}: one to learn from, one to choose "
            f"the epoch, one to judge; there are {len(groups) + int(held_out.any())}"
        )
    order = np.random.default_rng([seed, 1, fold]).permutation(len(groups))
    kept = {groups[index] for index in order[: max(1, round(len(groups) / VALIDATION))]}
    validation = np.array([name in kept for name in names])
    return Parts(rest[~validation], rest[validation], everything[held_out])


def subset(rows, indices, by, share, seed):
    """A share of the groups among ``indices``, at least one; a smaller share lies in a larger."""
    names = groups_of([rows[k] for k in indices], by)
    groups = sorted(set(names))
    order = np.random.default_rng([seed, 2]).permutation(len(groups))
    kept = {groups[index] for index in order[: max(1, round(len(groups) * share))]}
    return indices[[name in kept for name in names]]
