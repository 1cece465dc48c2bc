"""Render the examples that Smielfy shows: two women and a man making each smiley plainly.

    python dataset/smielfy/make_examples.py
    python dataset/smielfy/make_examples.py wink odd

They are people of their own, in no data set. Unlike those of the data sets they keep to the
usual way of making a smiley, somewhat stronger, before a good camera: who looks at them
shall do alike. The same pictures every time; a minute or two on a quiet computer.
"""

import dataclasses
import os
import sys
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # in this order the same sums anywhere


# Seeds, chosen by eye: people who look different, with nothing before the face.
WOMEN = (5003, 5010, 5016, 5013, 5015, 5011, 5002, 5007)
MEN = (5104, 5107, 5108, 5105)
OWN_MANNER = 0.25  # of the calibrated strength: she is herself, and does what is asked
STRONGER = 1.2  # than the usual smiley
FACE = 0.62  # part of the picture's side that the face takes
HELD = 0.4  # seconds into the held smiley: the face has settled
GOOD = {
    "distance": 10.0, "contrast": 1.0, "saturation": 1.0,
    "noise": 0.7, "chroma": 0.4, "blur": 0.0, "vignette": 0.0,
}  # fmt: skip  # fields of dataset.synth.camera.Camera
QUALITY = 88


def parse_args(argv):
    """Read the command line."""
    from common.arguments import whole
    from common.smileys import read_smileys

    parser = cli.parser(__doc__)
    add = parser.add_argument
    known = list(read_smileys())
    add("smileys", nargs="*", metavar="SMILEY", help=f"which (default: all): {', '.join(known)}")
    out = cli.ROOT / "dataset" / "smielfy" / "static" / "examples"
    add("--out", type=Path, default=out, help="folder to write (default: the page's)")
    add("--size", type=whole(32), default=192, help="side of a picture in pixels (default 192)")
    add("--draft", action="store_true", help="rougher, four times as fast")
    arguments = parser.parse_args(argv)
    unknown = set(arguments.smileys) - set(known)
    if unknown:
        raise cli.UserError(f"no smiley is called {', '.join(sorted(unknown))}")
    return arguments, known


def cast_of(number):
    """(seed, sex) of the three people who show the smiley with this number; all take turns."""
    first, second = (WOMEN[(2 * number + k) % len(WOMEN)] for k in (0, 1))
    return (first, "female"), (second, "female"), (MEN[number % len(MEN)], "male")


@cache
def actor(seed, sex):
    """A person and her body."""
    from dataset.synth.manner import SPREAD
    from dataset.synth.mesh import Body
    from dataset.synth.person import make_person

    spread = dataclasses.replace(SPREAD.times(OWN_MANNER), variant=0.0)
    person = make_person(seed, sex, spread)
    return person, Body(person)


def render(seed, sex, smiley, size, draft=False):
    """One example, ndarray of uint8 (size, size, 3) in BGR order."""
    import numpy as np

    from dataset.synth import studio
    from dataset.synth.expression import ANGLES, EFFECTS
    from dataset.synth.shot import Shot

    person, body = actor(seed, sex)
    shot = Shot(person, smiley)
    for unit in shot.peak.keys() - {*ANGLES, *EFFECTS}:
        shot.peak[unit] *= STRONGER
    middle = (0.5 * size, 0.52 * size)  # some more room above, for the hair
    view = studio.View(size, size, size * FACE / studio.FACE, middle)
    stage = studio.Studio(person, shot, view, room="examples", body=body, draft=draft)
    stage.camera = dataclasses.replace(stage.camera, balance=np.ones(3), **GOOD)
    return stage.frame(shot.rise + HELD, 0).image


def main(argv=None):
    """Run the script; ``argv`` as for argparse."""
    arguments, known = parse_args(argv)
    import cv2
    from tqdm import tqdm

    from common.output import atomic_write, make_folder

    make_folder(arguments.out)
    jobs = [
        (smiley, number, *who)
        for index, smiley in enumerate(known)
        if smiley in (arguments.smileys or known)
        for number, who in enumerate(cast_of(index), 1)
    ]
    for smiley, number, seed, sex in tqdm(jobs, unit="picture", desc="rendering"):
        image = render(seed, sex, smiley, arguments.size, arguments.draft)
        with atomic_write(arguments.out / f"{smiley}-{number}.jpg") as temporary:
            cv2.imwrite(str(temporary), image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    print(f"{len(jobs)} pictures in {arguments.out}")


if __name__ == "__main__":
    cli.run(main)
