"""Teaching a trained smiley net one more face without forgetting the old ones."""

from dataclasses import dataclass, replace
from itertools import cycle, islice

import lasagne
import numpy as np

from common.cli import UserError
from experiments.core.training import Trainer, cosine
from experiments.smileys.data import SMILEYS, SmileyBatches, labelled_squares, labels_of
from experiments.smileys.metrics import predict
from nets.functions import compile_probabilities
from nets.head import split_after_pooling
from nets.weights import blended
from pipeline.light import face_input

# The blocks of convolution that stay as they are. What they give is computed once for each window,
# so a batch costs a tenth of one of the whole net; how faces look is not new to them.
FROZEN = 2
WINDOWS = 512  # random variations of the new face, and as many of old ones
BATCH = 64  # windows: one half of the new face, the other of old ones
FEWEST = 3  # smileys of the new face
OLD, NEW, DRAWN = range(3)  # streams of random numbers: variations of old faces, new; of batches


@dataclass(frozen=True)
class Settings:
    """How a net is taught.

    Parameters
    ----------
    steps : int
        Batches.
    rate : float
        First step size of Adam.
    share : float
        Of the weights as taught, 0 to 1; the rest are those of before. The mean of both knows the
        new face as well, and others better than the end of the training does (Wortsman et al.,
        2022).
    """

    steps: int
    rate: float
    share: float


REAL = Settings(75, 2e-3, 0.5)  # a net for real people, whom no old picture shows
RENDERED = Settings(150, 1e-3, 1.0)  # one that has learnt from the people of the old pictures


def balanced(rows, pictures):
    """Rows and pictures, those of each smiley repeated in turn until all smileys have as many."""
    pairs = {}
    for row, picture in zip(rows, pictures):
        pairs.setdefault(row["smiley"], []).append((row, picture))
    most = max(map(len, pairs.values()))
    rows, pictures = zip(*(pair for some in pairs.values() for pair in islice(cycle(some), most)))
    return list(rows), list(pictures)


def mixed(rng, parts, batch=BATCH):
    """A batch of as many examples of each part.

    Parameters
    ----------
    rng : numpy.random.Generator
    parts : sequence of (ndarray (N, ...), ndarray of int32 (N,))
        Inputs and their labels.
    batch : int

    Returns
    -------
    (inputs, labels) : (ndarray (batch, ...), ndarray of int32 (batch,))
        The parts one behind another.
    """
    chosen = []
    for k, (inputs, labels) in enumerate(parts):
        size = batch * (k + 1) // len(parts) - batch * k // len(parts)
        drawn = rng.integers(len(labels), size=size)
        chosen.append((inputs[drawn], labels[drawn]))
    inputs, labels = zip(*chosen)
    return np.concatenate(inputs), np.concatenate(labels)


def hold_out(rows):
    """Split a person's pictures into training and test.

    Of a smiley with several shots the last one is the test. Where no smiley has two, the last third
    of every shot's frames is: neighbours of training pictures, an easier test.

    Returns
    -------
    (list of int, list of int, bool)
        Indices of training and test pictures; whether whole shots are the test.
    """
    shots = {}
    for index, row in enumerate(rows):
        shots.setdefault(row["smiley"], {}).setdefault(row["clip"], []).append(index)
    if any(len(clips) > 1 for clips in shots.values()):
        last = [list(clips.values())[-1] for clips in shots.values() if len(clips) > 1]
        test = sorted(index for shot in last for index in shot)
        whole = True
    else:
        clips = [clip for clips in shots.values() for clip in clips.values()]
        test = sorted(index for clip in clips for index in clip[-(len(clip) // 3) or None :])
        test = [k for k in test if not any(k == clip[0] for clip in clips)]
        whole = False
    taken = set(test)
    return [k for k in range(len(rows)) if k not in taken], test, whole


def check_smileys(rows, classes, what):
    """Raise a `UserError` for pictures that cannot teach a network of these classes.

    They show a smiley that it does not know, or fewer than `FEWEST`; ``what`` names them.
    """
    unknown = sorted({row["smiley"] for row in rows} - set(classes))
    if unknown:
        raise UserError(f"{what}: the network does not know {', '.join(unknown)}")
    have = len({row["smiley"] for row in rows})
    if have < FEWEST:
        raise UserError(f"{what} shows {have} smileys: make at least {FEWEST}")


class Accuracy:
    """Accuracy of a network as it is now, on one window a picture.

    Parameters
    ----------
    network : lasagne.layers.Layer
    classes : list of str
    normalized : bool
        As for `pipeline.vote.Voter`.
    """

    def __init__(self, network, classes, normalized=False):
        self.probabilities, self.classes = compile_probabilities(network), classes
        self.normalized = normalized

    def __call__(self, rows, pictures):
        """Part of the pictures named right, 0 to 1."""
        squares = labelled_squares(rows, pictures)
        predicted = predict(self.probabilities, face_input(squares, self.normalized))
        return float((predicted.argmax(axis=1) == labels_of(rows, self.classes)).mean())


class FineTuner:
    """Fine-tunes a network's upper layers; compiled once, used for any number of people.

    Parameters
    ----------
    network : lasagne.layers.Layer
        Changed in place.
    classes : list of str
    old : (list of dict, list of Mipmap)
        Rows and pictures that keep it from forgetting.
    seed : int
        Of the variations and batches. Dropout's is of when the network was built, see
        `experiments.core.training.set_seed`.
    normalized : bool
        As for `pipeline.vote.Voter`.
    """

    def __init__(self, network, classes, old, seed=0, normalized=False):
        self.network, self.classes, self.seed = network, classes, seed
        self.normalized, self.settings = normalized, REAL if normalized else RENDERED
        self.features, head = split_after_pooling(network, FROZEN)
        self.trainer = Trainer(head)
        self.fresh = self.trainer.state()
        # Not their labels but what the network says of them is to stay (Li & Hoiem, 2016,
        # Learning without Forgetting): it may never have known these people.
        inputs, _ = self.examples(old, OLD)
        self.old = inputs, predict(compile_probabilities(head), inputs).argmax(axis=1).astype("i4")

    def examples(self, part, stream):
        """Random variations of labelled faces, as the upper layers see them.

        Parameters
        ----------
        part : (list of dict, list of Mipmap)
            Rows and pictures.
        stream : {OLD, NEW}
            Each has random numbers of its own.

        Returns
        -------
        (ndarray of float32 (WINDOWS, ...), ndarray of int32 (WINDOWS,))
            With their labels.
        """
        batches = SmileyBatches(*part, self.classes, SMILEYS, BATCH)
        features, labels = [], []
        for number in range(WINDOWS // BATCH):
            windows, own = batches(np.random.default_rng([self.seed, stream, number]))
            features.append(self.features(face_input(windows, self.normalized)))
            labels.append(own)
        return np.concatenate(features), np.concatenate(labels)

    def __call__(self, own, tick=lambda done: None, **settings):
        """Teach one face.

        Parameters
        ----------
        own : (list of dict, list of Mipmap)
        tick : callable
            Called after each step with the number of steps done.
        **settings
            Of `Settings`, in place of those for such a net.
        """
        settings = replace(self.settings, **settings)
        before = lasagne.layers.get_all_param_values(self.network)
        parts = self.examples(balanced(*own), NEW), self.old
        rng = np.random.default_rng([self.seed, DRAWN])
        for step in range(settings.steps):
            self.trainer.learning_rate = cosine(settings.rate, step / settings.steps)
            self.trainer.step(*mixed(rng, parts))
            tick(step + 1)
        after = lasagne.layers.get_all_param_values(self.network)
        lasagne.layers.set_all_param_values(self.network, blended(before, after, settings.share))

    def reset(self):
        """Take the network and the optimiser back to where they began."""
        self.trainer.set_state(self.fresh)
