"""The training itself: the net from its start to the chosen epoch."""

import hashlib
from dataclasses import asdict

import numpy as np

from common.cli import UserError
from experiments.core.training import Trainer, set_seed, train
from experiments.real.choosing import chosen_metrics
from experiments.real.finish import see_no_colour
from experiments.real.labels import SMILEYS
from experiments.real.loss import SetLoss
from experiments.smileys.metrics import predict
from nets.functions import compile_probabilities
from nets.smiles import build_net_smiles
from nets.weights import read_weights, set_params


def started(init, seed):
    """The article's net with the parameters of a file whose classes may stand in another order."""
    set_seed(seed)
    network = build_net_smiles(num_classes=len(SMILEYS))
    if init is None:
        return network
    arrays, meta = read_weights(init)
    classes = meta.get("classes") or []
    if sorted(classes) != sorted(SMILEYS):
        raise UserError(f"{init} does not know the 17 smileys: name another net to start from")
    order = [classes.index(name) for name in SMILEYS]
    last = max(arrays)  # names begin with the layer's number
    top = last.split(".")[0]
    arrays = {
        name: array[..., order] if name.split(".")[0] == top else array
        for name, array in arrays.items()
    }
    set_params(network, arrays, init)
    return network


def fingerprint(parts):
    """Twelve digits that tell this mixture from others: by its pictures and their targets."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{part.source.name} {part.share} {part.levelled}".encode())
        digest.update(np.ascontiguousarray(part.source.targets))
        for picture in part.source.pictures:
            digest.update(picture)
    return digest.hexdigest()[:12]


def train_real(
    mixture, sets, folder, *, init, adjust, epochs, steps, seed, rate, more=None, **options
):
    """Train on a mixture; measure each epoch on the sets that choose.

    The last epoch is taken: the rate has fallen to 0, and of many epochs the best on few
    pictures is so by chance.

    Parameters
    ----------
    mixture : experiments.real.mixture.Mixture
    sets : list of experiments.real.choosing.Chooser
    folder : pathlib.Path
        Gets ``metrics.jsonl`` and ``checkpoint.npz``.
    init : path-like or None
    adjust : float
        Strength of the logit adjustment (`experiments.real.loss.SetLoss`).
    epochs, steps, seed, rate
        As for `experiments.core.training.train`.
    more : dict or None
        Settings beside these that must be the same for a training to be resumed: JSON.
    **options
        ``workers``, ``resume``, ``stop``: likewise.

    Returns
    -------
    (network, dict of the last epoch's metrics)
    """
    network = started(init, seed)
    see_no_colour(network)  # the windows have none, and those that choose may
    trainer = Trainer(network, objective=SetLoss(adjust))
    probabilities = compile_probabilities(network)
    settings = {
        "mixture": fingerprint(mixture.parts),
        "augmentation": asdict(mixture.augmentation),
        "init": str(init and init.name),
        "adjust": adjust,
        "batch": mixture.batch,
        "epochs": epochs,
        "steps": steps,
        "seed": seed,
        "rate": rate,
        **(more or {}),
    }
    progress = train(
        trainer,
        mixture,
        lambda: chosen_metrics(sets, [predict(probabilities, one.inputs) for one in sets]),
        folder,
        settings,
        epochs=epochs,
        steps=steps,
        seed=seed,
        rate=rate,
        **options,
    )
    return network, progress.history[-1]
