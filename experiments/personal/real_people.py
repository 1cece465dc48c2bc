"""Fine-tuning on real people, one at a time: the split of their pictures, and the accuracy."""

import time
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from common.cli import UserError
from common.crops import crop
from experiments.core.results import table_head
from experiments.core.statistics import over_people
from experiments.smileys.metrics import predict
from nets.functions import compile_probabilities
from pipeline.light import face_input

# A row a seed, person and number of pictures; then what is told of each number of pictures, the
# measured values with the bounds of their 95 % intervals over people.
COLUMNS = (
    "seed", "person", "pictures_each", "taught", "tested", "before", "after", "others_before",
    "others_after", "seconds",
)  # fmt: skip
PUPPETS = "puppets of one neutral"  # in place of a number of pictures
MEASURED = ("before", "after", "gain", "others_before", "others_after", "others_gain")


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

    def divide(self, name, count, ways):
        """Split one person's pictures into training and test.

        Of each label the first ``count`` pictures that are acted in ``ways``, in their order, are
        for training; all that are acted in other ways are the test, whatever ``count`` is. Of a
        label that is acted in one way only (neutral) the first half may train, the rest tests.

        Returns
        -------
        (list of int, list of int)
        """
        train, test = [], []
        for label in self.groups:
            own = [int(k) for k in np.flatnonzero((self.names == name) & (self.labels == label))]
            first = [k for way in ways for k in own if self.ways[k] == way]
            if len(set(self.ways[own])) < 2 or len(first) in (0, len(own)):
                first = own[: len(own) // 2]
            train += first[:count]
            test += [k for k in own if k not in first]
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

    @cached_property
    def inputs(self):
        """Network input of all pictures of the set."""
        return face_input(self.people.squares(range(len(self.people.labels))), self.normalized)

    def best(self, indices):
        """Probability of each label, that of its likeliest smiley: (N, labels); and which."""
        predicted = predict(self.probabilities, self.inputs[list(indices)])
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


def fine_tune_one(tuner, accuracy, name, count, ways, part=None, **settings):
    """Teach one person of ``accuracy``'s; the net is as before when it ends.

    Parameters
    ----------
    tuner : experiments.personal.fine_tuning.FineTuner
    accuracy : LabelAccuracy
    name : str
    count : int or str
        Pictures of each label that teach, or `PUPPETS`.
    ways : sequence of str
        The ways of acting that teach.
    part : (list of dict, list of Mipmap), optional
        Rows and pictures that teach instead.
    **settings
        As for calling ``tuner``.

    Returns
    -------
    dict
        Of `COLUMNS`.
    """
    people = accuracy.people
    tuner.reset()
    teach, own = people.divide(name, 1 if part else count, ways)
    if part is None:
        smileys = [tuner.classes[k] for k in accuracy.smileys(teach)]
        boxes = [dict(zip("xywh", people.boxes[k])) for k in teach]
        rows = [{"smiley": smiley, **box} for smiley, box in zip(smileys, boxes)]
        part = rows, [people.pictures[k] for k in teach]
    others = [int(k) for k in np.flatnonzero(people.names != name)]
    before, others_before = accuracy(own), accuracy(others)
    start = time.process_time()
    tuner(part, **settings)
    seconds = time.process_time() - start
    found = (before, accuracy(own), others_before, accuracy(others))
    tuner.reset()
    values = (tuner.seed, name, count, len(part[0]), len(own), *found, round(seconds, 1))
    return dict(zip(COLUMNS, values))


def summary(rows):
    """What is told of each number of pictures, of rows of `COLUMNS`.

    Returns
    -------
    list of dict
        ``pictures_each``; ``taught`` (pictures of a person, mean), ``people`` and ``seeds``;
        each of `MEASURED` as the mean over people with ``NAME low`` and ``NAME high``; ``seconds``.
    """
    found = []
    for count in dict.fromkeys(row["pictures_each"] for row in rows):
        part = [row for row in rows if row["pictures_each"] == count]
        names = sorted({row["person"] for row in part})
        line = {
            "pictures_each": count,
            "taught": np.mean([row["taught"] for row in part]),
            "people": len(names),
            "seeds": len({row["seed"] for row in part}),
        }
        for what, values in measured(part, names).items():
            mean = over_people(values)
            line |= {what: mean.mean, f"{what} low": mean.low, f"{what} high": mean.high}
        line["seconds"] = np.mean([row["seconds"] for row in part])
        found.append({k: float(v) if isinstance(v, np.floating) else v for k, v in line.items()})
    return found


def measured(rows, names):
    """Each of `MEASURED`, a value a person: her mean over the seeds."""

    def each(column):
        return np.array(
            [np.mean([row[column] for row in rows if row["person"] == name]) for name in names]
        )

    values = {column: each(column) for column in MEASURED if column in COLUMNS}
    values["gain"] = values["after"] - values["before"]
    values["others_gain"] = values["others_after"] - values["others_before"]
    return {what: values[what] for what in MEASURED}


def report(table, data, command, steps, labels):
    """The report's text, of a table as `summary` gives it."""
    head = (
        "| pictures of each label | people | taught in all | before | after | gain | others before "
        "| others' change | s |"
    )
    lines = [
        f"# Your face in a minute: {data}",
        "",
        f"`{command}`",
        "",
        f"{max(row['people'] for row in table)} people, each taught alone by {steps} batches of 64 "
        "windows, half of them of the rendered people that the net remembers; tested on pictures "
        "acted in other ways than those that teach, the same for any number of pictures, by "
        f"labelled square, among {labels} labels (chance {1 / labels:.2f}). *Others*: the people "
        f"of the set who were not taught. Means over the labels, {table[0]['seeds']} seed(s) and "
        "the people; in brackets 95 % intervals over the people.",
        "",
        *table_head(head),
        *(table_row(row) for row in table),
        "",
        "*Taught in all*: few have as many pictures of each label as are asked for. *Puppets*: one "
        "neutral picture, made to pull all 17 smileys (`dataset/make_puppets.py`), of those who "
        "have one to spare. *s*: processor seconds of one teaching, without what is done once "
        "(imports, compiling).",
    ]
    return "\n".join(lines) + "\n"


def table_row(row):
    """A line of the report's table."""

    def shown(what, sign=""):
        mean, low, high = (row[f"{what}{bound}"] for bound in ("", " low", " high"))
        return f"{mean:{sign}.3f} [{low:{sign}.3f}, {high:{sign}.3f}]"

    cells = (
        row["pictures_each"], row["people"], f"{row['taught']:.1f}", shown("before"),
        shown("after"), shown("gain", "+"), shown("others_before"), shown("others_gain", "+"),
        f"{row['seconds']:.1f}",
    )  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |"
