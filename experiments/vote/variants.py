"""Variants of the vote: which windows, what is averaged, what is mirrored."""

from dataclasses import dataclass

import lasagne
import numpy as np
import theano
from scipy.special import softmax

from common.crops import Mipmap, crop
from nets.functions import input_of
from nets.input import network_input
from nets.weights import load_network
from pipeline.light import brighten, normalize_contrast
from pipeline.windows import SCALES, SHIFTS, neighbours

FINE = (-0.17, -0.085, 0.0, 0.085, 0.17)
# By number of windows; each set lies in the largest.
SETS = {
    1: ((1.0,), (0.0,)),
    9: ((1.0,), SHIFTS),
    27: (SCALES[1:4], SHIFTS),
    45: (SCALES, SHIFTS),
    125: (SCALES, FINE),
}
LARGEST = 125


@dataclass(frozen=True)
class Variant:
    """A variant of the vote.

    Parameters
    ----------
    windows : int
        Of `SETS`.
    average : {'probabilities', 'logits'}
        The article adds up probabilities.
    mirror : {'none', 'half', 'both'}
        'half' mirrors every other window, at no cost; 'both' adds each window's mirror
        image, at twice the cost.
    """

    windows: int
    average: str = "probabilities"
    mirror: str = "none"

    def __str__(self):
        mirror = {"none": "", "half": ", half of them mirrored", "both": ", and mirrored"}
        return f"{self.windows} {self.average}{mirror[self.mirror]}"

    @property
    def cost(self):
        """Windows that the network sees."""
        return self.windows * (2 if self.mirror == "both" else 1)

    def boxes(self, box):
        """The windows beside a box: (windows, 4)."""
        return neighbours(box, *SETS[self.windows])

    def chosen(self):
        """Which of the `LARGEST` set's windows these are: ndarray of int."""
        unit = (0.0, 0.0, 1.0, 1.0)
        every = neighbours(unit, *SETS[LARGEST])
        return np.array([np.abs(every - box).sum(axis=1).argmin() for box in self.boxes(unit)])

    def shares(self, plain, mirrored):
        """The vote's result from the logits of the largest set, plain and mirrored.

        Parameters
        ----------
        plain, mirrored : ndarray (125, classes)

        Returns
        -------
        ndarray (classes,)
            Adding up to 1.
        """
        index = self.chosen()
        plain, mirrored = plain[index], mirrored[index]
        if self.mirror == "both":
            logits = np.concatenate([plain, mirrored])
        elif self.mirror == "half":
            odd = np.arange(len(index)) % 2 == 1
            logits = np.where(odd[:, None], mirrored, plain)
        else:
            logits = plain
        if self.average == "logits":
            return softmax(logits.mean(axis=0), axis=-1)
        return softmax(logits, axis=-1).mean(axis=0)


ARTICLE = Variant(45)
SINGLE = Variant(1)
VARIANTS = [
    *(Variant(count) for count in SETS),
    *(Variant(count, "logits") for count in SETS if count > 1),
    *(Variant(count, mirror="half") for count in SETS if count > 1),
    *(Variant(count, mirror="both") for count in SETS),
]


class SmileyNet:
    """A smiley network without its softmax.

    Parameters
    ----------
    path : path-like
        Weights.
    """

    def __init__(self, path):
        network, meta = load_network(path, "smiles")
        self.classes, self.normalized = meta["classes"], meta["normalized"]
        self.function = theano.function(
            [input_of(network)], lasagne.layers.get_output(network, deterministic=True)
        )

    def logits(self, picture, box, boxes, mirror=False):
        """Last layer's output for windows beside a face's square: (N, classes).

        A dark picture is brightened, as for `pipeline.vote.Voter`.
        """
        picture = brighten(Mipmap.of(picture))
        windows = crop(picture, boxes)
        if self.normalized:
            windows = normalize_contrast(windows, crop(picture, [box])[0])
        if mirror:
            windows = windows[:, :, ::-1]
        return self.function(network_input(windows))

    def largest(self, picture, box):
        """Logits of the largest set, plain and mirrored: two ndarrays (125, classes)."""
        boxes = neighbours(box, *SETS[LARGEST])
        return self.logits(picture, box, boxes), self.logits(picture, box, boxes, mirror=True)


def perturb_box(box, right, down, scale):
    """A box (x, y, w, h) with an error: shifts in sides of it, then a factor about its centre."""
    x, y, w, h = box
    cx, cy = x + w / 2 + right * w, y + h / 2 + down * h
    return cx - w * scale / 2, cy - h * scale / 2, w * scale, h * scale
