"""Teaching a trained smiley net one more face without forgetting the old ones."""

import lasagne
import numpy as np

from augment.stream import Stream
from common.cli import UserError
from experiments.core.training import Trainer, cosine, set_seed
from experiments.smileys.data import SMILEYS, SmileyBatches, labelled_squares, labels_of
from experiments.smileys.metrics import predict
from nets.functions import compile_probabilities
from nets.weights import blended
from pipeline.light import face_input

STEPS = 150
BATCH = 64  # windows: one half of the new face, the other of old ones
RATE = 1e-3  # first step size of Adam: a third of the first training's
FEWEST = 3  # smileys of the new face
# Of what was learnt, where the old pictures are not of those whom the network knows, as with the
# net for real people; the rest stays what it was. The mean of the weights before and after knows
# the new face as well, and others better than the end of the training does (Wortsman et al., 2022).
SHARE = 0.5


class MixedBatches:
    """Batches for `augment.stream.Stream`: first windows of a new face, then of old ones.

    Parameters
    ----------
    own, old : (list of dict, list of Mipmap)
        Rows and pictures.
    classes : list of str
    batch : int
    """

    def __init__(self, own, old, classes, batch=BATCH):
        half = batch // 2
        self.parts = [
            SmileyBatches(*own, classes, SMILEYS, batch - half),
            SmileyBatches(*old, classes, SMILEYS, half),
        ]

    def __call__(self, rng):
        """One batch: (windows uint8 (N, 48, 48, 3), labels int32 (N,))."""
        windows, labels = zip(*(part(rng) for part in self.parts))
        return np.concatenate(windows), np.concatenate(labels)


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
    """Fine-tunes a network; compiled once, used for any number of people.

    Parameters
    ----------
    network : lasagne.layers.Layer
        Changed in place.
    classes : list of str
    old : (list of dict, list of Mipmap)
    seed : int
    normalized : bool
        As for `pipeline.vote.Voter`.
    """

    def __init__(self, network, classes, old, seed=0, normalized=False):
        set_seed(seed)
        self.classes, self.old, self.seed = classes, old, seed
        self.normalized = normalized
        self.network, self.trainer = network, Trainer(network)
        self.fresh = self.trainer.state()

    def __call__(self, own, steps=STEPS, rate=RATE, share=None, tick=lambda done: None):
        """Teach one face.

        Parameters
        ----------
        own : (list of dict, list of Mipmap)
        steps : int
        rate : float
        share : float, optional
            Of the weights as taught, 0 to 1; the rest are those of before. By default `SHARE` for
            a net for real people, which wants one contrast, and 1 for others.
        tick : callable
            Called after each step with the number of steps done.
        """
        if share is None:
            share = SHARE if self.normalized else 1.0
        before = lasagne.layers.get_all_param_values(self.network)
        batches = MixedBatches(own, self.old, self.classes)
        with Stream(batches, self.seed) as stream:
            for step in range(steps):
                self.trainer.learning_rate = cosine(rate, step / steps)
                windows, labels = next(stream)
                self.trainer.step(face_input(windows, self.normalized), labels)
                tick(step + 1)
        after = lasagne.layers.get_all_param_values(self.network)
        lasagne.layers.set_all_param_values(self.network, blended(before, after, share))

    def reset(self):
        """Take the network and the optimiser back to where they began."""
        self.trainer.set_state(self.fresh)
