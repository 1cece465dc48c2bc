"""The threshold that keeps a rate of false squares on people and scenes it was not chosen on.

The least threshold that keeps a rate on some pictures breaks it on others about as often as not,
and by more the fewer people and scenes there are. So people and scenes are drawn with
replacement, and the threshold is one that keeps the rate in most of the draws.
"""

from collections import Counter

import numpy as np

from common.cli import UserError
from experiments.detector.parts import run_of
from experiments.detector.sealed import Sealed
from experiments.detector.truth import read_empty, read_set, set_name

RESAMPLES = 1000


def read_shown(images, scenes=(), split=None):
    """Pictures of people, then empty ones, with what the bootstrap draws by.

    Parameters
    ----------
    images : list of path-like
        As for `truth.read_set`; where a file names no scene, a picture is its own.
    scenes : list of path-like
        As for `truth.read_empty`.
    split : str, optional
        Of the scenes.

    Returns
    -------
    list of Sealed
        Scenes that are neighbours by number are one.
    """
    found = []
    for path in images:
        for picture in read_set(path, set_name(path)):
            people = [tag["person"] for tag in picture.tags]
            scene = run_of(picture.scene) if picture.scene else str(picture.path)
            found.append(Sealed(picture, people if all(people) else [], scene))
    for path in scenes:
        for picture in read_empty(path, "without faces", split):
            found.append(Sealed(picture, [], run_of(picture.path.relative_to(path.parent))))
    return found


def draws(shown, seed=0, resamples=RESAMPLES):
    """How often each picture counts in draws of people and scenes: yields ndarray (pictures,).

    As often as its scene was drawn times how often its people were, in the mean (Owen, 2007,
    the pigeonhole bootstrap): false squares lie on what is behind as well as on clothes and ears.
    """
    scenes = {name: k for k, name in enumerate(sorted({one.scene for one in shown}))}
    people = {name: k for k, name in enumerate(sorted({p for one in shown for p in one.people}))}
    places = np.array([scenes[one.scene] for one in shown])
    pairs = [(k, people[name]) for k, one in enumerate(shown) for name in one.people]
    holders, held = np.array(pairs, int).reshape(-1, 2).T
    crowd = np.bincount(holders, minlength=len(shown))
    rng = np.random.default_rng(seed)
    for _ in range(resamples):
        where = np.bincount(rng.integers(len(scenes), size=len(scenes)), minlength=len(scenes))
        counts = where[places].astype(float)
        if people:
            who = np.bincount(rng.integers(len(people), size=len(people)), minlength=len(people))
            total = np.bincount(holders, weights=who[held], minlength=len(shown))
            counts *= np.where(crowd, total / np.maximum(crowd, 1), 1)
        yield counts


def least(scores, counts, total, rate):
    """Least threshold at which false squares that count ``counts`` pass at ``rate`` of ``total``.

    Parameters
    ----------
    scores : ndarray (N,)
        Best first.
    counts : ndarray (N,)
    total : float
        How many pictures count.
    rate : float

    Returns
    -------
    float
        What scores as much as it passes; 0 where everything may.
    """
    over = np.flatnonzero(np.cumsum(counts) > rate * total + 1e-9)
    return float(np.nextafter(np.float32(scores[over[0]]), np.float32(1))) if len(over) else 0.0


def keeping(shown, results, rate, level, seed=0, resamples=RESAMPLES):
    """The threshold that keeps a rate in a share ``level`` of draws of people and scenes.

    Parameters
    ----------
    shown : list of Sealed
    results : Results
        Of these pictures, in this order.
    rate : float
        False squares a picture.
    level : float
        0 gives the least threshold that keeps the rate on the pictures as they are.

    Returns
    -------
    float
        0 where there are no pictures.
    """
    if not shown:
        return 0.0
    order = np.argsort(-results.scores, kind="stable")
    order = order[~results.hits[order]]
    scores, images = results.scores[order], results.images[order]
    if not level:
        return least(scores, np.ones(len(scores)), len(shown), rate)
    found = [
        least(scores, counts[images], counts.sum(), rate)
        for counts in draws(shown, seed, resamples)
    ]
    return float(np.quantile(found, level, method="higher"))


def chosen(shown, results, kept):
    """The pictures of these numbers alone, and their `Results`."""
    kept = np.asarray(kept, int)
    place = np.full(len(shown), -1)
    place[kept] = np.arange(len(kept))
    among = place[results.images] >= 0
    part = type(results)(
        results.scores[among],
        results.hits[among],
        place[results.images[among]],
        results.faces[kept],
    )
    return [shown[k] for k in kept], part


def are_empty(shown):
    """Which pictures show nobody: ndarray of bool (pictures,)."""
    return np.array([not (one.picture.boxes or one.picture.ignored) for one in shown])


def promised(shown, results, rate, empty_rate, level):
    """The least threshold that keeps both promises: on pictures of people, and on empty ones."""
    empty = are_empty(shown)
    return max(
        keeping(*chosen(shown, results, np.flatnonzero(~empty)), rate, level),
        keeping(*chosen(shown, results, np.flatnonzero(empty)), empty_rate, level),
    )


def groups_of(shown, count):
    """Deal pictures to groups that share neither people nor scenes: ndarray of int (pictures,).

    Raises
    ------
    UserError
        If too many pictures hang together.
    """
    parent = {}

    def root(name):
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    for one in shown:
        for name in one.people:
            parent[root(("person", name))] = root(("scene", one.scene))
    parts = [root(("scene", one.scene)) for one in shown]
    often = Counter(parts).most_common()  # the largest are each a group's first
    if len(often) < count:
        raise UserError(f"not {count} groups without common people or scenes: make --groups")
    numbers = {name: place % count for place, (name, _) in enumerate(often)}
    return np.array([numbers[name] for name in parts])
