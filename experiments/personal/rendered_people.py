"""Renders people outside the training set, several shots a smiley, for the enrolment's trial."""

import os

import cv2
from tqdm import tqdm

from common.output import rounded_box, write_file
from common.tables import manifest_path
from common.workers import worker_pool
from dataset.manifest import write_manifest
from dataset.synth.expression import recipes
from dataset.synth.people import person_seed, sample_person
from dataset.synth.shot import Shot
from dataset.synth.studio import Studio, crop_view, jpeg

FIRST = 1000  # number of the first person; the training sets count from 0
TAKES = 4  # shots a person and smiley: each has the smiley made anew
FRAMES = 5  # neighbouring frames of each shot
SIZE = 128  # pixels, as in make_data.py


def render_people(out, people, workers=None):
    """Render a data set unless it is there.

    Parameters
    ----------
    out : pathlib.Path
        Folder; clips are named PERSON-SMILEY-TAKE.
    people : int
    workers : int, optional
        Processes; by default one a core.
    """
    if manifest_path(out).exists():
        return
    (out / "crops").mkdir(parents=True, exist_ok=True)
    tasks = [
        (out, number, slug, take)
        for number in range(FIRST, FIRST + people)
        for slug in recipes()
        for take in range(TAKES)
    ]
    with worker_pool(workers or os.cpu_count()) as pool:
        shots = list(tqdm(pool.imap(render_shot, tasks), total=len(tasks), desc="rendering"))
    write_manifest(out, [row for rows in shots for row in rows])


def render_shot(task):
    """Render the crops of one shot; returns their rows."""
    out, number, slug, take = task
    cv2.setNumThreads(1)
    person, body = sample_person(person_seed(0, number), "female")
    shot = Shot(person, slug, take=take)
    studio = Studio(person, shot, crop_view(person, shot, SIZE), body=body)
    name, rows = f"p{number}", []
    for index, time in enumerate(shot.kept_times(FRAMES)):
        frame = studio.frame(time, index)
        path = f"crops/{name}-{slug}-{take}_{index:02d}.jpg"
        write_file(out / path, jpeg(frame, studio.camera.quality))
        row = {"path": path, "person": name, "smiley": slug, "clip": f"{name}-{slug}-{take}"}
        rows.append({**row, "frame": index, **dict(zip("xywh", rounded_box(frame.box)))})
    return rows
