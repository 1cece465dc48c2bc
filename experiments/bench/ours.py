"""What the bench measures of this project; see `worker.py`."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import cv2
import numpy as np

import nets  # noqa: F401
from experiments.bench.worker import serve
from experiments.training import Trainer
from nets.functions import compile_smile_probs_sum
from nets.smiles import build_net_smiles
from nets.weights import load_network
from pipeline.cascade import Detector

RNG = np.random.default_rng(0)
SCENE = Path(sys.argv[1])  # a picture with faces


def inputs(count):
    """Random network input (count, 3, 48, 48)."""
    return RNG.uniform(-1, 1, (count, 3, 48, 48)).astype(np.float32)


def train(batch=128):
    """One training step of the article's network."""
    trainer = Trainer(build_net_smiles())
    x, y = inputs(batch), (np.arange(batch) % 17).astype(np.int32)
    return lambda: trainer.step(x, y)


def vote():
    """The vote of 45 windows, from network input to the summed probabilities."""
    network, _ = load_network(ROOT / "weights" / "smiles.npz", "smiles")
    function = compile_smile_probs_sum(network)
    x = inputs(45)
    return lambda: function(x)


def detect(min_face):
    """Detection in one picture."""
    image = cv2.imread(str(SCENE))
    detector = Detector.load(ROOT / "weights")
    return lambda: detector.detect(image, min_face)


if __name__ == "__main__":
    serve(
        {
            "train": train,
            **{f"train {n}": (lambda n=n: train(n)) for n in (16, 32, 64, 256)},
            "vote": vote,
            "detect 80": lambda: detect(80),
            "detect 40": lambda: detect(40),
        }
    )
