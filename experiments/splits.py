"""Which pictures train and which judge: by person, by clip or by image."""

import numpy as np

from cli import UserError

SPLITS = ("person", "clip", "image")


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
    key = {"person": "person", "clip": "clip", "image": "path"}[by]
    names = [(row["person"], row["clip"]) if by == "clip" else row[key] for row in rows]
    groups = sorted(set(names))
    if folds < 2:
        raise UserError(f"a split needs at least 2 folds, not {folds}")
    if len(groups) < folds:
        what = {"person": "people", "clip": "clips", "image": "pictures"}[by]
        raise UserError(
            f"a split by {by} into {folds} folds needs as many {what}: there are {len(groups)}"
        )
    order = np.random.default_rng([seed, 0]).permutation(len(groups))
    fold = {groups[index]: place % folds for place, index in enumerate(order)}
    return np.array([fold[name] for name in names])
