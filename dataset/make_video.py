"""Render a video with known truth: one person goes through all smileys, neutral between.

    python dataset/make_video.py --out out/known.mp4 --person 16
    python dataset/make_video.py --out out/stranger.mp4 --person 1000

Beside the video, a JSON file of the same name says for each frame which smiley the face
shows, whether it is held or on its way, and where the face is. Persons are numbered as
by make_data.py: with its default options, 0 to 19 are in the data set.
"""

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()


import cv2
import numpy as np
from tqdm import tqdm

from common.output import check_output, rounded_box, write_file
from common.workers import worker_pool
from common.writer import VideoWriter
from dataset.synth.expression import recipes
from dataset.synth.people import person_seed, person_sex, sample_person
from dataset.synth.seeding import generator
from dataset.synth.shot import RATE, Shot, Sway
from dataset.synth.studio import Studio, View

WIDTH, HEIGHT = 640, 360
PAUSE = 5  # frames of the face at rest between two smileys
GRAIN, SOFTNESS = 0.8, 0.4  # of the camera: at most, grey levels; at least, as its blur
TAKE = 100  # of the shots: none of them is in the data set
HELD, AT_REST = 0.95, 0.05  # amounts from and below which a smiley counts as shown and as gone


def parse_args(argv=None):
    """The command line."""
    parser = cli.parser(__doc__)
    parser.add_argument("--out", type=Path, default=Path("out/smileys.mp4"), help="an .mp4 file")
    parser.add_argument("--person", type=int, default=16, help="her number (default 16)")
    parser.add_argument("--seed", type=int, default=0, help="of the data set she is from")
    parser.add_argument("--men", action="store_true", help="as for make_data.py")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes")
    args = parser.parse_args(argv)
    if args.out.suffix.lower() != ".mp4":
        raise cli.UserError(f"--out {args.out}: give a name that ends in .mp4")
    if args.person < 0 or args.seed < 0 or args.workers < 1:
        raise cli.UserError("--person and --seed must not be negative, --workers not below 1")
    return args


def plan(person):
    """All shots in order, as (shot, number of its first frame, number of frames)."""
    sway = Sway(generator(person.seed, "video", "sway"), person.manner.restless)
    shots, first = [], 0
    for slug in recipes():
        shot = Shot(person, slug, TAKE, sway, clock=first / RATE)
        count = int(np.ceil(shot.length * RATE)) + PAUSE
        shots.append((shot, first, count))
        first += count
    return shots


def truth(shot, time):
    """What a face shows: (slug, "held" or "transition")."""
    amount = shot.amount(time)
    if amount >= HELD:
        return shot.slug, "held"
    if amount <= AT_REST:
        return "neutral", "held"
    return shot.slug, "transition"


def render_shot(task):
    """All frames of one shot: PNG bytes and the entries of the JSON file."""
    seed, sex, index = task
    cv2.setNumThreads(1)
    person, body = sample_person(seed, sex)
    shot, first, count = plan(person)[index]
    rng = generator(seed, "video", "view")
    centre = WIDTH * float(rng.uniform(0.42, 0.58)), HEIGHT * float(rng.uniform(0.42, 0.47))
    view = View(WIDTH, HEIGHT, HEIGHT * float(rng.uniform(0.24, 0.28)), centre)
    studio = Studio(person, shot, view, room="video", body=body)
    # Grain and fine texture are most of what a video's file holds.
    studio.camera.blur = max(studio.camera.blur, SOFTNESS)
    studio.camera.noise = min(studio.camera.noise, GRAIN)
    studio.camera.chroma = min(studio.camera.chroma, GRAIN / 2)
    pictures, entries = [], []
    for k in range(count):
        frame = studio.frame(k / RATE, first + k)
        slug, phase = truth(shot, k / RATE)
        box = rounded_box(frame.box)
        entries.append({"frame": first + k, "smiley": slug, "phase": phase, "box": box})
        pictures.append(cv2.imencode(".png", frame.image)[1])
    return pictures, entries


def main(argv=None):
    """Render the video and write its truth beside it."""
    args = parse_args(argv)
    seed = person_seed(args.seed, args.person)
    sex = person_sex(seed, args.men)
    note = args.out.with_suffix(".json")
    if args.out.parent == Path("out"):  # the default, an ignored folder
        args.out.parent.mkdir(exist_ok=True)
    for path in (args.out, note):
        check_output(path)
    tasks = [(seed, sex, index) for index in range(len(recipes()))]
    entries, count = [], 0
    with VideoWriter(args.out, RATE) as video, worker_pool(args.workers) as pool:
        for pictures, shot_entries in tqdm(
            pool.imap(render_shot, tasks), total=len(tasks), unit="shot"
        ):
            for picture in pictures:
                frame = cv2.imdecode(picture, cv2.IMREAD_COLOR)
                video.write(frame, count / RATE, (count + 1) / RATE)
                count += 1
            entries += shot_entries
    text = ",\n".join("  " + json.dumps(entry) for entry in entries)
    head = f'"video": "{args.out.name}", "person": "p{args.person:03d}", "rate": {RATE}'
    write_file(note, f'{{{head}, "frames": [\n{text}\n]}}\n')
    print(f"{args.out}: {len(entries)} frames, {args.out.stat().st_size / 1e6:.1f} MB; {note}")


if __name__ == "__main__":
    cli.run(main)
