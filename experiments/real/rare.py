"""How often a net names a smiley that hardly anybody makes unasked."""

import numpy as np

from common.crops import crop
from experiments.core.statistics import over_people
from experiments.real.choosing import VOTING
from experiments.real.finish import named, outputs_of
from experiments.real.labels import SMILEYS
from experiments.real.sources import SEEN, faces_of, labelled
from nets.weights import load_network
from pipeline.light import normalize_contrast
from pipeline.windows import neighbours

# What people do in front of a camera without being asked.
USUAL = ("neutral", "smile", "laugh", "sad", "surprise", "angry")
RARE = tuple(slug for slug in SMILEYS if slug not in USUAL)


def calm_faces(folder, name):
    """Faces of one set of `SEEN` that no training for real people sees, none of a rare smiley.

    Returns
    -------
    (windows uint8 (N, 9, 48, 48, 3), list of str)
        The windows that vote, as they are, and whom each face belongs to.
    """
    ours = labelled()
    rows, pictures = faces_of(
        folder, name, "choose", lambda key, smiley: (smiley or ours.get((name, key))) not in RARE
    )
    windows = [
        crop(picture, neighbours(row["box"], VOTING)) for row, picture in zip(rows, pictures)
    ]
    return np.stack(windows), [row["person"] for row in rows]


def reader(weights):
    """A net, compiled once: takes (N, 9, 48, 48, 3) windows, gives their votes, str (N,)."""
    network, meta = load_network(weights, "smiles")
    outputs, classes = outputs_of(network), np.array(meta["classes"])

    def read(windows):
        if meta["normalized"]:
            middle = windows.shape[1] // 2
            windows = np.stack([normalize_contrast(some, some[middle]) for some in windows])
        return classes[named(outputs, windows)]

    return read


def rows_of(folder, nets, progress=lambda items: items):
    """A row for each set and net: set, net, faces, people, share, low, high, and each rare smiley.

    The share of faces that are named a rare smiley is the mean over people, its 95 % interval as
    of `experiments.core.statistics.over_people`; the smileys' columns count faces.
    """
    readers = [(weights.stem, reader(weights)) for weights in nets]
    rows = []
    for name in progress(SEEN):
        windows, people = calm_faces(folder, name)
        for net, read in readers:
            answers = read(windows)
            share = over_people(means(np.isin(answers, RARE), people), pictures=len(people))
            counts = {slug: int((answers == slug).sum()) for slug in RARE}
            rows.append(
                {"set": name, "net": net, "faces": len(people), "people": share.count,
                 "share": share.mean, "low": share.low, "high": share.high, **counts}
            )  # fmt: skip
    return rows


def means(values, people):
    """Mean of each person's values: list of float."""
    people = np.asarray(people)
    return [float(values[people == who].mean()) for who in np.unique(people)]
