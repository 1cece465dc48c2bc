"""The rounds of `train_detector.py`: learn, search for what fools the cascade, repeat."""

import json
import time
from pathlib import Path

import lasagne
import numpy as np
from tqdm import tqdm

from augment.stream import Stream
from common.tables import box_of
from experiments.core.training import Trainer, load_checkpoint, save_checkpoint, take_steps
from experiments.detector.metrics import match, recall_at
from experiments.detector.parts import run_of
from experiments.detector.training_windows import (
    DetectorBatches,
    Scene,
    read_faces,
    read_scenes,
    textures,
)
from nets.detector import build_net_big, build_net_small
from nets.functions import compile_faces, compile_scan
from nets.weights import load_network, save_weights
from pipeline.calibration import Calibrator
from pipeline.cascade import Detector
from pipeline.suppression import overlaps

SMALL_ROUNDS = 3
# Share of the scenes' windows that the small net lets pass: as much as the big net has time
# for, some 20 windows a picture. A threshold by the faces that pass came out too high, since the
# faces kept for it are easier than those of the world.
SMALL_PASS = 0.0025
SMALL_IOU = 0.6  # a candidate this near lets its face pass
FALSE_POSITIVES = 0.1  # per scene, at the big net's threshold
TUNE_EVERY = 10  # one in so many training people and runs of scenes is kept for the thresholds
MOST_TUNE = 200  # faces of theirs, drawn at random: they are run through after each round
MAX_HARD = 200_000
HARD_SCORE = 0.05  # a background window that the big net gives more is worth learning
RATES = {"small": 2e-3, "big": 1e-3}  # first learning rate
WARM = 0.6  # of it, for networks that have learnt before
BATCHES = {"small": 128, "big": 64}  # windows a step


class DetectorTraining:
    """Data, networks and thresholds of one training.

    Parameters
    ----------
    args : argparse.Namespace of `train_detector.py`
    out : pathlib.Path
        Folder for the results.
    """

    def __init__(self, args, out):
        self.args, self.out = args, out
        self.log_file = out / "log.jsonl"
        self.rng = np.random.default_rng(args.seed)
        rows, faces = read_faces(args.faces)
        scene_rows, scenes = read_scenes(args.scenes)
        learning = [row for row in rows + scene_rows if row.get("split") != "val"]
        groups = {True: set(), False: set()}  # people, and runs of scenes
        for row in learning:
            groups[bool(row.get("person"))].add(group_of(row))
        tune = {name for names in groups.values() for name in sorted(names)[::TUNE_EVERY]}
        self.faces = {"train": ([], []), "tune": ([], []), "val": ([], [])}
        self.scenes = {"train": [], "tune": [], "val": []}
        for row, face in zip(rows, faces):
            part = self.faces[part_of(row, tune)]
            part[0].append(row)
            part[1].append(face)
        for row, scene in zip(scene_rows, scenes):
            self.scenes[part_of(row, tune)].append(scene)
        self.scenes["train"] += textures(args.seed)
        self.faces["tune"] = some(self.faces["tune"], MOST_TUNE, args.seed)
        # What surrounds a face is what a face is mistaken for: ears, hands, collars.
        self.crowds = [
            Scene(face, box_of(row), crowd=True) for row, face in zip(*self.faces["train"])
        ]
        self.detector = Detector(None, None, 0.0, 0.0)
        if args.calibration:
            self.detector.small_calibration = Calibrator.load(args.calibration, "small_calibration")

    def start(self, network, kind):
        """Give a network what ``--init`` has learnt, if there is any; its threshold, or 0."""
        if not self.args.init:
            return 0.0
        trained, meta = load_network(Path(self.args.init) / f"{kind}.npz", kind)
        lasagne.layers.set_all_param_values(network, lasagne.layers.get_all_param_values(trained))
        return meta["threshold"]

    def log(self, **values):
        """Append one line of JSON and show it."""
        line = json.dumps({"time": round(time.time(), 1), **values})
        with open(self.log_file, "a") as file:
            file.write(line + "\n")
        tqdm.write(line)

    def learn(self, trainer, kind, hard, steps, done, total):
        """Train on one round's batches; the learning rate falls along a cosine over ``total``."""
        size = 12 if kind == "small" else 48
        faces, scenes = self.faces["train"], self.scenes["train"] + self.crowds
        batches = DetectorBatches(faces, scenes, hard, size, BATCHES[kind])
        seed = self.args.seed * 1000 + size
        with Stream(batches, seed, self.args.workers, start=done) as stream:
            bar = tqdm(range(done, done + steps), desc=f"{kind} net", mininterval=20)
            rate = RATES[kind] * (WARM if self.args.init else 1)
            losses = list(take_steps(trainer, stream, rate, bar, total))
        loss, accuracy = np.mean(losses[-200:], axis=0)
        self.log(net=kind, step=done + steps, loss=float(loss), accuracy=float(accuracy))

    def search(self, limit, find, crowds=False):
        """Collect windows of training scenes that ``find`` likes: (N, 5), scene index and box.

        Parameters
        ----------
        limit : int
            Windows of one scene, at most.
        find : callable
            Mipmap and smallest face to (boxes (N, 4), scores (N,)).
        crowds : bool
            Search as many of the faces' own pictures, too.
        """
        scenes = self.scenes["train"]
        parts = [np.arange(len(scenes))]
        if crowds:
            parts.append(len(scenes) + np.arange(len(self.crowds)))
        scenes = scenes + self.crowds
        chosen = [
            self.rng.choice(part, min(self.args.mine, len(part)), replace=False) for part in parts
        ]
        found = []
        for index in tqdm(np.concatenate(chosen), desc="mining", mininterval=5):
            # Another smallest face shifts all sizes of the pyramid.
            min_face = self.args.min_face * self.rng.uniform(0.7, 1.1)
            boxes, scores = find(scenes[index].picture, min_face)
            boxes = boxes[scenes[index].background(boxes, scores)]
            if len(boxes) > limit:
                boxes = boxes[self.rng.choice(len(boxes), limit, replace=False)]
            found.append(np.column_stack([np.full(len(boxes), index), boxes]))
        return np.concatenate(found)

    def small_net(self):
        """Train the small net, set its threshold, write ``small.npz``."""
        path = self.out / "small.npz"
        if self.args.resume and path.exists():
            network, meta = load_network(path, "small")
            self.detector.scan = compile_scan(network)
            self.detector.small_threshold = meta["threshold"]
            return
        network = build_net_small()
        self.detector.small_threshold = self.start(network, "small")
        trainer = Trainer(network, l2=1e-5)
        self.detector.scan = compile_scan(network)
        hard = np.zeros((0, 5))
        steps = self.args.small_steps
        threshold = self.detector.small_threshold
        for number in range(SMALL_ROUNDS if steps else 0):
            if number or self.args.init:
                mined = self.search(
                    200, lambda scene, face: self.detector.candidates(scene.levels[0], face)[:2]
                )
                hard = np.concatenate([hard, mined])
            self.learn(trainer, "small", hard, steps, number * steps, SMALL_ROUNDS * steps)
            threshold, recall = self.small_threshold("tune")
            self.detector.small_threshold = threshold
            self.log(net="small", round=number, threshold=threshold, recall=recall, hard=len(hard))
        save_weights(path, network, "small", threshold=threshold, origin=self.origin())

    def small_threshold(self, part):
        """The small net's threshold for `SMALL_PASS`, and the share of faces that pass it."""
        self.detector.small_threshold = -1.0
        scores = [
            self.detector.candidates(scene.picture.levels[0], self.args.min_face)[1]
            for scene in self.scenes[part]
        ]
        threshold = float(np.quantile(np.concatenate(scores), 1 - SMALL_PASS))
        best = []
        rows, faces = self.faces[part]
        for row, face in zip(rows, faces):
            boxes, scores, _ = self.detector.candidates(face.levels[0], self.args.min_face)
            near = scores[overlaps(box_of(row), boxes) >= SMALL_IOU]
            best.append(near.max() if len(near) else 0.0)
        return threshold, float(np.mean(np.array(best) > threshold))

    def big_net(self):
        """Train the big net in rounds of mining, set its threshold, write ``big.npz``."""
        rounds, steps = self.args.rounds, self.args.steps
        network = build_net_big()
        self.start(network, "big")
        trainer = Trainer(network)
        self.detector.faces = compile_faces(network)
        checkpoint = self.out / "checkpoint.npz"
        first, hard = 0, np.zeros((0, 5))
        if self.args.resume and checkpoint.exists():
            state, extra = load_checkpoint(checkpoint)
            trainer.set_state(state)
            first, hard = int(extra["round"]), extra["hard"]
            self.detector.big_threshold = float(extra["threshold"])
            self.rng = np.random.default_rng([self.args.seed, first])
        for number in range(first, rounds):
            trained = bool(number or self.args.init)
            find = self.fooled if trained else self.best_candidates
            mined = self.search(60, find, crowds=trained)
            hard = np.concatenate([hard, mined])[-MAX_HARD:]
            self.log(net="big", round=number, mined=len(mined), hard=len(hard))
            self.learn(trainer, "big", hard, steps, number * steps, rounds * steps)
            report = self.evaluate("tune")
            self.detector.big_threshold = report["threshold"]
            self.log(round=number, **report)
            save_weights(
                self.out / "big.npz",
                network,
                "big",
                threshold=report["threshold"],
                origin=self.origin(),
            )
            save_checkpoint(
                checkpoint,
                trainer.state(),
                round=number + 1,
                hard=hard,
                threshold=report["threshold"],
            )

    def best_candidates(self, scene, min_face):
        """Windows of a scene that the small net likes best, while the big one knows nothing yet."""
        boxes, scores, _ = self.detector.candidates(scene.levels[0], min_face)
        best = np.argsort(-scores)[:200]
        return boxes[best], scores[best]

    def fooled(self, scene, min_face):
        """Windows of a scene that pass the small net and score more than `HARD_SCORE`."""
        candidates = self.detector.candidates(scene.levels[0], min_face)
        boxes = self.detector.filter_candidates(scene, *candidates)
        scores = self.detector.classify(scene, boxes)
        fooling = scores > HARD_SCORE
        return boxes[fooling], scores[fooling]

    def evaluate(self, part):
        """Recall on the faces, false positives on the scenes, of one part of the data."""
        hits, missed_by_small, windows = [], 0, 0
        rows, faces = self.faces[part]
        for row, face in zip(tqdm(rows, desc=f"faces {part}", mininterval=5), faces):
            found = self.detector.stages(face.levels[0], self.args.min_face, threshold=0)
            near = overlaps(box_of(row), found.candidates)
            missed_by_small += not np.any(near >= 0.5)
            windows += len(found.survivors)
            right = match([box_of(row)], found.boxes, found.scores)
            hits.extend(found.scores[right])
        false = []
        for scene in tqdm(self.scenes[part], desc=f"scenes {part}", mininterval=5):
            found = self.detector.stages(scene.picture, self.args.min_face, threshold=0)
            false.extend(found.scores[scene.background(found.boxes)])
            windows += len(found.survivors)
        scenes = len(self.scenes[part])
        recall, threshold = recall_at(hits, len(rows), false, scenes, FALSE_POSITIVES)
        at = self.detector.big_threshold
        return {
            "part": part,
            "faces": len(rows),
            "scenes": scenes,
            "passed_by_small": 1 - missed_by_small / len(rows),
            "windows_per_image": windows / (len(rows) + scenes),
            "recall": recall,
            "threshold": threshold,
            "recall_at_0.02": recall_at(hits, len(rows), false, scenes, 0.02)[0],
            "recall_at_shipped_threshold": float(np.sum(np.array(hits) > at) / len(rows)),
            "false_positives_at_shipped_threshold": float(np.sum(np.array(false) > at) / scenes),
        }

    def origin(self):
        """One line for the weights' file: what made them."""
        a = self.args
        return (
            f"experiments/train_detector.py --seed {a.seed} --rounds {a.rounds} --steps {a.steps} "
            f"--small-steps {a.small_steps} --mine {a.mine} --min-face {a.min_face:g}"
            + (" --calibration FILE" if a.calibration else "")
            + (" --init DIR" if a.init else "")
        )


def some(faces, most, seed):
    """Rows and pictures of at most so many faces."""
    rows, pictures = faces
    if len(rows) > most:
        chosen = sorted(np.random.default_rng(seed).choice(len(rows), most, replace=False))
        rows, pictures = [rows[k] for k in chosen], [pictures[k] for k in chosen]
    return rows, pictures


def group_of(row):
    """What goes to one side whole: a person, or a run of scenes."""
    return row.get("person") or run_of(row["path"])


def part_of(row, tune):
    """Part of the data that a row belongs to; ``tune`` are the groups kept for thresholds."""
    if row.get("split") == "val":
        return "val"
    return "tune" if group_of(row) in tune else "train"
