"""Sources of drawn faces."""

import numpy as np

from augment.drawn import BOX, drawn_face
from experiments.real import labels
from experiments.real.source import Source


def faces(name, smileys, colour=0, people=None):
    """A source of drawn faces."""
    pictures = [drawn_face(96) for _ in smileys]
    for picture in pictures:
        picture[:8] = colour
    box = [value / 2 for value in BOX]
    made = labels.targets([{smiley: 1} for smiley in smileys])
    people = people or [f"{name}{k}" for k in range(len(smileys))]
    return Source(name, pictures, np.array([box] * len(smileys)), made, people)
