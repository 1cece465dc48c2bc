"""The sealed test: its pictures, its bootstrap, and the count of its uses."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timezone

import cv2
import numpy as np

from common.output import write_csv
from common.tables import read_csv
from experiments.detector.hard_faces import KINDS, make
from experiments.detector.truth import Picture

SEED = 2100  # of the composed pictures: fixed, there is one test
COMPOSED = 400
RESAMPLES = 1000
USES = ("use", "date", "weights", "pictures")


@dataclass
class Sealed:
    """One picture of the test with what the bootstrap draws by.

    ``people`` is a name a face; ``scene`` names what is behind them, or the picture itself.
    """

    picture: Picture
    people: list
    scene: str


def compose(people, scenes, hands, folder, count=COMPOSED):
    """News-like pictures: whole people of photos stand in scenes, alone and in groups.

    The kinds are those of `hard_faces`, with shoulders and hats and what else the photos show.

    Parameters
    ----------
    people : list of hard_faces.Person
    scenes : dict of str to picture
    hands : list of pictures
    folder : pathlib.Path
        Gets the pictures as JPEG files.

    Yields
    ------
    Sealed
    """
    names, folder = sorted(scenes), folder
    for number in range(count):
        rng = np.random.default_rng([SEED, number])
        name = names[rng.integers(len(names))]
        composite = make(KINDS[number % len(KINDS)], people, [scenes[name]], hands, rng)
        path = folder / f"composed-{number:04d}.png"
        cv2.imwrite(str(path), composite.image)
        picture = Picture(path, "composed")
        for face in composite.faces:
            picture.boxes.append(tuple(face[key] for key in "xywh"))
            tags = {"kind": KINDS[number % len(KINDS)], "pose": face["pose"]}
            picture.tags.append(tags)
        yield Sealed(picture, [face["person"] for face in composite.faces], name)


def resampled(sealed, assigned, scores, rate, seed=0, resamples=RESAMPLES):
    """Recall at a rate of false positives a picture, people and scenes drawn with replacement.

    A face weighs as often as its person times its scene was drawn, a false positive and a
    picture as often as the scene (Owen, 2007, the pigeonhole bootstrap): a person in ten
    pictures is still one person.

    Parameters
    ----------
    sealed : list of Sealed
    assigned, scores : lists of ndarray (N,), one a picture
        As from `metrics.assign`, and the detections' scores.
    rate : float

    Returns
    -------
    ndarray (resamples,)
    """
    people = {name: k for k, name in enumerate(sorted({p for s in sealed for p in s.people}))}
    scenes = {name: k for k, name in enumerate(sorted({s.scene for s in sealed}))}
    faces, hits, false = [], [], []  # (person, scene), (score, person, scene), (score, scene)
    for one, answers, values in zip(sealed, assigned, scores):
        scene = scenes[one.scene]
        faces += [(people[name], scene) for name in one.people]
        for answer, value in zip(answers, values):
            if answer >= 0:
                hits.append((value, people[one.people[answer]], scene))
            elif answer == -1:
                false.append((value, scene))
    rng = np.random.default_rng(seed)
    faces, places = np.array(faces), np.array([scenes[one.scene] for one in sealed])
    hits, false = np.array(hits).reshape(-1, 3), np.array(false).reshape(-1, 2)
    false = false[np.argsort(-false[:, 0], kind="stable")]
    hit_scores, hit_people, hit_scenes = hits[:, 0], hits[:, 1].astype(int), hits[:, 2].astype(int)
    found = []
    for _ in range(resamples):
        who = np.bincount(rng.integers(len(people), size=len(people)), minlength=len(people))
        where = np.bincount(rng.integers(len(scenes), size=len(scenes)), minlength=len(scenes))
        passed = np.cumsum(where[false[:, 1].astype(int)])
        allowed = rate * where[places].sum()
        over = np.flatnonzero(passed > allowed)
        threshold = false[over[0], 0] if len(over) else 0.0
        weights = who[hit_people] * where[hit_scenes]
        total = (who[faces[:, 0]] * where[faces[:, 1]]).sum()
        found.append((weights * (hit_scores > threshold)).sum() / max(total, 1))
    return np.array(found)


def count_use(path, weights, pictures):
    """Note a use of the test before it is made: (number of uses with this one).

    Parameters
    ----------
    path : pathlib.Path
        Table of the uses, made where there is none.
    weights : list of pathlib.Path
        Folders whose nets are judged; their files' digest is noted.
    pictures : str
        Digest of the test's pictures: another one is another test.
    """
    rows = []
    if path.exists():
        rows = read_csv(path)
    digests = " ".join(digest(sorted(folder.glob("*.npz"))) for folder in weights)
    now = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M")
    use = {"use": len(rows) + 1, "date": now, "weights": digests, "pictures": pictures}
    write_csv(path, USES, [*rows, use])
    return len(rows) + 1


def digest(paths):
    """First 12 hexadecimal digits of the SHA-256 of some files, one after the other."""
    total = hashlib.sha256()
    for path in paths:
        total.update(path.read_bytes())
    return total.hexdigest()[:12]
