"""The vote: 45 windows beside a face name its smiley together.

"The detector may give very different results: covering the face, the centre of the
face, and at times just a piece of it. The smiley classifier reacts to this very badly,
so instead of one square I take 45 standing beside, and hold a vote."
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common.crops import Mipmap, crop
from nets import functions
from nets.adabn import adapt
from nets.input import network_input
from nets.weights import load_network
from pipeline.light import brighten, face_input, normalize_contrast
from pipeline.windows import neighbours, surroundings


@dataclass
class Vote:
    """How the windows voted.

    Parameters
    ----------
    classes : list of str
    sums : ndarray (classes,)
        Each class's probability, summed over all windows.
    """

    classes: list
    sums: np.ndarray

    @property
    def best(self):
        """Index of the winning class."""
        return int(self.sums.argmax())

    @property
    def smiley(self):
        """Name of the winning class."""
        return self.classes[self.best]

    @property
    def shares(self):
        """Each class's part of the maximum it could get: (classes,), adding up to 1."""
        return functions.share(self.sums)

    @property
    def score(self):
        """The article's score of the winner: its sum divided by 17, as written."""
        _, value = functions.score(lambda sums: (sums.argmax(), sums.max()), [self.sums])
        return value


class Voter:
    """The smiley network, compiled to vote.

    Parameters
    ----------
    smile_probs_sum : callable from `nets.functions.compile_smile_probs_sum`
        For the shared vote, from `nets.functions.compile_shared_probs_sum`.
    classes : list of str
        What the network's outputs are.
    shared : bool
        Whether neighbouring windows share the network's early layers.
    net : str
        Name of the network, for whoever reads what it says.
    network : lasagne.layers.Layer, optional
        What the function was compiled of, for `adapt`.
    normalized : bool
        Whether the network has been trained on faces of normalised contrast, and gets such.
    """

    def __init__(
        self, smile_probs_sum, classes, shared=False, net="smiles", network=None, normalized=False
    ):
        self.smile_probs_sum = smile_probs_sum
        self.classes = classes
        self.shared = shared
        self.net = net
        self.network = network
        self.normalized = normalized

    @classmethod
    def of(cls, network, meta):
        """Compile a network as `nets.weights.load_network` gives it, with its meta."""
        function = functions.compile_smile_probs_sum(network)
        return cls(function, meta["classes"], network=network, normalized=meta["normalized"])

    @classmethod
    def load(cls, path, shared=False, precision="float32"):
        """Load a smiley network; its classes come with the weights.

        ``precision`` is as for `nets.fast.in_precision`.
        """
        net_smiles, meta = load_network(path, "smiles")
        if shared:
            function = functions.compile_shared_probs_sum(net_smiles, precision=precision)
        else:
            function = functions.compile_smile_probs_sum(net_smiles, precision)
        name, normalized = Path(path).stem, meta["normalized"]
        return cls(function, meta["classes"], shared, name, net_smiles, normalized)

    def adapt(self, windows):
        """Move the network half-way to the batch statistics of windows of the people at hand.

        Parameters
        ----------
        windows : ndarray of uint8 (N, 48, 48, 3)
            Their faces, of many smileys; nobody need know which.
        """
        adapt(self.network, face_input(windows, self.normalized))
        self.net += ", adapted"

    def vote(self, image, box):
        """Let the 45 windows beside a box vote; a dark picture is brightened first.

        Parameters
        ----------
        image : ndarray of uint8 (H, W, 3), or its `common.crops.Mipmap`
        box : sequence (x, y, w, h)

        Returns
        -------
        Vote
        """
        picture = brighten(Mipmap.of(image))
        if self.shared:
            windows = crop(picture, surroundings(box), 64)
        else:
            windows = crop(picture, neighbours(box))
        if self.normalized:
            windows = normalize_contrast(windows, crop(picture, [box])[0])
        return Vote(self.classes, self.smile_probs_sum(network_input(windows)))
