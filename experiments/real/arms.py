"""Short trainings that are compared: without one of the sources, or on few people."""

import json
import zlib
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np

from common.cli import ROOT
from experiments.core.provenance import COUNTED, code_hashes
from experiments.core.training import CHECKPOINT, RNG_LOCK, forget_other
from experiments.real import recipe
from experiments.real.choosing import choosers
from experiments.real.finish import named, outputs_of
from experiments.real.mixture import Mixture, Part
from experiments.real.training import fingerprint, train_real

START = ROOT / "weights" / "strangers.npz"  # has seen rendered people only
# What a result depends on, beside the modules of every training.
MODULES = (
    *(path for path in COUNTED if not path.startswith(("experiments/compare", "experiments/smil"))),
    *(f"experiments/real/{name}.py" for name in (
        "acted", "arms", "choosing", "finish", "labelled", "labels", "loss", "mixture", "packed",
        "recipe", "source", "sources", "training", "winks",
    )),
    "dataset/puppet/one_eye.py",
    "experiments/smileys/metrics.py",
    "pipeline/light.py",
    "pipeline/windows.py",
)  # fmt: skip
codes = partial(code_hashes, MODULES)


@dataclass(frozen=True)
class RealArm:
    """All that a training's result depends on, beside data and code.

    Parameters
    ----------
    name : str
        Of its folder; part of no result.
    sources : tuple of str
        Names of `recipe.SHARES`, whose shares are scaled to add up to 1.
    people : int
        Of all sources but rendered people together, drawn for this seed; 0 for all there are.
    seed : int
        Of who is drawn, of batches and dropout.
    epochs, steps, batch : int
        The budget: ``epochs * steps`` batches.
    rate : float
        First learning rate.
    """

    name: str
    sources: tuple
    people: int = 0
    seed: int = 0
    epochs: int = 8
    steps: int = 300
    batch: int = 32
    rate: float = 2e-3

    def settings(self, data_hash):
        """As JSON, with the data."""
        settings = {"data": data_hash, **asdict(self)}
        del settings["name"]
        return settings


class RealData:
    """All sources that train, and the people on whom the trainings are compared.

    Parameters
    ----------
    parts : list of experiments.real.mixture.Part
        With every second performer of the first half.
    sets : list of experiments.real.choosing.Chooser
        People whom no source trains on: those who choose how the shipped net is finished.
    """

    def __init__(self, parts, sets):
        self.parts, self.sets = parts, sets

    @classmethod
    def read(cls, folders):
        """From (published sets, rendered people, list of puppets' folders)."""
        names = list(recipe.SHARES)
        return cls(recipe.parts_of(names, *folders), choosers(names, *folders))

    def hash(self):
        """Twelve digits of the pictures that train and their targets."""
        return fingerprint(self.parts)

    def mixture(self, arm):
        """What an arm learns from."""
        parts = [part for part in self.parts if part.source.name in arm.sources]
        if arm.people:
            parts = fewer(parts, arm.people, arm.seed)
        return Mixture(parts, arm.batch)


def fewer(parts, people, seed):
    """Parts with so many people in all, each source's in proportion to its share.

    Of a source's people, in an order that the seed shuffles, the first ones: who is among few is
    among many. Each source keeps one person at least; rendered people, who are no sample, stay.
    """
    drawn = [part for part in parts if part.source.name != "rendered"]
    total = sum(part.share for part in drawn)
    made = []
    for part in parts:
        source = part.source
        if part in drawn:
            names = sorted(set(source.people))
            rng = np.random.default_rng([seed, zlib.crc32(source.name.encode())])
            count = max(1, round(people * part.share / total))
            known = {names[k] for k in rng.permutation(len(names))[:count]}
            source = source.subset([k for k, who in enumerate(source.people) if who in known])
        made.append(Part(source, part.share, part.levelled))
    return made


def train_arm(arm, data_hash, data, folder, stop, tick):
    """Train one arm, going on at its checkpoint if there is one, and let it name all that judge.

    Parameters
    ----------
    arm : RealArm
    data_hash : str
    data : RealData
    folder : pathlib.Path
    stop, tick : callable
        As for `experiments.core.training.train`.

    Returns
    -------
    dict
        JSON: settings, code, how many pictures and people were learnt from, part of the windows
        named rightly in each epoch, and ``named``: for each set the class of each picture, by the
        vote of nine windows among all 17 smileys.
    """
    mixture = data.mixture(arm)
    settings = {"arm": json.loads(json.dumps(arm.settings(data_hash))), "code": codes()}
    forget_other(folder / CHECKPOINT, settings)
    with RNG_LOCK:
        network, _ = train_real(
            mixture,
            data.sets,
            folder,
            init=START,
            adjust=1.0,
            epochs=arm.epochs,
            steps=arm.steps,
            seed=arm.seed,
            rate=arm.rate,
            more=settings,
            workers=0,
            resume=True,
            stop=stop,
            tick=tick,
            quiet=True,
        )
    metrics = (folder / "metrics.jsonl").read_text().splitlines()
    outputs = outputs_of(network)
    people = {who for part in mixture.parts for who in part.source.people}
    return {
        "settings": arm.settings(data_hash),
        "code": codes(),
        "pictures": sum(len(part.source) for part in mixture.parts),
        "people": len(people),
        "curve": [json.loads(line)["batch_accuracy"] for line in metrics],
        "named": {one.name: named(outputs, one.votes) for one in data.sets},
    }
