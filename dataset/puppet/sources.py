"""Photos and their landmarks as files: what `make_puppets.py` reads.

A CSV with the columns `path` (relative to it) and `person`, and others that are left
alone; `split`, where there is one, says which people are kept for validation (`val`).
Beside the pictures, or named, an npz file with

- `path` (n,): as in the CSV;
- `points` (n, 478, 2): MediaPipe's face landmarks in pixels, the picture's left upper
  corner being 0, 0; NaN where no face was found;
- `blendshapes` (n, 52) and `blendshape_names` (52,), optional: its scores, 0..1.

The pictures are files, or lie as JPEG bytes in `pictures.npz` of the folder they name
(`path`, `jpeg`: all files one behind another, `offsets`).
"""

from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Optional
from zipfile import BadZipFile

import cv2
import numpy as np

from common.cli import UserError
from common.images import read_image
from common.tables import read_table, text
from dataset.manifest_checks import inner_path
from dataset.puppet.landmark_outlines import COUNT

HOW = "make it with MediaPipe's face landmarker, see --help for what is in it"


class Source(NamedTuple):
    """One photo: the CSV's folder, path in it, person, points (478, 2), scores or None."""

    folder: Path
    path: str
    person: str
    split: str
    points: np.ndarray
    scores: Optional[dict]


def read_sources(table, landmarks=None):
    """All photos of a CSV, those without landmarks with NaN points.

    Parameters
    ----------
    table : path-like
    landmarks : path-like, optional
        The npz file; by default `landmarks.npz` in the first picture's folder.

    Returns
    -------
    list of Source

    Raises
    ------
    UserError
        For bad rows, naming all, and for a missing or wrong landmarks file.
    """
    table = Path(table)
    rows = read_table(table, {"path": inner_path, "person": text}, optional=["split"])
    if landmarks is None:
        landmarks = table.parent / PurePosixPath(rows[0]["path"]).parent / "landmarks.npz"
    points, scores, names = read_landmarks(landmarks)
    nothing = np.full((COUNT, 2), np.nan)
    sources = []
    for row in rows:
        path, split = row["path"], row.get("split", "")
        told = named_scores(scores, names, path)
        sources.append(
            Source(table.parent, path, row["person"], split, points.get(path, nothing), told)
        )
    return sources


def named_scores(scores, names, path):
    """A photo's scores of what `read_landmarks` gave, {name: float}; None if it has none."""
    return dict(zip(names, map(float, scores[path]))) if path in scores else None


def read_landmarks(path):
    """Points and scores by path, and the scores' names.

    Returns
    -------
    points : dict of str to (478, 2) float64
    scores : dict of str to (52,) float; empty if the file has none
    names : tuple of str
    """
    try:
        with np.load(path) as data:
            found = {name: data[name] for name in data.files}
    except FileNotFoundError:
        raise UserError(f"no landmarks {path}: name the file by --landmarks, or {HOW}") from None
    except (OSError, ValueError, BadZipFile, EOFError) as error:
        raise UserError(f"cannot read the landmarks {path}: {error}; {HOW}") from None
    if not {"path", "points"} <= {*found}:
        raise UserError(f"{path} lacks path or points: {HOW}")
    points = found["points"]
    if points.ndim != 3 or points.shape[1:] != (COUNT, 2) or len(points) != len(found["path"]):
        wanted = f"({len(found['path'])}, {COUNT}, 2)"
        raise UserError(f"{path}: points are {points.shape}, not {wanted}: {HOW}")
    paths = [str(name) for name in found["path"]]
    by_path = dict(zip(paths, points.astype(np.float64)))
    if "blendshapes" not in found or "blendshape_names" not in found:
        return by_path, {}, ()
    names = tuple(str(name) for name in found["blendshape_names"])
    scores = found["blendshapes"]
    if scores.shape != (len(paths), len(names)) or "jawOpen" not in names:
        raise UserError(f"{path}: blendshapes and their names do not fit: {HOW}")
    kept = {path: s for path, s in zip(paths, scores) if np.isfinite(s).all()}
    return by_path, kept, names


def read_photo(source):
    """The picture of a source, (h, w, 3) uint8, BGR; a UserError if there is none."""
    file = source.folder / source.path
    if not file.exists():
        packed = file.parent / "pictures.npz"
        if packed.exists():
            jpeg, where = packed_pictures(packed)
            if source.path in where:
                start, end = where[source.path]
                image = cv2.imdecode(jpeg[start:end], cv2.IMREAD_COLOR)
                if image is not None:
                    return image
    return read_image(file)


@lru_cache(maxsize=2)
def packed_pictures(path):
    """Bytes of all pictures packed in a file, and where each lies, {path: (start, end)}."""
    with np.load(path) as data:
        jpeg, offsets = data["jpeg"], data["offsets"]
        names = [str(name) for name in data["path"]]
    return jpeg, dict(zip(names, zip(offsets[:-1].tolist(), offsets[1:].tolist())))
