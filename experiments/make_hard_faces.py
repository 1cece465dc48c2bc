"""Make a set of whole pictures that is hard for a face detector, to measure it on.

People marked ``val`` are pasted into scenes marked ``val``: at all sizes (20 to 250 pixels),
alone and in groups, and in kinds: plain, half-hidden, rotated, dark, blurred, grey, small,
group. Writes OUT/*.jpg and OUT/faces.csv, one row a face. The same options give the same
pictures. With --groups, people and runs of neighbouring scenes are dealt to groups, and each
picture is made of one group: what is chosen on some groups can be judged on another.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

import cv2
import numpy as np
from tqdm import tqdm

from common.arguments import count
from common.output import make_folder, write_csv, write_file
from common.tables import BOX, box_of, finite, read_images, read_table, text
from experiments.core.expected import expecting
from experiments.detector.hard_faces import KINDS, Person, make, pose_of
from experiments.detector.parts import dealt, run_of
from experiments.detector.truth import LANDMARKS, of_split

COLUMNS = ("path", "x", "y", "w", "h", "kind", "pose", "roll", "covered", "person", "scene")


def parse_args(argv=None):
    """The command line."""
    parser = cli.parser(expecting(__doc__, "make_hard_faces"))
    add = parser.add_argument
    help_text = "path,person,x,y,w,h and landmarks leye_x to nose_y; perhaps split"
    add("--faces", type=Path, required=True, metavar="CSV", help=help_text)
    help_text = "pictures without faces: path, perhaps split and kind (hands hide faces)"
    add("--scenes", type=Path, required=True, metavar="CSV", help=help_text)
    add("--split", default="val", help="which people and scenes (default val)")
    add("--count", type=count, default=600, help="pictures (default 600)")
    help_text = "of people and scenes, from one of which each picture is (default 1)"
    add("--groups", type=count, default=1, metavar="N", help=help_text)
    add("--seed", type=int, default=0)
    out = cli.ROOT / "data" / "detector"
    add("--out", type=Path, default=out, help="folder to write (default data/detector)")
    return parser.parse_args(argv)


def read_people(path, split):
    """People of one split: list of `Person`."""
    columns = {"path": text, "person": text, **BOX, **dict.fromkeys(LANDMARKS, finite)}
    rows = of_split(path, read_table(path, columns, optional=("split",)), split)
    return [
        Person(row["person"], image, box_of(row), *pose_of(row))
        for row, image in zip(rows, read_images(path, rows))
    ]


def read_scenes(path, split):
    """Scenes and hands of one split: dict of path to picture, and list of pictures."""
    rows = of_split(path, read_table(path, {"path": text}, optional=("split", "kind")), split)
    images = read_images(path, rows)
    hands = [image for row, image in zip(rows, images) if row.get("kind") == "hand"]
    named = {row["path"]: image for row, image in zip(rows, images)}
    scenes = {row["path"]: named[row["path"]] for row in rows if row.get("kind") != "hand"}
    return scenes or named, hands


def grouped(people, scenes, count):
    """People and scenes of each group: list of (list of Person, list of str)."""
    who = dealt([person.name for person in people], count)
    where = dealt([run_of(name) for name in scenes], count)
    groups = [
        (
            [person for person in people if who[person.name] == number],
            [name for name in scenes if where[run_of(name)] == number],
        )
        for number in range(count)
    ]
    if not all(some and names for some, names in groups):
        raise cli.UserError(f"too few people or runs of scenes for {count} groups")
    return groups


def main(argv=None):
    """Make the pictures, then the table."""
    args = parse_args(argv)
    cv2.setNumThreads(1)
    people = read_people(args.faces, args.split)
    scenes, hands = read_scenes(args.scenes, args.split)
    groups = grouped(people, scenes, args.groups)
    make_folder(args.out, parents=True)
    rows = []
    for number in tqdm(range(args.count), unit=" pictures"):
        rng = np.random.default_rng([args.seed, number])  # so that each is made for itself
        kind = KINDS[number % len(KINDS)]
        some, names = groups[number // len(KINDS) % args.groups]
        made = make(kind, some, [scenes[name] for name in names], hands, rng)
        name = f"{number:04d}.jpg"
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(60, 96))]
        write_file(args.out / name, cv2.imencode(".jpg", made.image, quality)[1].tobytes())
        rows += [
            [
                name, *(f"{face[key]:.1f}" for key in "xywh"), kind, face["pose"],
                f"{face['roll']:.0f}", f"{face['covered']:.2f}", face["person"],
                names[made.scene],
            ]
            for face in made.faces
        ]  # fmt: skip
    write_csv(args.out / "faces.csv", COLUMNS, rows)
    print(f"{len(rows)} faces in {args.count} pictures: {args.out / 'faces.csv'}")


if __name__ == "__main__":
    cli.run(main)
