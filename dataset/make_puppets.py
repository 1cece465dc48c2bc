"""Make photographs of real people pull all smileys.

    python dataset/make_puppets.py --photos faces.csv portraits.csv --out data/puppets

Each photo of a calm, nearly frontal face is fitted with the project's head, which then
makes the smileys; the photo is warped with it, and what it does not show (closed lids,
mouth, teeth, tongue, sunglasses) is drawn. Writes OUT/manifest.csv, as
dataset/manifest.py describes it. The same options give the same pictures, some
sixty a second and core; a run that was stopped goes on where it was. The pictures show real
people: mind their rights.

The photos: a CSV with the columns path (relative to it) and person; split, if there is
one, keeps the people with val apart (--split). Beside the pictures landmarks.npz, made
with MediaPipe's face landmarker: path (n,) as in the CSV; points (n, 478, 2) in pixels,
NaN where no face was found; and, if you have them, blendshapes (n, 52) with
blendshape_names (52,), which also tell lowered eyes, open mouths and smiles: without
them choose calm photos yourself.
"""

import hashlib
import os
import shutil
import sys
from collections import Counter
from pathlib import Path, PurePosixPath

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()


import cv2
import numpy as np
from tqdm import tqdm

from common.arguments import count, whole
from common.cli import UserError
from common.output import rounded_box, write_csv, write_file
from common.workers import worker_pool
from dataset.manifest import COLUMNS
from dataset.puppet.people import assign_smileys, choose, puppets
from dataset.puppet.sources import read_sources
from dataset.resumable import PARTS, begin, is_made, join
from dataset.synth.seeding import generator

VERSION = 1  # of the puppeteer: raised when the same options give other pictures
QUALITY = (80, 96)  # of the JPEG files


def parse_args(argv=None):
    """The command line."""
    parser = cli.parser(__doc__)
    add = parser.add_argument
    add("--photos", type=Path, nargs="+", required=True, metavar="CSV", help="lists of photos")
    help_text = "landmarks of the photos, one file a CSV (default: landmarks.npz beside them)"
    add("--landmarks", type=Path, nargs="+", metavar="NPZ", help=help_text)
    add("--out", type=Path, required=True, help="folder to write")
    help_text = "whose photos: of the people not held out (default), of those held out, of all"
    add("--split", choices=("train", "val", "all"), default="train", help=help_text)
    add("--most", type=count, default=3, help="photos a person at most (default 3)")
    add("--each", type=count, default=8, help="smileys a photo, of the 17 (default 8)")
    add("--seed", type=whole(0), default=0, help="other seeds, other faces (default 0)")
    add("--workers", type=count, default=os.cpu_count(), help="processes (default: all cores)")
    args = parser.parse_args(argv)
    if args.landmarks and len(args.landmarks) != len(args.photos):
        raise UserError("give as many files after --landmarks as after --photos")
    return args


def make_person(task):
    """Make all pictures of one person and write her rows; returns why photos were left out."""
    out, seed, number, person, sources, most, each = task
    cv2.setNumThreads(1)
    folder = out / "crops" / f"{number:05d}"
    folder.mkdir(parents=True, exist_ok=True)
    rows, failed = [], Counter()

    def assigned(photo):
        return assign_smileys(seed, number * most + photo, each)

    for source, slug, take, image, box in puppets(person, sources, assigned, most, seed, failed):
        name = f"{PurePosixPath(source.path).stem}-{slug}-{take}"
        path = folder / f"{name}.jpg"
        quality = int(generator(seed, person, "quality", slug, take).integers(*QUALITY))
        data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        write_file(path, data.tobytes())
        where = path.relative_to(out).as_posix()
        rows.append((where, person, slug, f"{number:05d}-{name}", 0, *rounded_box(box)))
    write_csv(out / PARTS / part_of(number), COLUMNS, rows)
    return failed


def part_of(number):
    """Name of the file of a person's rows."""
    return f"{number:05d}.csv"


def worked(tasks, workers):
    """Yield what `make_person` returns for each task, in any order."""
    if workers == 1 or len(tasks) < 2:
        yield from map(make_person, tasks)
        return
    with worker_pool(min(workers, len(tasks))) as pool:
        yield from pool.imap_unordered(make_person, tasks)


def settings_of(args, people):
    """What decides about the pictures: options, and a hash of the photos' names and points."""
    digest = hashlib.sha256()
    for person in sorted(people):
        for source in people[person]:
            digest.update(f"{person}|{source.path}|".encode())
            digest.update(np.round(source.points, 2).tobytes())
    names = ("split", "most", "each", "seed")
    return {
        **{name: getattr(args, name) for name in names},
        "version": VERSION,
        "photos": [table.name for table in args.photos],
        "hash": digest.hexdigest()[:16],
    }


def counted(reasons):
    """Reasons and how often, on one line."""
    return ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())


def main(argv=None):
    """Make what is missing."""
    args = parse_args(argv)
    tables = args.landmarks or [None] * len(args.photos)
    sources = [s for pair in zip(args.photos, tables) for s in read_sources(*pair)]
    people, reasons = choose(sources, args.split, args.most, args.seed)
    usable = reasons.pop("usable", 0)
    if reasons:
        print(f"left out: {counted(reasons)}", file=sys.stderr)
    if not people:
        raise UserError(f"no usable photo among {len(sources)}: {counted(reasons)}")
    print(f"{usable} photos of {len(people)} people", file=sys.stderr)
    out = args.out
    if begin(out, settings_of(args, people)):
        print(f"{out} is complete")
        return
    tasks = [
        (out, args.seed, number, person, people[person], args.most, args.each)
        for number, person in enumerate(sorted(people))
    ]
    missing = [task for task in tasks if not is_made(out, part_of(task[2]))]
    failed = Counter()
    with tqdm(total=len(tasks), initial=len(tasks) - len(missing), unit="person") as bar:
        for found in worked(missing, args.workers):
            failed += found
            bar.update()
    rows = join(out, map(part_of, range(len(tasks))), "manifest.csv", COLUMNS)
    if failed:
        print(f"left out once fitted: {counted(failed)}", file=sys.stderr)
    if not rows:
        shutil.rmtree(out)
        raise UserError(f"no usable photo among {usable}: see what was left out above")
    shutil.rmtree(out / PARTS)
    print(f"{out / 'manifest.csv'}: {len(rows)} pictures of {len({row[1] for row in rows})} people")


if __name__ == "__main__":
    cli.run(main)
