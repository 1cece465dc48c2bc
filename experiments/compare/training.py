"""The training of one arm, wherever it runs: the same arm gives the same bytes."""

from dataclasses import asdict, dataclass

import lasagne
import numpy as np

from augment.transforms import Augmentation
from experiments.core.provenance import code_hashes
from experiments.core.ridge import ridge_names
from experiments.core.training import CHECKPOINT, RATE, RNG_LOCK, forget_other
from experiments.smileys.data import labelled_squares
from experiments.smileys.splits import groups_of, parts_of, subset
from experiments.smileys.training import train_smileys
from nets.functions import input_of
from nets.input import network_input

SHOWN = 256  # training pictures measured after an epoch
CURVES = ("loss", "accuracy")


@dataclass(frozen=True)
class Arm:
    """All that an arm's result depends on, beside data and code.

    Parameters
    ----------
    name : str
        Of its folder; part of no result.
    split : {'person', 'clip', 'image'}
    folds, fold, repeat : int
        Which part is the test; ``repeat`` seeds who shares a fold.
    seed : int
        Of weights, batches and dropout.
    augmentation : Augmentation or None
    epochs, steps, batch : int
        The budget: ``epochs * steps`` batches.
    share : float
        Of the training people, clips or pictures, how many the network learns from.
    rate : float
        First learning rate.
    schedule : str
        One of `experiments.core.training.SCHEDULES`.
    """

    name: str
    split: str
    folds: int
    fold: int
    repeat: int
    seed: int
    augmentation: Augmentation
    epochs: int
    steps: int
    batch: int
    share: float = 1.0
    rate: float = RATE
    schedule: str = "cosine"

    def settings(self, data_hash):
        """As JSON, with the data."""
        settings = {"data": data_hash, **asdict(self)}
        del settings["name"]
        return settings

    def parts(self, rows):
        """Training, validation and test pictures."""
        parts = parts_of(rows, self.split, self.folds, self.fold, self.repeat)
        if self.share < 1:
            parts.train = subset(rows, parts.train, self.split, self.share, self.seed)
        return parts


def train_arm(arm, data, data_hash, folder, stop=lambda: False, tick=lambda: None):
    """Train one arm, going on at its checkpoint if there is one.

    Parameters
    ----------
    arm : Arm
    data : experiments.smileys.data.SmileyData
    data_hash : str
    folder : pathlib.Path
        Gets the checkpoint and ``metrics.jsonl``.
    stop, tick : callable
        As for `experiments.core.training.train`.

    Returns
    -------
    dict
        JSON: settings, code, the chosen epoch, curves, what each held-out picture was named.
    """
    parts = arm.parts(data.rows)
    forget_other(folder / CHECKPOINT, {"code": code_hashes()})
    with RNG_LOCK:
        trained = train_smileys(
            data,
            parts,
            folder,
            augmentation=arm.augmentation,
            epochs=arm.epochs,
            steps=arm.steps,
            batch=arm.batch,
            seed=arm.seed,
            settings={**arm.settings(data_hash), "code": code_hashes()},
            shown=SHOWN,
            watch=False,
            rate=arm.rate,
            schedule=arm.schedule,
            workers=0,
            resume=True,
            stop=stop,
            tick=tick,
            quiet=True,
        )
    return {
        "settings": arm.settings(data_hash),
        "code": code_hashes(),
        "pictures": len(parts.train),
        "people": len({data.rows[k]["person"] for k in parts.train}),
        "chosen": trained.chosen,
        "history": {
            f"{part}_{what}": [metrics[f"{part}_{what}"] for metrics in trained.history]
            for part in ("train", "choose", "val")
            for what in CURVES
        },
        "val": parts.test.tolist(),
        "predicted": trained.predicted.argmax(axis=1).tolist(),
        "identity": identity_of(trained.network, data),
    }


def identity_of(network, data):
    """How well the features below the last layer name the person: accuracy, None for one person.

    See `probe`; of all people, known or not.
    """
    if len({row["person"] for row in data.rows}) < 2:
        return None
    return probe(features_of(network, data), data.rows)


def probe(features, rows):
    """Accuracy of naming the person by features (N, d) of all pictures.

    A ridge classifier learns who is who from one half of each person's clips (`probe_halves`)
    and names the other half's pictures.
    """
    people = np.array([row["person"] for row in rows])
    clips = np.array([" ".join(group) for group in groups_of(rows, "clip")])
    learn, judge = probe_halves(rows)
    (named,) = ridge_names(features[learn], [people[learn]], features[judge], clips[learn])
    return float((named == people[judge]).mean())


def features_of(network, data, batch=256):
    """Input of the network's last layer, without dropout, for every labelled square: (N, 256)."""
    import theano

    below = lasagne.layers.get_all_layers(network)[-2]
    features = theano.function(
        [input_of(network)], lasagne.layers.get_output(below, deterministic=True)
    )
    squares = labelled_squares(data.rows, data.pictures)
    return np.concatenate(
        [features(network_input(squares[k : k + batch])) for k in range(0, len(squares), batch)]
    )


def probe_halves(rows):
    """Every other clip of each person, in order of its name: (training, test), ndarrays of int."""
    clips = {}
    for index, (person, clip) in enumerate(groups_of(rows, "clip")):
        clips.setdefault(person, {}).setdefault(clip, []).append(index)
    halves = [], []
    for own in clips.values():
        for number, clip in enumerate(sorted(own)):
            halves[number % 2].extend(own[clip])
    return tuple(np.array(half, int) for half in halves)
