"""Acted expressions of performers: the first half of them may train and choose, the rest judge."""

from common.tables import box_of, manifest_path, read_images
from dataset.manifest import read_manifest
from experiments.real.labelled import from_haar
from experiments.real.labels import HAPPY
from experiments.real.source import source
from pipeline.windows import neighbours

# Acted expressions, and the label of each.
MEANING = {
    "happy": "happiness",
    "surprise": "surprise",
    "sad": "sad",
    "angry": "angry",
    "neutral": "neutral",
}
ACTED = (*HAPPY, "surprise", "sad", "angry", "neutral")
# Of the side that `from_haar` gives: our detector's squares on these pictures, in the median.
CLOSER = 0.82


def first_half(people):
    """Of performers, those who may train and choose: the first half by name. The others judge."""
    people = sorted(set(people))
    return people[: (len(people) + 1) // 2]


def performers(people, part):
    """Of all performers, those of a part: set of str.

    ``part`` is 'train' (every second one of the first half), 'choose' (those between), or
    'first half'. The second half belongs to none.
    """
    first = first_half(people)
    return set({"train": first[1::2], "choose": first[::2], "first half": first}[part])


def read_acted(data, part="first half"):
    """Five acted expressions of performers of a part, as a source; boxes are Haar's.

    Parameters
    ----------
    data : pathlib.Path
        Folder of the published sets: its ``expressions.csv``.
    part : {'train', 'choose', 'first half'}
    """
    path = manifest_path(data / "expressions.csv")
    rows = [row for row in read_manifest(path) if row["smiley"] in MEANING]
    people = performers([row["person"] for row in rows], part)
    rows = [row for row in rows if row["person"] in people]
    for row, box in zip(rows, from_haar([box_of(row) for row in rows])):
        row["box"] = neighbours(box, (CLOSER,), (0.0,))[0]
        row["masses"] = {MEANING[row["smiley"]]: 1}
    return source("acted", rows, read_images(path, rows))
