"""What the labelling tool keeps on disk: it is the state, at any moment it may be killed."""

import argparse
import contextlib
import json
import os
import random
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from common.cli import UserError
from common.smileys import read_smileys
from dataset import label_video, manifest
from dataset.labelling import store as store_module
from dataset.labelling.document import Document, Mark
from dataset.labelling.faces import Faces
from dataset.labelling.frames import open_frames
from dataset.labelling.session import Session
from dataset.labelling.store import Store, crop_size
from dataset.manifest import append, read_manifest
from tests.common.clips import number, number_in, turn, write_clip
from tests.conftest import drawn_face, write_video
from tests.dataset.labelling.test_session import faces_of, keys, random_event

SMILEYS = list(read_smileys())


class Pictures(list):
    """Frames of different greys that need no file."""

    size, fps = (640, 360), 25.0

    def __init__(self, count=30):
        super().__init__(np.full((360, 640, 3), 5 * k + 20, np.uint8) for k in range(count))


def opened(folder, video="a/film.mp4", person="anna", pictures=None):
    """A store, and a session on what it holds."""
    store = Store(folder, video, Pictures() if pictures is None else pictures)
    saved = store.load(SMILEYS) or {"marks": {}, "starts": [], "person": person, "position": 0}
    document = Document(store.frames.size, saved["marks"], saved["starts"])
    tool = Session(
        document, len(store.frames), SMILEYS, saved["person"], Faces(faces_of), saved["position"]
    )
    return store, tool


def check_saved(folder, tool):
    """The files are the state: labels, manifest and crops."""
    store = object.__new__(Store)
    store.folder, store.frames, store.name, store.video = folder, Pictures(), "film", "film.mp4"
    store.labels = folder / "film.labels.json"
    saved = store.load(SMILEYS)
    assert saved["marks"] == tool.document.marks
    assert set(saved["starts"]) == tool.document.starts
    assert saved["position"] == tool.position
    marks = {f: mark for f, mark in tool.document.marks.items() if mark.smiley}
    rows = []
    if marks:
        rows = read_manifest(folder, SMILEYS, pictures=True)
    assert [int(row["frame"]) for row in rows] == sorted(marks)
    for row in rows:
        mark = marks[int(row["frame"])]
        assert (row["smiley"], row["person"]) == (mark.smiley, mark.person)
        assert row["clip"] == f"film/{tool.document.clip(int(row['frame'])):06d}"
        picture = cv2.imread(str(folder / row["path"]))
        assert picture.shape[0] == crop_size(mark.box) == 2 * row["w"] == 4 * row["x"]
        assert abs(int(picture[0, 0, 0]) - (5 * int(row["frame"]) + 20)) <= 2
    assert {p.name for p in (folder / "film").iterdir()} == {Path(r["path"]).name for r in rows}


@pytest.mark.parametrize("seed", range(4))
def test_after_every_event_the_files_are_the_state(tmp_path, seed, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda file: None)
    rng = random.Random(seed)
    store, tool = opened(tmp_path)
    for step in range(60):
        random_event(tool, rng)
        store.save(tool)
        if step % 4 == 0:
            check_saved(tmp_path, tool)
        if step == 30:
            store.close()
            store, again = opened(tmp_path)
            assert again.document.marks == tool.document.marks
            tool = again
    check_saved(tmp_path, tool)


class Killed(BaseException):
    """The process ends here."""


def test_killed_at_any_step_the_manifest_is_whole_and_the_work_goes_on(tmp_path, monkeypatch):
    """Let the tool die at the k-th change of a file, for every k."""
    replace, unlink, k = os.replace, Path.unlink, 0
    finished = False
    while not finished:
        folder = tmp_path / str(k)
        store, tool = opened(folder)
        keys(tool, "1", "right", "right")
        store.save(tool)
        old, calls = dict(tool.document.marks), []

        def counted(function, calls=calls, k=k):
            def call(*arguments, **options):
                calls.append(function)
                if len(calls) > k:
                    raise Killed
                return function(*arguments, **options)

            return call

        keys(tool, "home", "2", "l", "end", "3")
        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", counted(replace))
            patch.setattr(Path, "unlink", counted(unlink))
            with contextlib.suppress(Killed):
                store.save(tool)
                finished = True
        read_manifest(folder, SMILEYS, pictures=True)
        store.close()
        store, again = opened(folder)
        store.save(again)
        assert again.document.marks in (old, tool.document.marks)
        check_saved(folder, again)
        store.close()
        k += 1
    # 4 crops, their manifest, the labels, 3 old crops.
    assert k > 8
    assert again.document.marks == tool.document.marks


def test_other_rows_of_the_set_stay(tmp_path):
    store, tool = opened(tmp_path)
    cv2.imwrite(str(tmp_path / "x.png"), drawn_face())
    values = ("x.png", "bea", "sad", "c", "0", 1, 2, 3, 4)
    append(tmp_path, [dict(zip(manifest.COLUMNS, values))])
    store.save(keys(tool, "1"))
    other, second = opened(tmp_path, "film 2.mp4", "cleo")
    other.save(keys(second, "2", "right"))
    store.save(keys(tool, "right", "3"))
    rows = read_manifest(tmp_path, SMILEYS, pictures=True)
    assert [(row["person"], row["smiley"], row["clip"]) for row in rows] == [
        ("bea", "sad", "c"),
        ("cleo", "laugh", "film_2/000000"),
        ("cleo", "laugh", "film_2/000000"),
        ("anna", "smile", "film/000000"),
        ("anna", "sad", "film/000000"),
    ]
    store.save(keys(tool, "z", "z", "z"))
    assert len(read_manifest(tmp_path)) == 3


def test_crops_show_the_face_with_a_margin(tmp_path):
    pictures = Pictures()
    pictures[0][100:180, 100:180] = (0, 0, 255)
    store, tool = opened(tmp_path, pictures=pictures)
    store.save(keys(tool, "1"))
    (row,) = read_manifest(tmp_path, pictures=True)
    picture = cv2.imread(str(tmp_path / row["path"])).astype(int)
    assert picture.shape == (160, 160, 3)
    red = picture[..., 2] - picture[..., 1] > 100
    assert np.abs(np.argwhere(red).min(axis=0) - 40).max() <= 1
    assert np.abs(np.argwhere(red).max(axis=0) - 119).max() <= 1
    assert crop_size((0, 0, 8)) == 16
    assert crop_size((0, 0, 500)) == 256


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"video": {"name": "other.mp4", "frames": 30, "size": [640, 360]}}, "of another video"),
        ({"marks": [[99, [1, 2, 30], None, "a", True, True]]}, "holds no labels"),
        ({"marks": [[1, [1, 2], None, "a", True, True]]}, "holds no labels"),
        ({"marks": [[1, [1, 2, 30], "happy", "a", True, True]]}, "holds the smiley 'happy'"),
        ({"marks": 5}, "holds no labels"),
        ({"starts": None}, "holds no labels"),
        (None, "cannot read"),
    ],
)
def test_labels_that_are_none_are_refused_and_kept(tmp_path, change, message):
    store, tool = opened(tmp_path)
    store.save(keys(tool, "1"))
    saved = json.loads(store.labels.read_text())
    store.labels.write_text("{" if change is None else json.dumps({**saved, **change}))
    before = store.labels.read_bytes()
    with pytest.raises(UserError, match=message):
        store.load(SMILEYS)
    assert store.labels.read_bytes() == before


def test_one_window_a_video_and_no_work_on_a_broken_manifest(tmp_path):
    store, tool = opened(tmp_path)
    with pytest.raises(UserError, match="in another window"):
        opened(tmp_path)
    store.save(keys(tool, "1"))
    store.close()
    with open(tmp_path / "manifest.csv", "a") as file:
        file.write("x.png,p,smile\n")
    with pytest.raises(UserError, match="line 3"):
        opened(tmp_path)


def test_a_full_disk_is_told(tmp_path, monkeypatch):
    store, tool = opened(tmp_path)
    store.save(keys(tool, "1"))

    def full(path, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(UserError, match="No space left"):
        store.save(keys(tool, "right"))
    check_saved(tmp_path, keys(tool, "z"))


def test_every_field_of_a_mark_is_saved():
    assert [*store_module.FIELDS] == ["frame", *Mark.__dataclass_fields__]


@pytest.fixture(scope="module")
def numbered(tmp_path_factory):
    """A video whose frames show their number in binary digits."""
    path = tmp_path_factory.mktemp("video") / "numbered.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 29.97, (160, 48))
    for index in range(400):
        bits = [255 * (index >> bit & 1) for bit in range(10)]
        row = np.repeat(np.array(bits, np.uint8), 16)
        writer.write(np.ascontiguousarray(np.broadcast_to(row[None, :, None], (48, 160, 3))))
    writer.release()
    return path


@pytest.mark.parametrize("seekable", [True, False])
def test_every_frame_is_found_by_its_number(numbered, seekable, monkeypatch):
    frames = open_frames(str(numbered))
    assert len(frames) == 400
    assert frames.size == (160, 48)
    assert frames._seekable
    frames._seekable, frames._keep = seekable, 4
    rng = random.Random(0)
    numbers = [0, 399, 398, 0, *(rng.randrange(400) for _ in range(40))]
    for index in numbers:
        bits = frames[index][24, 8::16, 0] > 127
        assert sum(1 << k for k, bit in enumerate(bits) if bit) == index
    assert frames._seekable == seekable
    with pytest.raises(IndexError):
        frames[400]


def test_seeking_that_misses_is_noticed(numbered, monkeypatch):
    frames = open_frames(str(numbered))
    frames._times = [time + 1.5 / 29.97 for time in frames._times]
    bits = frames[300][24, 8::16, 0] > 127
    assert sum(1 << k for k, bit in enumerate(bits) if bit) == 300
    assert not frames._seekable


def test_frames_of_a_telephone_and_of_an_animation_are_upright(tmp_path):
    turned = turn(write_clip(tmp_path / "a.mp4", [k / 25 for k in range(6)]), (0, 1, -1, 0))
    frames = open_frames(str(turned))
    assert (frames.size, len(frames)) == ((48, 160), 6)
    assert [number_in(np.rot90(frames[k])) for k in (5, 0, 3)] == [5, 0, 3]
    pictures = [Image.fromarray(number(k)) for k in range(4)]
    pictures[0].save(
        tmp_path / "a.webp", save_all=True, append_images=pictures[1:], lossless=True, duration=100
    )
    frames = open_frames(str(tmp_path / "a.webp"))
    assert (frames.size, len(frames), frames.fps) == ((160, 48), 4, pytest.approx(10))
    assert [number_in(frames[k]) for k in (3, 1)] == [3, 1]


def test_a_folder_of_frames(tmp_path):
    for name, value in (("10.png", 1), ("9.png", 2)):
        cv2.imwrite(str(tmp_path / name), np.full((20, 30, 3), value, np.uint8))
    frames = open_frames(str(tmp_path))
    assert [frames[k][0, 0, 0] for k in range(len(frames))] == [2, 1]
    cv2.imwrite(str(tmp_path / "11.png"), np.zeros((20, 31, 3), np.uint8))
    with pytest.raises(UserError, match="not of one size"):
        open_frames(str(tmp_path))


def test_the_script_prepares_a_session_and_resumes_it(tmp_path):
    video = write_video(tmp_path / "film.mp4")
    options = {"video": str(video), "out": tmp_path / "set", "person": None, "min_face": None}
    arguments = argparse.Namespace(**options, weights=tmp_path)
    tool, _, store, _ = label_video.prepare(arguments, open_frames(str(video)))
    assert tool.person == "film"
    assert tool.faces.detect is None
    tool.document.set_smiley(3, "smile", "film", (10.0, 10.0, 40.0))
    tool.seek(3)
    store.save(tool)
    store.close()
    (tmp_path / "set" / "manifest.csv").unlink()  # as if killed before it was written
    arguments.person = "anna"
    tool, _, store, _ = label_video.prepare(arguments, open_frames(str(video)))
    assert (tool.position, tool.person, tool.mark.smiley) == (3, "anna", "smile")
    assert len(read_manifest(tmp_path / "set", pictures=True)) == 1
    store.close()
