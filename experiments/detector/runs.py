"""Run detectors, ours and others', over the pictures of `eval_detector.py`."""

import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from common.tables import read_picture
from experiments.core.peer_process import ask_peer
from experiments.detector.metrics import IGNORED, Results, assign, convention

PEER_SCRIPT = Path(__file__).with_name("peers.py")
OURS = "ours"
HERE = ("Haar default", "Haar alt2")  # need only OpenCV
ELSEWHERE = ("MTCNN", "libfacedetection")


@dataclass
class Run:
    """What one detector found on all pictures.

    ``found`` is a list of (boxes (N, 4), scores (N,)), one a picture; ``threshold`` its own,
    where it is known to matter (ours).
    """

    name: str
    found: list
    threshold: float = None

    def aligned(self, pictures):
        """(Run, Convention): the run with its boxes moved to the truth's convention."""
        by = convention([picture.truth for picture in pictures], self.found)
        return self.moved(by), by

    def moved(self, by):
        """The run with a `Convention` undone."""
        found = [(by.undone(boxes), scores) for boxes, scores in self.found]
        return Run(self.name, found, self.threshold)

    def assigned(self, pictures, iou):
        """For each picture what each detection hits; see `detector_metrics.assign`."""
        answers = []
        for picture, (boxes, scores) in zip(pictures, self.found):
            answer = assign(picture.truth, picture.ignored, boxes, scores, iou)
            if not picture.complete:
                answer[answer < 0] = IGNORED
            answers.append(answer)
        return answers

    def results(self, pictures, assigned, chosen):
        """`Results` on the pictures of these numbers, in this order."""
        scores, hits, images = [np.zeros(0)], [np.zeros(0, bool)], [np.zeros(0, int)]
        for place, number in enumerate(chosen):
            counted = assigned[number] != IGNORED
            scores.append(np.asarray(self.found[number][1], float)[counted])
            hits.append(assigned[number][counted] >= 0)
            images.append(np.full(counted.sum(), place))
        faces = np.array([len(pictures[number].boxes) for number in chosen])
        return Results(*map(np.concatenate, (scores, hits, images)), faces)


def run_ours(pictures, weights, min_face):
    """The cascade's faces, all that survive, and its own threshold."""
    from pipeline.cascade import Detector

    return run_detector(Detector.load(weights), pictures, min_face)


def run_detector(detector, pictures, min_face):
    """`run_ours` of a `pipeline.cascade.Detector` that is there already."""
    found = [
        detector.detect(read_picture(picture.path), min_face, threshold=0)
        for picture in tqdm(pictures, desc=OURS, mininterval=5)
    ]
    return Run(OURS, found, detector.big_threshold)


def run_peer(name, python, pictures, min_face, cache):
    """Another detector's faces, from a process of its own.

    Each picture's are kept in a file of the folder ``cache``, so that a run that was stopped
    goes on where it was; they serve as long as smallest face and `peers.py` are the same.
    """
    setting = f"{name} {min_face:g} ".encode() + PEER_SCRIPT.read_bytes()
    keys = [hashlib.sha256(setting + picture.path.read_bytes()).hexdigest() for picture in pictures]
    file = cache / f"{name.replace(' ', '-')}.jsonl"
    kept = read_kept(file)
    paths = {key: picture.path for key, picture in zip(keys, pictures) if key not in kept}
    if paths:
        with open(file, "a") as lines:
            for key, rows in zip(paths, ask(name, python, list(paths.values()), min_face)):
                lines.write(json.dumps([key, rows]) + "\n")
                kept[key] = rows
    return Run(name, [split(kept[key]) for key in keys])


def read_kept(file):
    """Rows by key, of the lines of a file that are whole; the others are cut off."""
    lines = file.read_bytes().splitlines(keepends=True) if file.exists() else []
    if lines and not lines[-1].endswith(b"\n"):
        lines.pop()  # stopped while writing
        file.write_bytes(b"".join(lines))
    return dict(json.loads(line) for line in lines)


def ask(name, python, paths, min_face):
    """Yield rows [x, y, w, h, score] of each picture, from `peers.py` by another Python."""
    command = [str(python), "-W", "ignore", str(PEER_SCRIPT), name, "--min-face", f"{min_face:g}"]
    for answer in ask_peer(name, command, [str(path.resolve()) for path in paths]):
        yield json.loads(answer)


def split(rows):
    """Boxes (N, 4) and scores (N,) of rows of five numbers."""
    rows = np.array(rows, float).reshape(-1, 5)
    return rows[:, :4], rows[:, 4]


def run_all(pictures, args, cache):
    """All detectors: list of `Run`, ours first. ``args`` as of `eval_detector.py`."""
    runs = [run_ours(pictures, args.weights, args.min_face)]
    for name in HERE:
        runs.append(run_peer(name, sys.executable, pictures, args.min_face, cache))
    for name in ELSEWHERE if args.peers else ():
        runs.append(run_peer(name, args.peers, pictures, args.min_face, cache))
    return runs
