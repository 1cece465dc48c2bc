"""Winks of people who blinked, with the frames that they were made of: a source of its own."""

from pathlib import Path

from common.tables import BOX, box_of, read_table, text
from dataset.puppet.one_eye import CORNERS, pairs, with_eye_of
from dataset.puppet.sources import read_photo, read_sources
from experiments.real.source import source
from experiments.real.sources import of_part


def read_winks(folder, part="train"):
    """Frames of ``faces.csv`` in which somebody blinks, with one eye open; and both open or shut.

    The frames themselves say "no wink": only the lids tell them from the others.
    """
    table = Path(folder) / "faces.csv"
    boxes = {row["path"]: box_of(row) for row in read_table(table, {"path": text, **BOX})}
    rows, pictures = [], []

    def add(photo, picture, label):
        rows.append({"box": boxes[photo.path], "masses": {label: 1}, "person": photo.person})
        pictures.append(picture)

    photos = [photo for photo in read_sources(table) if of_part(photo.split == "val", part)]
    for two in pairs(photos):
        frames = [(photo, read_photo(photo)) for photo in two]
        for (photo, image), (fellow, other) in (frames, frames[::-1]):
            add(photo, image, "no wink")
            for side in CORNERS:
                made = with_eye_of(image, photo.points, other, fellow.points, side)
                add(photo, made, "wink")
    return source("winks", rows, pictures)
