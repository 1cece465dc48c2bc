"""Ridge regression to one output a class, its penalty chosen inside the training data."""

import numpy as np

PENALTIES = tuple(10.0**power for power in np.arange(-2, 4.1, 0.5))
INNER = 4  # folds in which a penalty is chosen


class Ridge:
    """Ridge regression of features, for any labels and penalties; the largest output wins.

    Parameters
    ----------
    train : array_like (n, d)

    Notes
    -----
    One eigendecomposition of the smaller of ``X'X`` and ``XX'`` serves all of them.
    """

    def __init__(self, train):
        self.train = np.asarray(train, float)
        self.mean = self.train.mean(axis=0)
        self.train = self.train - self.mean
        self.wide = self.train.shape[1] > len(self.train)
        x = self.train if self.wide else self.train.T
        values, self.vectors = np.linalg.eigh(x @ x.T)
        self.values = np.maximum(values, 0)

    def project(self, test):
        """Features (m, d) as `name` takes them."""
        test = np.asarray(test, float) - self.mean
        return (test @ self.train.T if self.wide else test) @ self.vectors

    def name(self, projected, labels, penalties):
        """Name projected rows for each penalty.

        Parameters
        ----------
        projected : ndarray (m, k), from `project`
        labels : ndarray (n,)
            Of the training rows, of any type that can be sorted.
        penalties : sequence of float

        Returns
        -------
        list of ndarray (m,)
        """
        names = np.unique(labels)
        target = (labels[:, None] == names[None]).astype(float)
        share = target.mean(axis=0)
        target -= share
        coordinates = self.vectors.T @ (target if self.wide else self.train.T @ target)
        return [
            names[
                (projected @ (coordinates / (self.values + p)[:, None]) + share).argmax(axis=1)
            ]
            for p in penalties
        ]  # fmt: skip


def ridge_names(train, labels, test, groups, penalties=PENALTIES):
    """Name rows by ridges whose penalties are chosen inside the training data.

    Parameters
    ----------
    train : array_like (n, d)
    labels : list of ndarray (n,)
        Each is learnt by itself.
    test : array_like (m, d)
    groups : sequence (n,)
        What stays together, such as a person: a group is in training or in the test of a penalty.
    penalties : sequence of float
        The one is taken that names most of the rows right that inner folds hold out; of
        equals the largest.

    Returns
    -------
    list of ndarray (m,)
    """
    names = sorted(set(groups))
    number = {name: place % INNER for place, name in enumerate(names)}
    folds = np.array([number[name] for name in groups])
    right = np.zeros((len(labels), len(penalties)), int)
    for fold in range(min(INNER, len(names))):
        own = folds == fold
        if own.all():
            continue
        ridge = Ridge(train[~own])
        projected = ridge.project(train[own])
        for row, truth in zip(right, labels):
            named = ridge.name(projected, truth[~own], penalties)
            row += [int((answer == truth[own]).sum()) for answer in named]
    ridge = Ridge(train)
    projected = ridge.project(test)
    best = [len(penalties) - 1 - row[::-1].argmax() for row in right]
    return [ridge.name(projected, y, [penalties[k]])[0] for y, k in zip(labels, best)]
