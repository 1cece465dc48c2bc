"""Pictures and the square of a face in each: of videos, and of tables of pictures."""

import json
from itertools import islice
from pathlib import Path

import numpy as np

from common import cli
from common.arguments import count
from common.images import read_image
from common.tables import read_csv
from common.video import open_source
from pipeline.options import smallest_face


def squares_parser(doc, limit):
    """A parser of what `squares_of` needs, and of ``--out``; ``limit`` is the default."""
    parser = cli.parser(doc)
    add, demo = parser.add_argument, cli.ROOT / "dataset" / "demo"
    help_text = "videos, and tables (.csv) of pictures with squares (default: the demo's videos)"
    videos = [demo / "known.mp4", demo / "stranger.mp4"]
    add("data", nargs="*", type=Path, default=videos, help=help_text)
    add("--limit", type=count, default=limit, help=f"frames of each (default {limit})")
    add("--seed", type=int, default=0, help="which rows of tables")
    add("--out", type=Path, default=cli.ROOT / "results" / "bench")
    return parser


def video_squares(path, detector):
    """Yield (frame, square) of a video; without its truth, where our detector finds a face."""
    truth = path.with_suffix(".json")
    boxes = None
    if truth.exists():
        boxes = [frame["box"] for frame in json.loads(truth.read_text())["frames"]]
    with open_source(str(path)) as source:
        for index, frame in enumerate(source):
            if boxes is not None:
                if index < len(boxes):
                    yield frame, boxes[index]
                continue
            found, _ = detector.detect(frame, smallest_face(frame))
            if len(found):
                yield frame, found[0]


def thinned(path, squares, limit):
    """At most so many of a video's (frame, square), evenly spread over it."""
    with open_source(str(path)) as source:
        step = max(1, -(-(source.count or 0) // limit))
    return islice(squares, 0, None, step)


def table_squares(path, limit, seed):
    """Yield (picture, square) of so many rows of a table, drawn at random."""
    rows = read_csv(path)
    rng = np.random.default_rng(seed)
    for row in rng.permutation(rows)[:limit]:
        picture = path.parent / row["path"]
        if picture.exists():
            yield read_image(picture), [float(row[side]) for side in "xywh"]


def squares_of(path, detector, limit, seed):
    """Yield at most so many (picture, square) of a video or of a table of pictures."""
    if path.suffix == ".csv":
        return table_squares(path, limit, seed)
    return thinned(path, video_squares(path, detector), limit)
