"""What the bench measures of this project; see `worker.py`."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import cv2
import numpy as np

import nets  # noqa: F401
from experiments.bench.scenes import scene
from experiments.bench.sizes import AREAS, FACES, TRAIN, VOTE
from experiments.bench.worker import serve
from experiments.core.training import Trainer
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


def vote(precision="float32"):
    """The vote of 45 windows, from network input to the summed probabilities."""
    network, _ = load_network(ROOT / "weights" / "smiles.npz", "smiles")
    function = compile_smile_probs_sum(network, precision)
    x = inputs(45)
    return lambda: function(x)


def detect(min_face):
    """Detection in one picture."""
    image = cv2.imread(str(SCENE))
    detector = Detector.load(ROOT / "weights")
    return lambda: detector.detect(image, min_face)


def search(width, height, faces):
    """Detection in a scene of faces that fill tiles of 96 pixels, smallest face 40."""
    image = scene(width, height, faces, 96)
    detector = Detector.load(ROOT / "weights")
    return lambda: detector.detect(image, 40)


def vote_of(windows):
    """A vote of so many windows."""
    network, _ = load_network(ROOT / "weights" / "smiles.npz", "smiles")
    function = compile_smile_probs_sum(network)
    x = inputs(windows)
    return lambda: function(x)


if __name__ == "__main__":
    serve(
        {
            "train": train,
            **{f"train {n}": (lambda n=n: train(n)) for n in TRAIN if n != 128},
            "vote": vote,
            "vote bfloat16": lambda: vote("bfloat16"),
            **{f"vote {n}": (lambda n=n: vote_of(n)) for n in VOTE},
            **{f"area {w} {h}": (lambda w=w, h=h: search(w, h, 1)) for w, h in AREAS},
            **{f"faces {n}": (lambda n=n: search(960, 540, n)) for n in FACES},
            "detect 80": lambda: detect(80),
            "detect 40": lambda: detect(40),
        }
    )
