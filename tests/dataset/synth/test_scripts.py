import hashlib
import json
import shutil

import cv2
import pytest

from common.tables import read_csv
from dataset import make_data, make_sheet, make_video
from dataset.manifest import read_manifest
from dataset.synth.expression import recipes
from dataset.synth.shot import RATE

pytestmark = pytest.mark.slow


class Inline:
    """A pool that works in this process."""

    def __init__(self, *_):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    imap = staticmethod(map)


@pytest.fixture(autouse=True)
def inline(monkeypatch):
    """Keep everything in one process, and only two smileys, so that tests are quick."""
    few = {slug: recipes()[slug] for slug in ("smile", "cool")}
    for script in (make_data, make_video):
        monkeypatch.setattr(script, "worker_pool", Inline)
        monkeypatch.setattr(script, "recipes", lambda: few)


def digests(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


OPTIONS = ("--people", 1, "--frames", 2, "--size", 48, "--whole", 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("data") / "set"


def test_make_data_writes_what_the_manifest_promises(call, folder):
    code, _, err = call(make_data.main, "--out", folder, *OPTIONS)
    assert code == 0, err
    rows = read_manifest(folder)
    assert [row["smiley"] for row in rows] == ["smile", "smile", "cool", "cool"]
    assert {row["clip"] for row in rows} == {"p000-smile-0", "p000-cool-0"}
    for row in rows:
        assert cv2.imread(str(folder / row["path"])).shape == (48, 48, 3)
        assert row["w"] == row["h"] > 20
    (whole,) = read_csv(folder / "frames.csv")
    assert cv2.imread(str(folder / whole["path"])).shape == (360, 640, 3)
    assert not list(folder.rglob("*.part.*")) + list(folder.glob(".parts"))


def test_further_takes_are_other_shots_and_leave_the_first_as_it_is(call, folder, tmp_path):
    options = ("--people", 1, "--frames", 2, "--size", 48, "--takes", 2)
    assert call(make_data.main, "--out", tmp_path / "set", *options, "--whole", 0)[0] == 0
    rows = read_manifest(tmp_path / "set")
    assert [row["clip"] for row in rows[::2]] == [
        "p000-smile-0", "p000-smile-1", "p000-cool-0", "p000-cool-1"
    ]  # fmt: skip
    made, before = digests(tmp_path / "set"), digests(folder)
    crops = [name for name in before if name.startswith("crops")]
    assert len(crops) == 4
    assert all(made[name] == before[name] for name in crops)
    assert len(set(made.values())) == len(made)  # no shot twice


def test_a_folder_from_before_there_was_an_option_is_complete(call, folder, tmp_path):
    shutil.copytree(folder, tmp_path / "set")
    note = tmp_path / "set" / "settings.json"
    old = json.loads(note.read_text())
    assert old.pop("takes") == 1
    note.write_text(json.dumps(old))
    code, out, _ = call(make_data.main, "--out", tmp_path / "set", *OPTIONS)
    assert code == 0
    assert "is complete" in out


def test_make_data_skips_what_is_complete(call, folder):
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    code, out, _ = call(make_data.main, "--out", folder, *OPTIONS)
    assert code == 0
    assert "is complete" in out
    assert before == {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_a_killed_run_goes_on_and_ends_the_same(call, folder, tmp_path, monkeypatch):
    render, done = make_data.render, []

    def killed(job):
        if done:
            raise KeyboardInterrupt
        done.append(job)
        render(job)

    with monkeypatch.context() as patch:
        patch.setattr(make_data, "render", killed)
        assert call(make_data.main, "--out", tmp_path / "set", *OPTIONS)[0] == 130
    assert not (tmp_path / "set" / "manifest.csv").exists()
    assert call(make_data.main, "--out", tmp_path / "set", *OPTIONS)[0] == 0
    assert digests(tmp_path / "set") == digests(folder)


def test_make_data_refuses_other_options_and_other_folders(refused, folder, tmp_path):
    assert "other options" in refused(make_data.main, "--out", folder, "--people", 3)
    (tmp_path / "letter.txt").write_text("dear")
    assert "not empty" in refused(make_data.main, "--out", tmp_path)
    assert "--people" in refused(make_data.main, "--out", tmp_path / "new", "--people", 0)


def test_make_sheet_draws_one_row_a_person(call, folder, tmp_path):
    sheet = tmp_path / "sheet.png"
    assert call(make_sheet.main, "--data", folder, "--out", sheet, "--size", 32)[0] == 0
    image = cv2.imread(str(sheet))
    assert image.shape == (make_sheet.HEADER + 32, 64, 3)
    assert image[make_sheet.HEADER :].std() > 10


def test_make_sheet_refuses_a_folder_without_manifest(refused, tmp_path):
    assert "manifest" in refused(make_sheet.main, "--data", tmp_path, "--out", tmp_path / "s.png")


def test_make_video_tells_the_truth_of_every_frame(call, tmp_path, monkeypatch):
    studio = make_video.Studio
    monkeypatch.setattr(make_video, "Studio", lambda *a, **k: studio(*a, **k, draft=True))
    monkeypatch.setattr(make_video, "WIDTH", 160)
    monkeypatch.setattr(make_video, "HEIGHT", 90)
    video = tmp_path / "v.mp4"
    code, _, err = call(make_video.main, "--out", video, "--person", 1)
    assert code == 0, err
    truth = json.loads(video.with_suffix(".json").read_text())
    capture = cv2.VideoCapture(str(video))
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == len(truth["frames"])
    assert capture.get(cv2.CAP_PROP_FPS) == RATE
    shown = [(entry["smiley"], entry["phase"]) for entry in truth["frames"]]
    order = [pair for k, pair in enumerate(shown) if k == 0 or shown[k - 1] != pair]
    one = ("neutral", "held"), *(("smile", p) for p in ("transition", "held", "transition"))
    two = ("neutral", "held"), *(("cool", p) for p in ("transition", "held", "transition"))
    assert order == [*one, *two, ("neutral", "held")]
    assert [entry["frame"] for entry in truth["frames"]] == list(range(len(shown)))


def test_make_video_refuses_other_containers(refused, tmp_path):
    assert ".mp4" in refused(make_video.main, "--out", tmp_path / "v.avi")
