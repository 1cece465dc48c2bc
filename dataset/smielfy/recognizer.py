"""The networks of the service: one thread looks, everybody else waits for a turn.

Compiled Theano functions must not run twice at once, and decoding beside them would
only fight for the cores.
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from dataset.smielfy.errors import RequestError
from dataset.smielfy.faces import LOOKED_AT, choose, cut, decode, find
from nets.functions import compile_smile_probs_sum
from nets.weights import load_network, read_weights, set_params
from pipeline.cascade import Detector
from pipeline.tracking import Tracker
from pipeline.video_recognizer import VideoRecognizer
from pipeline.vote import Voter

TAKEN = 100  # turns waited for at once; who comes then is told to come again
MIRRORS = 12  # of these, looks of mirrors: a picture too old is of no use


class Recognizer:
    """Detector and smiley net, with a taught net a person.

    Parameters
    ----------
    detector : pipeline.cascade.Detector
    network : lasagne.layers.Layer
        The smiley net.
    classes : list of str
    smiles : path-like
        The shipped parameters of ``network``.
    taught : callable
        Takes a pseudonym or None; gives the path of this person's own net, or None.

    Attributes
    ----------
    classes : list of str
    threshold : float or None
        Share of the votes from which on an answer of the shipped net is right nine times in
        ten, as measured on people that it has not seen (`experiments/set_confidence.py`); 1.1 if no
        share will do, None if nobody measured it.
    """

    def __init__(self, detector, network, classes, smiles, taught=lambda person: None):
        self.detector, self.network, self.classes = detector, network, list(classes)
        self.voter = Voter(compile_smile_probs_sum(network), classes)
        self.smiles, self.taught = Path(smiles), taught
        self._nets = {}  # parameters read before, by path and time of change
        self._current = self._read(None)
        self.threshold = threshold_of(self._current[1])
        self._pool = ThreadPoolExecutor(1, "recognizer")
        self.waiting = 0

    @classmethod
    def load(cls, weights, smiles):
        """Load the detector from a folder, and a smiley net."""
        network, meta = load_network(smiles, "smiles")
        return cls(Detector.load(weights), network, meta["classes"], smiles)

    async def turn(self, function, *arguments, most=TAKEN):
        """Run a function in the networks' thread.

        Raises
        ------
        RequestError
            429 while ``most`` others wait.
        """
        if self.waiting >= most:
            raise RequestError(429, "busy", wait=1)
        self.waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pool, function, *arguments)
        finally:
            self.waiting -= 1

    async def face(self, data):
        """The face in an upload, checked and cut out: see `dataset.smielfy.faces.cut`."""
        return await self.turn(self._face, data)

    def _face(self, data):
        image = decode(data)
        boxes, scores = find(self.detector, image)
        return cut(image, choose(boxes, scores, image.shape))

    async def recognize(self, data, near, person):
        """Name the smiley of a mirror's picture.

        Parameters
        ----------
        data : bytes
        near : tuple (x, y, w, h) or None
            Where the face was in the picture before; it is looked for there first.
        person : str or None
            Whose taught net to use.

        Returns
        -------
        dict
            ``box`` as parts of the picture's width and height, or None; ``smiley``,
            ``share``, ``shares`` by name; ``confident``, whether that share means being right nine
            times in ten, None if nobody knows; ``net`` that looked and ``taught``, whether it
            is this person's own; ``ms`` that the networks took.
        """
        return await self.turn(self._recognize, data, near, person, most=MIRRORS)

    def _recognize(self, data, near, person):
        start = time.perf_counter()
        image = decode(data)
        height, width = image.shape[:2]
        if max(height, width) > 2 * LOOKED_AT:
            raise RequestError(413, "too_many_pixels")
        unit = np.array([width, height, width, height], float)
        recognizer = VideoRecognizer(Tracker(self.detector, 2), self.voter)
        if near is not None:
            recognizer.begin(near * unit)
        taught, threshold = self._select(person)
        box = vote = None
        if min(height, width) >= 48:
            box, vote = recognizer.step(image)
        answer = {"box": None, "smiley": None, "share": None, "shares": {}}
        if vote is not None:
            shares = [round(float(share), 4) for share in vote.shares]
            answer = {
                "box": [round(float(side), 4) for side in box / unit],
                "smiley": vote.smiley,
                "share": shares[vote.best],
                "shares": dict(zip(vote.classes, shares)),
                "confident": None if threshold is None else bool(shares[vote.best] >= threshold),
                "net": self.smiles.stem,
                "taught": taught,
            }
        return {**answer, "ms": round(1e3 * (time.perf_counter() - start))}

    def forget(self, person):
        """Drop a person's parameters from memory."""
        self._pool.submit(self._drop, person)

    def _drop(self, person):
        self._nets = {key: value for key, value in self._nets.items() if key[0].stem != person}
        self._select(None)

    def _select(self, person):
        """Put the person's own parameters, or the shipped ones, into the network.

        Returns
        -------
        (bool, float or None)
            Whether they are her own, and from which share on they are sure. A taught net of
            other classes, from a service that was started with another net, is left aside.
        """
        path = self.taught(person)
        net = self._read(path)
        if net[1].get("classes") != self.classes:
            path, net = None, self._read(None)
        if net is not self._current:
            set_params(self.network, net[0], path or self.smiles)
            self._current = net
        self.voter.normalized = net[1]["normalized"]
        threshold = threshold_of(net[1])
        return path is not None, self.threshold if threshold is None or threshold > 1 else threshold

    def _read(self, path):
        key = (path or self.smiles, path and path.stat().st_mtime_ns)
        if key not in self._nets:
            if len(self._nets) > 8:  # a megabyte each; read again when needed
                self._nets = {k: v for k, v in self._nets.items() if k[0] == self.smiles}
            self._nets[key] = read_weights(path or self.smiles)
        return self._nets[key]


def threshold_of(meta):
    """The share from which on a net is sure; 1.1 for never, None if its weights do not say."""
    sure = meta.get("sure")
    if not isinstance(sure, dict):
        return None
    threshold = sure.get("threshold")
    return float(threshold) if isinstance(threshold, (int, float)) else 1.1
