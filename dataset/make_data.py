"""Render the stand-in data set: people making smileys, as crops and as whole frames.

    python dataset/make_data.py
    python dataset/make_data.py --people 500 --out data/many

Writes OUT/manifest.csv with crops around the face (neighbouring frames of a shot; one shot
a person and smiley, or as many as --takes says) and OUT/frames.csv with whole frames. The
same options give the same files, byte for byte. A run that was stopped goes on where it
was; one that is complete does nothing.
"""

import argparse
import os
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()


import cv2
from tqdm import tqdm

from common.arguments import count, whole
from common.output import rounded_box, write_csv, write_file
from common.workers import worker_pool
from dataset.manifest import COLUMNS
from dataset.resumable import PARTS, begin, is_made, join
from dataset.synth.expression import recipes
from dataset.synth.people import person_seed, person_sex, sample_person
from dataset.synth.seeding import generator
from dataset.synth.shot import Shot
from dataset.synth.studio import Studio, crop_view, frame_view, jpeg

VERSION = 2  # of the generator: raised when the same options give other pictures
SETTINGS = ("people", "takes", "size", "whole", "seed", "men")
FRAME_COLUMNS = ("path", "person", "smiley", "x", "y", "w", "h")


def parse_args(argv=None):
    """The command line."""
    parser = cli.parser(__doc__)
    add = parser.add_argument
    default = cli.ROOT / "data" / "smileys"
    add("--out", type=Path, default=default, help="folder to write (default data/smileys)")
    add("--people", type=count, default=20, help="how many people (default 20)")
    add("--takes", type=count, default=1, help="shots of each smiley (default 1)")
    help_text = "neighbouring frames a shot: a number or a range (default 10-12)"
    add("--frames", type=frame_range, default=(10, 12), metavar="K", help=help_text)
    add("--size", type=whole(32), default=128, help="side of a crop in pixels (default 128)")
    add("--whole", type=whole(0), default=200, help="whole frames of 640x360 (default 200)")
    add("--seed", type=whole(0), default=0, help="other seeds, other people (default 0)")
    add("--men", action="store_true", help="half of the people are men (default: none)")
    add("--workers", type=count, default=os.cpu_count(), help="processes (default: all cores)")
    return parser.parse_args(argv)


def frame_range(text):
    """`11` or `10-12` as (least, most)."""
    low, _, high = text.partition("-")
    least, most = int(low), int(high or low)
    if not 1 <= least <= most:
        raise argparse.ArgumentTypeError("give a number or a range such as 10-12")
    return least, most


def other(take):
    """What tells a take from the first one, which goes without: () or (take,)."""
    return (take,) if take else ()


def shot_name(slug, take):
    """Name of a shot among its person's: the smiley, and the take from the second on."""
    return "-".join((slug, *map(str, other(take))))


def render_shot(task):
    """Render and write the crops of one shot, then its rows."""
    out, settings, number, slug, take = task
    cv2.setNumThreads(1)
    seed = person_seed(settings["seed"], number)
    person, body = sample_person(seed, person_sex(seed, settings["men"]))
    shot = Shot(person, slug, take=take)
    studio = Studio(person, shot, crop_view(person, shot, settings["size"]), body=body)
    least, most = settings["frames"]
    count = int(generator(seed, "count", slug, *other(take)).integers(least, most + 1))
    name = f"p{number:03d}"
    folder = out / "crops" / name
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for index, time in enumerate(shot.kept_times(count)):
        frame = studio.frame(time, index)
        path = folder / f"{shot_name(slug, take)}_{index:02d}.jpg"
        write_file(path, jpeg(frame, studio.camera.quality))
        where = path.relative_to(out).as_posix()
        rows.append((where, name, slug, f"{name}-{slug}-{take}", index, *rounded_box(frame.box)))
    write_csv(out / PARTS / f"crop-{name}-{shot_name(slug, take)}.csv", COLUMNS, rows)


def render_whole(task):
    """Render and write one whole frame, then its row. It is of a shot no crop comes from."""
    out, settings, number, slug, index = task
    cv2.setNumThreads(1)
    seed = person_seed(settings["seed"], number)
    person, body = sample_person(seed, person_sex(seed, settings["men"]))
    shot = Shot(person, slug, take=settings["takes"] + index)
    studio = Studio(person, shot, frame_view(person, shot), body=body)
    frame = studio.frame(shot.rise + 0.3, 0)
    path = out / "frames" / f"{index:04d}.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file(path, jpeg(frame, studio.camera.quality))
    row = (path.relative_to(out).as_posix(), f"p{number:03d}", slug, *rounded_box(frame.box))
    write_csv(out / PARTS / f"whole-{index:04d}.csv", FRAME_COLUMNS, [row])


def render(job):
    """Run one task in a worker."""
    kind, task = job
    (render_shot if kind == "crop" else render_whole)(task)


def jobs_of(out, settings):
    """All work as (name of its rows' file, job), crops person by person, then whole frames."""
    slugs = list(recipes())
    for number in range(settings["people"]):
        for slug in slugs:
            for take in range(settings["takes"]):
                name = f"crop-p{number:03d}-{shot_name(slug, take)}.csv"
                yield name, ("crop", (out, settings, number, slug, take))
    for index in range(settings["whole"]):
        number, slug = index * settings["people"] // settings["whole"], slugs[index % len(slugs)]
        yield f"whole-{index:04d}.csv", ("whole", (out, settings, number, slug, index))


def main(argv=None):
    """Render what is missing."""
    args = parse_args(argv)
    settings = {name: getattr(args, name) for name in SETTINGS}
    settings.update(version=VERSION, frames=list(args.frames))
    out = args.out
    tables = ["manifest.csv"] + ["frames.csv"] * (args.whole > 0)
    if begin(out, settings, tables, takes=1):
        print(f"{out} is complete")
        return
    jobs = dict(jobs_of(out, settings))
    missing = [job for name, job in jobs.items() if not is_made(out, name)]
    bar = tqdm(total=len(jobs), initial=len(jobs) - len(missing), unit="shot", desc="rendering")
    with worker_pool(min(args.workers, max(1, len(missing)))) as pool:
        for _ in pool.imap(render, missing):
            bar.update()
    bar.close()
    of_kind = {kind: [name for name in jobs if name.startswith(kind)] for kind in ("crop", "whole")}
    crops = join(out, of_kind["crop"], "manifest.csv", COLUMNS)
    join(out, of_kind["whole"], "frames.csv", FRAME_COLUMNS)
    shutil.rmtree(out / PARTS)
    print(f"{out / 'manifest.csv'}: {len(crops)} crops")


if __name__ == "__main__":
    cli.run(main)
