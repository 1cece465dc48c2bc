"""The sources: faces of one origin each, read from the folder of a published set.

Each reader gives the pictures, the face's square in each, and a target over labels
(`experiments.real.labels`). People of the `val` split, and every tenth picture where nothing is
known of people, are left for choosing: no reader of a training source returns them.
"""

import zlib
from pathlib import Path

import cv2
import numpy as np

from common.cli import ROOT, UserError
from common.tables import BOX, box_of, manifest_path, read_images, read_table, text
from dataset.manifest import read_manifest
from experiments.real.labels import LABELS, NEGATIONS, SMILEYS
from experiments.real.packed import archive, lips_of, strips
from experiments.real.source import source
from experiments.smileys import replay

CHOOSING = 10  # one in so many pictures or people chooses, where the set has no split
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
# Sets of which some faces were labelled by eye; of packed ones the file and the side in pixels.
SEEN = ("strangers", "grimaces", "faces", "fer", "genki")
PACKED = {"fer": ("train.npz", 48), "genki": ("genki.npz", 64)}
FEW = 1  # votes for an emotion that are taken for slips


def chosen_by(key):
    """Whether a picture or person is among the one in `CHOOSING` that choose, by its name."""
    return zlib.crc32(key.encode()) % CHOOSING == 0


def of_part(choosing, part):
    """Whether something belongs to ``part``, 'train' or 'choose'."""
    return choosing == (part == "choose")


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
    ours = {place: label for place, label in labelled(path).items() if label not in NEGATIONS}
    return by_eye("labelled", folder, part, ours, published=True)


def read_mistaken(folder, part="train", path=LABELLED):
    """Real faces that a net took for a rare smiley, and of which somebody has seen otherwise."""
    ours = {place: label for place, label in labelled(path).items() if label in NEGATIONS}
    return by_eye("mistaken", folder, part, ours, published=False)


def by_eye(title, folder, part, ours, published):
    """The faces of ``ours``, {(set, key): label}, and those labelled in the sets themselves."""
    rows, pictures = [], []
    for name in SEEN:

        def label(key, smiley, name=name):
            return (published and smiley) or ours.get((name, key))

        some, shown = faces_of(folder, name, part, label)
        rows += [{**row, "masses": {label(row["path"], row["smiley"]): 1}} for row in some]
        pictures += shown
    return source(title, rows, pictures)


def faces_of(folder, name, part, wanted=lambda key, smiley: True):
    """Faces of one set of `SEEN` and one part: (rows with path, person, smiley and box, pictures).

    ``wanted`` takes a face's key and its smiley by eye as published, '' where there is none.
    """
    folder = Path(folder)
    if name not in PACKED:
        rows = [{**row, "smiley": row.get("smiley", "")} for row in
                read_rows(folder / f"{name}.csv", part)]  # fmt: skip
        rows = [row for row in rows if wanted(row["path"], row["smiley"])]
        return rows, pictures_of(folder, name, rows)
    file, side = PACKED[name]
    packed = archive(folder / name / file)
    keys, tiles = packed["names"].tolist(), strips(packed, side)
    some = [k for k, key in enumerate(keys) if of_part(chosen_by(key), part) and wanted(key, "")]
    rows = [
        {"path": keys[k], "person": keys[k], "smiley": "", "box": (0, 0, side, side)} for k in some
    ]
    return rows, [tiles[k] for k in some]


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
