"""Finish a net as a training has chosen whose performers were left to choose.

Who trains cannot choose. Calibrated without the performers, the bias would know web pictures only;
that of a training which left half of them out knows people like them.
"""

import json

import numpy as np

from common.cli import UserError
from experiments.real.choosing import chosen_metrics
from experiments.real.finish import finish, held_out, outputs_of, voted
from experiments.real.labels import SMILEYS

NOTED = ("command", "training", "finish", "weight", "penalty", "bias")


def note_bias(before, after):
    """What calibration has added to the last layer's bias: dict of smiley to float, JSON."""
    return {name: float(value) for name, value in zip(SMILEYS, np.subtract(after, before))}


def read_chosen(path):
    """What `train_real.py` has written of a training, its ``chosen.json``: dict of `NOTED`.

    Raises
    ------
    UserError
        If the file is not there or is none.
    """
    try:
        note = json.loads(path.read_text())
        bias_of(note)  # has all smileys
        return {name: note[name] for name in NOTED}
    except FileNotFoundError:
        raise UserError(f"there is no {path}: train without --final first") from None
    except (ValueError, KeyError, TypeError):
        raise UserError(f"{path} is no chosen.json of train_real.py") from None


def bias_of(note):
    """What `note_bias` has noted: float32 (classes,)."""
    return np.float32([note["bias"][name] for name in SMILEYS])


def finish_as(chosen, network, mixture, sets, seed=0):
    """Give a network the statistics and the bias of a training that has chosen.

    Parameters
    ----------
    chosen : dict
        As from `read_chosen`: its ``weight`` and ``bias`` count.
    network, mixture, sets, seed : as for `experiments.real.finish.finish`
        ``sets`` measure only.

    Returns
    -------
    list of dict
        One, as `finish` gives them.
    """
    weight = chosen["weight"]
    finish(network, mixture, sets, seed, weight)
    network.b.set_value(network.b.get_value() + bias_of(chosen))
    outputs = outputs_of(network)
    predicted = held_out([voted(outputs, one.votes) for one in sets], sets, None)
    return [{"weight": weight, "penalty": "as chosen", **chosen_metrics(sets, predicted)}]
