"""Fine-tuning on real people, one at a time: the split of their pictures, and the accuracy."""

import time
from dataclasses import dataclass

import numpy as np

from common.cli import UserError
from common.crops import crop
from experiments.smileys.metrics import predict
from nets.functions import compile_probabilities
from pipeline.light import face_input

COLUMNS = (
    "person", "pictures_each", "taught", "tested", "before", "after", "others_before",
    "others_after", "seconds",
)  # fmt: skip


@dataclass
class LabelledPeople:
    """Labelled pictures of several people, each acting every label in several ways.

    Parameters
    ----------
    pictures : list of Mipmap
    boxes : ndarray (N, 4)
        The faces' squares, pixels.
    labels, names, ways : ndarray of str (N,)
        Of each picture: what is acted, who acts it, and how.
    groups : dict of str to tuple of str
        Each label's smileys.
    """

    pictures: list
    boxes: np.ndarray
    labels: np.ndarray
    names: np.ndarray
    ways: np.ndarray
    groups: dict

    def divide(self, name, count, way):
        """Split one person's pictures into training and test.

        Of each label the first ``count`` pictures acted in one way are for training; all acted in
        other ways are the test. A label that is acted in one way only (neutral) keeps its others
        for the test, at least one.

        Returns
        -------
        (list of int, list of int)
        """
        train, test = [], []
        for label in self.groups:
            own = np.flatnonzero((self.names == name) & (self.labels == label))
            first = [k for k in own if self.ways[k] == way]
            others = [k for k in own if self.ways[k] != way]
            if not first or not others:
                first, others = own[: max(0, len(own) - 1)], own
            taken = [int(k) for k in first[:count]]
            train += taken
            test += [int(k) for k in others if k not in taken]
        return train, test

    def squares(self, indices):
        """The faces' squares: uint8 (len(indices), 48, 48, 3)."""
        return np.concatenate([crop(self.pictures[k], [self.boxes[k]]) for k in indices])


class LabelAccuracy:
    """Accuracy of a network among the labels of a set, on the labelled squares.

    Parameters
    ----------
    network : lasagne.layers.Layer
    classes : list of str
    people : LabelledPeople
    normalized : bool
        As for `pipeline.vote.Voter`.
    """

    def __init__(self, network, classes, people, normalized=False):
        self.normalized = normalized
        self.probabilities, self.people = compile_probabilities(network), people
        number = {name: k for k, name in enumerate(classes)}
        unknown = sorted({s for group in people.groups.values() for s in group} - set(classes))
        if unknown:
            raise UserError(f"the network does not know {', '.join(unknown)}: name another net")
        self.members = [[number[s] for s in group] for group in people.groups.values()]
        self.labels = list(people.groups)

    def best(self, indices):
        """Probability of each label, that of its likeliest smiley: (N, labels); and which."""
        inputs = face_input(self.people.squares(indices), self.normalized)
        predicted = predict(self.probabilities, inputs)
        likeliest = [[m[k] for k in predicted[:, m].argmax(axis=1)] for m in self.members]
        return np.stack([predicted[:, m].max(axis=1) for m in self.members], axis=1), likeliest

    def smileys(self, indices):
        """The class that each picture teaches: of its label's smileys the likeliest one."""
        _, likeliest = self.best(indices)
        own = [self.labels.index(self.people.labels[k]) for k in indices]
        return np.array([likeliest[label][k] for k, label in enumerate(own)], np.int32)

    def __call__(self, indices):
        """Mean over the labels of the share of pictures named rightly, 0 to 1."""
        found = self.best(indices)[0].argmax(axis=1)
        truth = np.array([self.labels.index(self.people.labels[k]) for k in indices])
        return float(np.mean([(found == truth)[truth == k].mean() for k in np.unique(truth)]))


def fine_tune_one(tuner, accuracy, people, name, count, way, steps):
    """Teach one person from ``count`` pictures a label; the net is as before when it ends.

    Parameters
    ----------
    tuner : experiments.personal.fine_tuning.FineTuner
    accuracy : LabelAccuracy
    people : LabelledPeople
    name : str
    count : int
    way : str
        The way of acting that teaches.
    steps : int
        Batches.

    Returns
    -------
    tuple
        Values of `COLUMNS`.
    """
    teach, own = people.divide(name, count, way)
    others = [int(k) for k in np.flatnonzero(people.names != name)]
    tuner.reset()
    before, others_before = accuracy(own), accuracy(others)
    smileys = [tuner.classes[k] for k in accuracy.smileys(teach)]
    rows = [
        {"smiley": smiley, **dict(zip("xywh", people.boxes[k]))}
        for k, smiley in zip(teach, smileys)
    ]
    start = time.perf_counter()
    tuner((rows, [people.pictures[k] for k in teach]), steps)
    seconds = time.perf_counter() - start
    found = (before, accuracy(own), others_before, accuracy(others))
    tuner.reset()
    return (name, count, len(teach), len(own), *found, round(seconds, 1))


def report(rows, data, command, steps, labels):
    """The report's text, of rows of `COLUMNS`."""
    table = np.array([[float(value) for value in row[1:]] for row in rows])
    lines = [
        f"# Your face in a minute: {data}",
        "",
        f"`{command}`",
        "",
        f"{len({row[0] for row in rows})} people, each taught alone by {steps} batches of 64 "
        "windows, half of them of the rendered people that the net remembers; tested on pictures "
        f"acted in other ways, by labelled square, among {labels} labels (chance "
        f"{1 / labels:.2f}). Means over the labels and then over the people, ± standard "
        "deviation over the people; one seed.",
        "",
        "| pictures of each label | before | after | others before | others after | s |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for count in np.unique(table[:, 0]):
        part = table[table[:, 0] == count]
        spread = [
            f"{part[:, k].mean():.3f} ± {part[:, k].std(ddof=min(1, len(part) - 1)):.3f}"
            for k in (3, 4, 5, 6)
        ]
        lines.append(f"| {count:.0f} | {' | '.join(spread)} | {part[:, 7].mean():.0f} |")
    return "\n".join(lines) + "\n"
