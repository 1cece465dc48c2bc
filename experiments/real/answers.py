"""What our nets and others' packages answer to the pictures of a labelled set."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from common.cli import UserError
from common.crops import Mipmap, crop
from common.tables import SHOWN, meets, read_picture
from experiments.core.peer_process import ask_peer
from experiments.real import peers
from experiments.real.labelled import to_haar
from experiments.real.vocabulary import meaning
from experiments.smileys.baselines import face_patch, folds_of, hog, linear_classifier
from experiments.smileys.metrics import predict
from nets.adabn import Adapter
from nets.functions import compile_probabilities
from nets.weights import load_network
from pipeline.best_square import best_square, whole_square
from pipeline.cascade import Detector
from pipeline.light import brighten, face_input
from pipeline.options import smallest_face
from pipeline.vote import Voter

BOX, DETECTOR = "labelled box", "detector"
ADAPTED = ", adapted"
FILM = 8  # pictures a person from which on her own statistics can be told
HOG = "HOG, linear, of this set"


@dataclass
class Answers:
    """One classifier's answers.

    Parameters
    ----------
    who : str
    way : str
        `BOX`, one window at the labelled box; or `DETECTOR`, at the box that our detector
        finds, where our nets let 45 windows vote.
    names : list of str
        The outputs' names, in the classifier's own words.
    voices : list of tuple of str
        The smileys that each output stands for; () for none.
    probabilities : ndarray (N, outputs)
        NaN where no face was found.
    """

    who: str
    way: str
    names: list
    voices: list
    probabilities: np.ndarray


def detected(data, weights):
    """The box that `run_video` would choose in each picture, NaN where it finds none: (N, 4)."""
    detector = Detector.load(weights)
    found = np.full((len(data.paths), 4), np.nan)
    for index in tqdm(range(len(data.paths)), desc="faces", mininterval=5):
        picture = data.picture(index)
        boxes, scores = detector.detect(picture, smallest_face(picture))
        chosen = best_square(boxes, scores)
        if chosen is not None:
            found[index] = boxes[chosen]
    return found


def whole_where_missing(data):
    """The labelled boxes, `whole_square` of the picture where there is none: (N, 4).

    Raises
    ------
    UserError
        Naming the pictures that cannot be read, or whose box does not meet them: before the
        long work, not within it.
    """
    boxes, problems = data.boxes.copy(), []
    for index, path in enumerate(data.paths):
        picture = read_picture(path)
        if picture is None:
            problems.append(f"no readable picture {path}")
        elif np.isnan(boxes[index]).any():
            boxes[index] = whole_square(picture.shape)
        elif not meets(dict(zip("xywh", boxes[index])), picture.shape):
            problems.append(f"box outside the picture {path}")
    if problems:
        more = len(problems) - SHOWN
        raise UserError("; ".join(problems[:SHOWN]) + (f"; and {more} more" if more > 0 else ""))
    return boxes


def our_answers(data, path, labelled, found, adapt=False):
    """A net of ours, both ways: list of `Answers`.

    Parameters
    ----------
    data : experiments.real.labelled.LabelledSet
    path : path-like
        Weights of a smiley net.
    labelled, found : ndarray (N, 4)
        From `whole_where_missing` and `detected`.
    adapt : bool
        Also with the batch statistics of each person's own windows, half-way, as
        `run_video --adapt` does on a film: without a look at any label. Where the set shows
        fewer than `FILM` pictures a person, those of all windows together.
    """
    network, meta = load_network(path, "smiles")
    single = compile_probabilities(network)
    voter = Voter.of(network, meta)
    names = meta["classes"]
    voices = [meaning(name) for name in names]
    who = Path(path).stem
    everyone = np.full(len(data.people), "")
    answers = both_ways(data, labelled, found, single, voter, everyone)
    kept = [Answers(who, way, names, voices, answer) for way, answer in answers.items()]
    if adapt:
        adapter = Adapter(network)
        films = data.people if len(data.people) >= FILM * len(set(data.people)) else everyone
        answers = both_ways(data, labelled, found, single, voter, films, adapter)
        kept += [
            Answers(who + ADAPTED, way, names, voices, answer) for way, answer in answers.items()
        ]
    return kept


def both_ways(data, labelled, found, single, voter, films, adapter=None):
    """Probabilities (N, classes) by way; each of ``films`` (N,) is adapted to by itself."""
    shape = (len(data.paths), len(voter.classes))
    answers = {BOX: np.full(shape, np.nan), DETECTOR: np.full(shape, np.nan)}
    for film in tqdm(sorted(set(films)), desc="smileys", mininterval=5):
        chosen = np.flatnonzero(films == film)
        pictures = [brighten(Mipmap(data.picture(k))) for k in chosen]
        for way, boxes in ((BOX, labelled), (DETECTOR, found)):
            seen = [at for at, k in enumerate(chosen) if not np.isnan(boxes[k]).any()]
            if not seen:
                continue
            if adapter or way == BOX:
                windows = [crop(pictures[at], [boxes[chosen[at]]]) for at in seen]
                windows = face_input(np.concatenate(windows), voter.normalized)
            if adapter:
                adapter(windows)
            if way == BOX:
                answers[way][chosen[seen]] = predict(single, windows)
            else:
                for at in seen:
                    vote = voter.vote(pictures[at], boxes[chosen[at]])
                    answers[way][chosen[at]] = vote.shares
    return answers


def peer_answers(data, name, python, labelled, found):
    """Another package, both ways (without a vote): list of `Answers`.

    Raises
    ------
    UserError
        If it does not run under ``python``.
    """
    words = list(peers.PEERS[name].CLASSES)
    voices = [meaning(word) for word in words]
    command = [str(python), "-W", "ignore", peers.__file__, name]
    kept = []
    for way, boxes in ((BOX, labelled), (DETECTOR, found)):
        seen = np.flatnonzero(~np.isnan(boxes).any(axis=1))
        lines = [
            json.dumps({"image": str(data.paths[k].resolve()), "box": box.tolist()})
            for k, box in zip(seen, to_haar(boxes[seen]))
        ]
        probabilities = np.full((len(boxes), len(voices)), np.nan)
        for k, answer in zip(seen, ask_peer(f"{name}, {way}", command, lines)):
            probabilities[k] = json.loads(answer)
        kept.append(Answers(name, way, words, voices, probabilities))
    return kept


def hog_answers(data, labelled, found, seed=0):
    """HOG and a linear classifier that learn from the other people of this very set.

    Five folds by person; a fold's pictures are named by what the others taught. It knows the
    set's labels, cameras and light, and so is no stranger to it as all others are.

    Returns
    -------
    list of Answers
        Of 1 and 0; empty where the set has fewer than five people.
    """
    if len(set(data.people)) < 5:
        return []
    folds = folds_of(data.people, "person", seed)
    names = list(data.groups)
    learnt = features(data, labelled)
    kept = []
    for way, boxes in ((BOX, labelled), (DETECTOR, found)):
        seen = ~np.isnan(boxes).any(axis=1)
        asked = learnt if way == BOX else features(data, boxes)
        probabilities = np.full((len(boxes), len(names)), np.nan)
        for fold in np.unique(folds):
            train, test = folds != fold, (folds == fold) & seen
            if test.any():
                answer = linear_classifier(learnt[train], data.labels[train], asked[test])
                probabilities[test] = answer[:, None] == np.array(names)
        kept.append(Answers(HOG, way, names, list(data.groups.values()), probabilities))
    return kept


def features(data, boxes):
    """HOG of each picture's square (N, 1764); zeros where there is none."""
    patches = np.zeros((len(boxes), 64, 64), np.uint8)
    seen = ~np.isnan(boxes).any(axis=1)
    tight = to_haar(boxes)
    for k in np.flatnonzero(seen):
        patches[k] = face_patch(data.picture(k), tight[k])
    found = hog(patches)
    found[~seen] = 0
    return found


def all_answers(data, nets, weights, python=None, adapt=False, seed=0):
    """Everybody's answers: (list of `Answers`, boxes that our detector found (N, 4)).

    Parameters
    ----------
    data : experiments.real.labelled.LabelledSet
    nets : list of path-like
    weights : path-like
        Folder of the detector.
    python : path-like, optional
        Python of the environment that has the peers; without it they are left out.
    adapt : bool
    seed : int
        Of the folds of HOG and a linear classifier.
    """
    labelled, found = whole_where_missing(data), detected(data, weights)
    answers = []
    for net in nets:
        answers += our_answers(data, net, labelled, found, adapt)
    answers += hog_answers(data, labelled, found, seed)
    for name in peers.PEERS if python else ():
        try:
            answers += peer_answers(data, name, python, labelled, found)
        except UserError as error:
            print(f"left out: {error}", file=sys.stderr)
    return answers, found
