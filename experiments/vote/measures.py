"""What `eval_vote.py` measures."""

import json
import statistics
import time
from dataclasses import dataclass, field

import numpy as np
from scipy.special import softmax
from tqdm import tqdm

from common.cli import UserError
from common.tables import box_of
from common.video import open_source
from experiments.vote.variants import ARTICLE, SINGLE, VARIANTS, perturb_box
from pipeline.best_square import best_square
from pipeline.smoothing import Smoother
from pipeline.suppression import overlaps
from pipeline.tracking import Tracker
from pipeline.video_recognizer import VideoRecognizer
from pipeline.vote import Vote

SHIFTS = (0.0, 0.1, 0.2, 0.3, 0.4)  # of the box's side
SCALES = (0.63, 0.79, 1.0, 1.26, 1.59)
IOU = 0.5  # with the true box, for a square to count as the face
HALF_LIVES = (0, 1, 2, 4, 8)  # frames after which a frame weighs half
REPEATS = 15  # of a timed vote


def measure_errors(net, rows, pictures, seed):
    """Right or wrong for each error of the box: bool (rows, variants, shifts, scales).

    Each frame's shift goes in a direction of its own. The variants are one window and
    the article's vote.
    """
    rng = np.random.default_rng(seed)
    right = np.zeros((len(rows), 2, len(SHIFTS), len(SCALES)), bool)
    for k, (row, picture) in enumerate(zip(tqdm(rows, desc="errors of the box"), pictures)):
        label = net.classes.index(row["smiley"])
        for i, shift in enumerate(SHIFTS):
            angle = rng.uniform(0, 2 * np.pi)
            for j, scale in enumerate(SCALES):
                step = shift * np.cos(angle), shift * np.sin(angle)
                box = perturb_box(box_of(row), *step, scale)
                for number, variant in enumerate((SINGLE, ARTICLE)):
                    logits = net.logits(picture, box, variant.boxes(box))
                    shares = softmax(logits, axis=-1).mean(axis=0)
                    right[k, number, i, j] = shares.argmax() == label
    return right


@dataclass
class Boxes:
    """The votes on the detector's best square of each frame where that is the face."""

    variants: list
    rows: list = field(default_factory=list)
    overlap: list = field(default_factory=list)  # with the true box
    shares: list = field(default_factory=list)  # ndarray (variants, classes)
    frames: int = 0
    missed: int = 0  # frames with no square, or one that is not the face


def measure_boxes(net, detector, rows, pictures, min_face):
    """All variants of the vote on the detector's own boxes: a `Boxes`.

    Raises
    ------
    UserError
        If the detector finds the face in none of the frames.
    """
    found = Boxes(VARIANTS, frames=len(rows))
    for row, picture in zip(tqdm(rows, desc="detector's boxes"), pictures):
        boxes, scores = detector.detect(picture, min_face)
        best = best_square(boxes, scores)
        overlap = 0 if best is None else overlaps(box_of(row), boxes)[best]
        if overlap < IOU:
            found.missed += 1
            continue
        plain, mirrored = net.largest(picture, boxes[best])
        found.rows.append(row)
        found.overlap.append(float(overlap))
        found.shares.append(np.stack([variant.shares(plain, mirrored) for variant in VARIANTS]))
    if not found.rows:
        raise UserError("the detector finds the face in none of the frames: check their boxes")
    return found


def measure_times(net, row, picture):
    """Milliseconds of one vote, windows cut and named, by their number: dict of int to float."""
    times = {}
    for count in sorted({variant.cost for variant in VARIANTS}):
        boxes = np.repeat([box_of(row)], count, axis=0)
        seconds = []
        for _ in range(REPEATS):
            begun = time.perf_counter()
            net.logits(picture, boxes[0], boxes)
            seconds.append(time.perf_counter() - begun)
        times[count] = 1000 * statistics.median(seconds)
    return times


def read_truth(video):
    """What a video shows, frame by frame: list of dict with smiley, phase and box."""
    path = video.with_suffix(".json")
    try:
        frames = json.loads(path.read_text())["frames"]
        return [{name: frame[name] for name in ("smiley", "phase", "box")} for frame in frames]
    except FileNotFoundError:
        raise UserError(f"no truth beside {video}: {path.name} is missing") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(f"{path} does not say what a video shows; see make_video.py") from None


@dataclass
class Video:
    """Right or wrong in the frames that hold a smiley the network knows."""

    name: str
    frames: int
    missed: int
    right: dict  # of (variant, half-life) to ndarray of bool (frames,)


class MultiVoter:
    """A voter for `pipeline.video_recognizer.VideoRecognizer` that casts several votes at once.

    Parameters
    ----------
    net : experiments.vote.variants.SmileyNet
    variants : list of experiments.vote.variants.Variant
    """

    def __init__(self, net, variants):
        self.net, self.variants, self.classes = net, variants, net.classes

    def vote(self, picture, box):
        """A vote whose sums are each variant's shares: (variants, classes)."""
        shares = [
            softmax(self.net.logits(picture, box, variant.boxes(box)), axis=-1).mean(axis=0)
            for variant in self.variants
        ]
        return Vote(self.classes, np.stack(shares))


def measure_video(net, detector, video, truth):
    """One window and the vote in each frame, and shares smoothed over time, as run_video does.

    ``truth`` is as from `read_truth`; the result a `Video`.

    Raises
    ------
    UserError
        If the video has more or fewer frames than its truth.
    """
    variants = (SINGLE, ARTICLE)
    recognizer = VideoRecognizer(Tracker(detector, 1), MultiVoter(net, variants))
    nothing = np.full((len(variants), len(net.classes)), np.nan)
    shares, anew = [], []
    with open_source(str(video)) as source:
        for frame in tqdm(source, total=len(truth), desc=video.name):
            _, vote = recognizer.step(frame)
            shares.append(nothing if vote is None else vote.sums)
            anew.append(recognizer.face_changed)
    count, shares = len(shares), np.array(shares)
    if abs(count - len(truth)) > 1:
        raise UserError(f"{video} has {count} frames, its truth {len(truth)}: render it anew")
    held = [
        k
        for k, frame in enumerate(truth[:count])
        if frame["phase"] == "held" and frame["smiley"] in net.classes
    ]
    labels = np.array([net.classes.index(truth[k]["smiley"]) for k in held])
    right = {
        (str(variant), half_life): winners(smooth_shares(shares[:, k], anew, half_life))[held]
        == labels
        for k, variant in enumerate(variants)
        for half_life in HALF_LIVES
    }
    missed = int(np.isnan(shares[:, 0, 0]).sum())
    return Video(video.name, len(held), missed, right)


def smooth_shares(shares, anew, half_life):
    """Shares of this frame and those before, weighted by age; frames without a face do not count.

    Parameters
    ----------
    shares : ndarray (frames, classes)
        nan where there is no face.
    anew : sequence of bool (frames,)
        As `pipeline.video_recognizer.VideoRecognizer` says: what was before does not count.
    half_life : float
        As for `pipeline.smoothing.Smoother`.

    Returns
    -------
    ndarray (frames, classes)
        nan where this frame has no face.
    """
    smoother, out = Smoother(half_life), np.full(shares.shape, np.nan)
    for k, share in enumerate(shares):
        found = smoother(None if np.isnan(share).any() else share, anew[k])
        if found is not None:
            out[k] = found
    return out


def winners(shares):
    """The winner of each frame; -1 without a face."""
    missing = np.isnan(shares).any(axis=1)
    return np.where(missing, -1, np.where(missing[:, None], 0, shares).argmax(axis=1))
