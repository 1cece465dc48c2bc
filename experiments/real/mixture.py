"""Batches from several sources, so mixed that neither a source nor a class outweighs the others."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from augment.transforms import Augmentation, augment
from common.crops import Mipmap
from experiments.real.labels import class_prior
from pipeline.light import normalize_contrast

# Windows wander as the 45 of the vote do. All else varies less than for other nets: these people
# and cameras vary of themselves, and small pictures have lost already what a camera loses.
REAL = replace(Augmentation().scaled(0.5), shift=0.1, scale=0.2, flip=0.5, occlusion=0.05, blur=0.0)

# What tells one source from another and has nothing to do with faces is taken from all: colour,
# which pictures with votes do not have (`see_no_colour` takes it from the finished net, too); how
# sharp a picture is; and how much is left around a face.
SOFTEST = 0.8  # standard deviation of the Gaussian, pixels of the window
SHARPEST = 0.8  # how often the difference from a blurred picture is added
TIGHT = 0.4  # probability that the picture ends close around the face's square
TIGHTEST, WIDEST = 0.85, 1.15  # of the square's side


@dataclass
class Part:
    """A source's share of the batches.

    Parameters
    ----------
    source : experiments.real.source.Source
    share : float
        Of all windows; shares are scaled to add up to 1.
    levelled : float
        How far labels are shown equally often: 0 as often as the source has them, 1 equally.
    """

    source: object
    share: float
    levelled: float = 1.0

    def weights(self):
        """Probability of each picture within its source, (N,)."""
        strata = self.source.strata
        counts = np.bincount(strata).astype(float)
        weights = counts[strata] ** -self.levelled
        return weights / weights.sum()

    def prior(self):
        """How often each class is shown by the source: (classes,), adding up to 1."""
        return class_prior(self.source.targets, self.weights())


class Mixture:
    """Makes training batches for `augment.stream.Stream`.

    Parameters
    ----------
    parts : list of Part
    batch : int
    augmentation : Augmentation
    """

    def __init__(self, parts, batch=128, augmentation=REAL):
        self.parts, self.batch, self.augmentation = parts, batch, augmentation
        shares = np.array([part.share for part in parts])
        self.shares = shares / shares.sum()
        self.weights = [part.weights() for part in parts]
        self.steps = [np.cumsum(weights) for weights in self.weights]
        self.own_priors = [part.prior() for part in parts]
        self.offsets = [log_prior(prior) for prior in self.own_priors]

    def priors(self):
        """Each source's share, and how often it shows each class: pairs (share, (classes,))."""
        return zip(self.shares, self.own_priors)

    def prior(self):
        """How often each class is shown: (classes,), adding up to 1."""
        return sum(share * prior for share, prior in self.priors())

    def __call__(self, rng):
        """One batch: (windows uint8 (N, 48, 48, 3), targets float32 (N, labels + classes)).

        Beside a face's labels stands its source's `log_prior`.
        """
        windows = np.empty((self.batch, 48, 48, 3), np.uint8)
        made = []
        for k, number in enumerate(rng.choice(len(self.parts), self.batch, p=self.shares)):
            source = self.parts[number].source
            # As `rng.choice` would, which sums up the weights of all pictures at each call.
            index = min(np.searchsorted(self.steps[number], rng.random()), len(source) - 1)
            windows[k] = window(rng, source.pictures[index], source.boxes[index], self.augmentation)
            made.append(np.concatenate([source.targets[index], self.offsets[number]]))
        return windows, np.array(made)


def log_prior(prior):
    """Logarithm of a source's shares of classes, float32 (classes,).

    A class that it never shows counts as its rarest: that a face of this source does not show
    it is known as well as of others, and may be learnt.
    """
    return np.log(np.where(prior > 0, prior, prior[prior > 0].min())).astype(np.float32)


def window(rng, picture, box, augmentation):
    """One varied window of a face, (48, 48, 3): what sources differ in is levelled first."""
    picture, box = tight(rng, picture, box)
    image = augment(rng, Mipmap(picture), box, augmentation)
    grey = focused(rng, cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))
    return cv2.cvtColor(normalize_contrast(grey, grey), cv2.COLOR_GRAY2BGR)


def focused(rng, image):
    """A window (48, 48) out of focus, or sharper than it is: neither tells its source."""
    amount = rng.uniform(-1, 1)
    if amount < 0:
        return cv2.GaussianBlur(image, (0, 0), max(-amount * SOFTEST, 0.1))
    soft = cv2.GaussianBlur(image, (0, 0), 1.0)
    return cv2.addWeighted(image, 1 + amount * SHARPEST, soft, -amount * SHARPEST, 0)


def tight(rng, picture, box):
    """Sometimes end the picture close around a face, as collected faces do: (picture, box)."""
    if rng.random() >= TIGHT:
        return picture, box
    x, y, w, h = box
    left, top, right, bottom = 0.5 * rng.uniform(TIGHTEST, WIDEST, 4)
    x0, y0 = max(0, round(x + w * (0.5 - left))), max(0, round(y + h * (0.5 - top)))
    x1, y1 = round(x + w * (0.5 + right)), round(y + h * (0.5 + bottom))
    return picture[y0:y1, x0:x1], (x - x0, y - y0, w, h)
