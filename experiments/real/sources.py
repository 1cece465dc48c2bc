"""Faces of one origin with what is known of them, read from the folder of a published set.

Each reader gives the pictures, the face's square in each, and a target over labels
(`experiments.real.labels`). People of the `val` split, and every tenth picture where nothing is
known of people, are left for choosing: no reader of a training source returns them.
"""

import zlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from common.cli import ROOT, UserError
from common.tables import BOX, box_of, manifest_path, read_images, read_table, text
from dataset.manifest import read_manifest
from experiments.real.labels import LABELS, SMILEYS, targets
from experiments.smileys import replay

CHOOSING = 10  # one in so many pictures or people chooses, where the set has no split
REACH = 1.7  # sides of the face's square that are kept of a picture: a window may look so far
SIDE = 96  # pixels of a square kept at most: two of them make one of the network's
LABELLED = ROOT / "dataset" / "real" / "labels.csv"
# Where FER+'s ten voters and our smileys meet. A mouth of a frightened or disgusted face may be
# that of several smileys and of none: such votes are left out.
VOTES = {
    "neutral": "neutral",
    "happiness": "happiness",
    "surprise": "surprise",
    "sadness": "sad",
    "anger": "angry",
}
FEW = 1  # votes for an emotion that are taken for slips


@dataclass
class Source:
    """Faces of one origin.

    Parameters
    ----------
    name : str
    pictures : list of ndarray of uint8 (H, W, 3)
    boxes : ndarray (N, 4)
        Square of the face, pixels of the picture.
    targets : ndarray of float32 (N, labels)
    people : list of str
    """

    name: str
    pictures: list
    boxes: np.ndarray
    targets: np.ndarray
    people: list

    def __post_init__(self):
        if not len(self.targets):
            raise UserError(f"the source {self.name} has no face to learn from")

    def __len__(self):
        return len(self.targets)

    def subset(self, some):
        """The faces of some rows, as a source."""
        pictures, people = [self.pictures[k] for k in some], [self.people[k] for k in some]
        return Source(self.name, pictures, self.boxes[some], self.targets[some], people)

    @property
    def strata(self):
        """Number of each face's heaviest label: int (N,)."""
        return self.targets.argmax(axis=1)


def source(name, rows, pictures):
    """A source of rows with ``box``, ``masses`` and ``person``, pictures cut around the face."""
    kept = [cut(picture, row["box"]) for row, picture in zip(rows, pictures)]
    boxes = np.array([box for _, box in kept], float).reshape(-1, 4)
    made = targets([row["masses"] for row in rows]) if rows else np.zeros((0, len(LABELS)))
    people = [row["person"] for row in rows]
    return Source(name, [picture for picture, _ in kept], boxes, made, people)


def cut(picture, box):
    """Keep of a picture what windows may see, its face at most `SIDE` pixels: (picture, box)."""
    x, y, w, h = box
    margin = (REACH - 1) / 2
    left, top = max(0, int(x - margin * w)), max(0, int(y - margin * h))
    right, bottom = int(np.ceil(x + (1 + margin) * w)), int(np.ceil(y + (1 + margin) * h))
    part = picture[top:bottom, left:right]
    x, y = x - left, y - top
    scale = min(1.0, SIDE / max(w, h))
    if scale < 1:
        size = [max(1, round(side * scale)) for side in part.shape[1::-1]]
        across, down = size[0] / part.shape[1], size[1] / part.shape[0]
        part = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
        x, y, w, h = x * across, y * down, w * across, h * down
    return np.ascontiguousarray(part), (x, y, w, h)


def chosen_by(key):
    """Whether a picture or person is among the one in `CHOOSING` that choose, by its name."""
    return zlib.crc32(key.encode()) % CHOOSING == 0


def of_part(choosing, part):
    """Whether something belongs to ``part``, 'train' or 'choose'."""
    return choosing == (part == "choose")


def archive(path):
    """A packed set: dict of its arrays."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"cannot read {path}: {error}") from None


def strips(packed, side):
    """Pictures that stand as tiles in strips, JPEG behind JPEG: list of uint8 (side, side, 3)."""
    data, ends = packed["jpeg"], packed["offsets"]
    images = [cv2.imdecode(data[a:b], cv2.IMREAD_COLOR) for a, b in zip(ends, ends[1:])]
    return [tile for image in images for tile in image.reshape(-1, side, side, 3)]


def scores_of(packed, *names):
    """Blendshape scores (N, len(names)); a face the mesh was not found in has NaN."""
    order = list(packed["blendshape_names"])
    return packed["blendshapes"][:, [order.index(name) for name in names]].astype(np.float32)


def read_fer(folder, part="train", name="train"):
    """Grey web pictures of 48x48, ten voters each: the votes are the target.

    ``name`` is the file: 'train', of which one in ten chooses, or 'valid', which judges.
    """
    packed = archive(Path(folder) / "fer" / f"{name}.npz")
    classes = list(packed["classes"])
    lips = lips_of(packed)
    rows, kept = [], []
    pictures = strips(packed, 48)
    for index, (votes, key) in enumerate(zip(packed["votes"], packed["names"])):
        if name == "train" and not of_part(chosen_by(str(key)), part):
            continue
        votes = np.where(votes > FEW, votes, 0)
        masses = {VOTES[c]: float(v) for c, v in zip(classes, votes) if v and c in VOTES}
        if classes[int(votes.argmax())] not in VOTES or 2 * sum(masses.values()) <= votes.sum():
            continue
        if "happiness" in masses:
            masses[lips[index]] = masses.pop("happiness")
        rows.append({"box": (0, 0, 48, 48), "masses": masses, "person": str(key)})
        kept.append(pictures[index])
    return source("fer", rows, kept)


# Looked at, 45 happy faces of fer drawn at random from each side: 42 of those below TOGETHER keep
# their lips together, 43 of those above APART show teeth. Between them voters' word stands.
TOGETHER, APART = 0.12, 0.9
OPENING = ("mouthUpperUpLeft", "mouthUpperUpRight", "mouthLowerDownLeft", "mouthLowerDownRight")


def lips_of(packed):
    """Label of each face, were it a smiling one: lips together, lips apart, or just happiness."""
    open_ = scores_of(packed, *OPENING).mean(axis=1) * 2 + scores_of(packed, "jawOpen")[:, 0]
    # Comparing with NaN, where no mesh was found, is false.
    return np.where(
        open_ < TOGETHER, "lips together", np.where(open_ > APART, "lips apart", "happiness")
    )


def read_genki(folder, part="train"):
    """Colour web pictures of 64x64, smile or not."""
    packed = archive(Path(folder) / "genki" / "genki.npz")
    lips, rows, kept = lips_of(packed), [], []
    for index, picture in enumerate(strips(packed, 64)):
        key = str(packed["names"][index])
        if of_part(chosen_by(key), part):
            label = lips[index] if packed["smile"][index] else "no smile"
            rows.append({"box": (0, 0, 64, 64), "masses": {label: 1}, "person": key})
            kept.append(picture)
    return source("genki", rows, kept)


def read_strangers(folder, part="train"):
    """News and web photos of strangers in colour, smile or not (where somebody has marked it)."""
    folder = Path(folder)
    packed = archive(folder / "strangers" / "landmarks.npz")
    lips = dict(zip(packed["path"].tolist(), lips_of(packed)))
    rows = read_rows(folder / "strangers.csv", part)
    rows = [row for row in rows if row["smile"] in ("0", "1") and not row["smiley"]]
    for row in rows:
        row["masses"] = {lips[row["path"]] if row["smile"] == "1" else "no smile": 1}
    return source("strangers", rows, pictures_of(folder, "strangers", rows))


def read_labelled(folder, part="train", path=LABELLED):
    """Real faces whose smiley somebody has seen: published beside the sets, and in `LABELLED`."""
    folder, ours = Path(folder), labelled(path)
    rows, pictures = [], []
    for name in ("strangers", "grimaces", "faces"):
        some = read_rows(folder / f"{name}.csv", part)
        for row in some:
            row["smiley"] = row.get("smiley") or ours.get((name, row["path"]), "")
            row["masses"] = {row["smiley"]: 1}
        some = [row for row in some if row["smiley"]]
        rows += some
        pictures += pictures_of(folder, name, some)
    for name, side in (("fer", 48), ("genki", 64)):
        packed = archive(folder / name / ("train.npz" if name == "fer" else "genki.npz"))
        tiles = strips(packed, side)
        for tile, key in zip(tiles, packed["names"].tolist()):
            if (name, key) in ours and of_part(chosen_by(key), part):
                masses = {ours[name, key]: 1}
                rows.append({"box": (0, 0, side, side), "masses": masses, "person": key})
                pictures.append(tile)
    return source("labelled", rows, pictures)


def labelled(path=LABELLED):
    """Smileys by eye that the published sets lack: {(set, key): label}."""
    rows = read_table(path, {"set": text, "key": text, "smiley": text})
    wrong = [row["smiley"] for row in rows if row["smiley"] not in LABELS]
    if wrong:
        raise UserError(f"{path}: there is no label {wrong[0]!r}")
    return {(row["set"], row["key"]): row["smiley"] for row in rows}


def read_portraits(folder, part="train"):
    """Studio portraits, neutral and smiling, lips closed or not."""
    folder = Path(folder)
    rows = read_rows(folder / "portraits.csv", part)
    packed = archive(folder / "portraits" / "landmarks.npz")
    lips = dict(zip(packed["path"].tolist(), lips_of(packed)))
    for row in rows:
        neutral = row["label"] == "neutral"
        row["masses"] = {"neutral" if neutral else lips[row["path"]]: 1}
    return source("portraits", rows, pictures_of(folder, "portraits", rows))


def read_rows(path, part):
    """Rows of a published CSV that belong to a part, by its split or else by person."""
    rows = read_table(path, {"path": text, "person": text, **BOX}, OPTIONAL)
    for row in rows:
        row["box"] = box_of(row)
    return [
        row
        for row in rows
        if of_part(row["split"] == "val" if row.get("split") else chosen_by(row["person"]), part)
    ]


OPTIONAL = ("split", "smile", "smiley", "label")


def pictures_of(folder, name, rows):
    """Pictures of a published CSV's rows; those of strangers are packed."""
    if name != "strangers":
        return read_images(folder / f"{name}.csv", rows)
    packed = archive(folder / "strangers" / "pictures.npz")
    data, ends = packed["jpeg"], packed["offsets"]
    place = {path: k for k, path in enumerate(packed["path"].tolist())}
    spans = [ends[place[row["path"]] :][:2] for row in rows]
    return [cv2.imdecode(data[a:b], cv2.IMREAD_COLOR) for a, b in spans]


def read_puppets(folders, part="train", held_out=chosen_by):
    """Puppeteered photographs, all 17 smileys of each person: sets with a manifest.

    ``held_out`` says of a person whether she is left for choosing.
    """
    rows, pictures = [], []
    for data in folders:
        path = manifest_path(data)
        some = [r for r in read_manifest(path, SMILEYS) if of_part(held_out(r["person"]), part)]
        rows += some
        pictures += read_images(path, some)
    for row in rows:
        row["box"], row["masses"] = box_of(row), {row["smiley"]: 1}
    return source("puppets", rows, pictures)


def read_rendered(data, part="train"):
    """Rendered people: a set of `dataset/make_data.py`, and those whom `smiles.npz` knows."""
    path = manifest_path(data)
    rows = read_manifest(path, SMILEYS)
    known, pictures = replay.load()
    pictures = read_images(path, rows) + [picture.levels[0] for picture in pictures]
    rows += [{**row, "person": f"replay/{row['person']}"} for row in known]
    kept = [k for k, row in enumerate(rows) if of_part(chosen_by(row["person"]), part)]
    for row in rows:
        row["box"], row["masses"] = box_of(row), {row["smiley"]: 1}
    return source("rendered", [rows[k] for k in kept], [pictures[k] for k in kept])


def unseen_people(folder):
    """Function that says of a person of a published set whether she is left for choosing."""
    splits = {}
    for name in ("faces", "strangers", "grimaces"):
        rows = read_table(Path(folder) / f"{name}.csv", {"person": text, "split": text})
        splits.update({row["person"]: row["split"] for row in rows})
    return lambda person: splits[person] == "val" if person in splits else chosen_by(person)
