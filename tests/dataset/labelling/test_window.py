"""The labelling tool's picture, its script, and its real window where a virtual screen is."""

import json
import os
import shutil
import signal
import subprocess
import sys

import cv2
import numpy as np
import pytest

from common.cli import ROOT, UserError
from common.smileys import read_smileys
from dataset import label_video
from dataset.labelling.geometry import AREA, CANVAS, TIMELINE
from dataset.labelling.view import colour, draw, seen_part
from dataset.manifest import read_manifest
from tests.conftest import drawn_face, write_video
from tests.dataset.labelling.test_session import COUNT, SIZE, keys, session
from tests.waiting import until

pytestmark = pytest.mark.slow

TABLE = read_smileys()
FRAME = np.full((SIZE[1], SIZE[0], 3), 128, np.uint8)


def drawn(tool, frame=FRAME):
    picture = draw(tool, frame, TABLE, 25.0)
    assert picture.shape == (CANVAS[1], CANVAS[0], 3)
    assert picture.dtype == np.uint8
    return picture


def test_drawing_changes_nothing_and_is_repeatable():
    tool = keys(session(), "1", "right", "c", "h")
    before = (dict(tool.document.marks), tool.position, tool.view)
    assert np.array_equal(drawn(tool), drawn(tool))
    assert (dict(tool.document.marks), tool.position, tool.view) == before


@pytest.mark.parametrize("zoom", [0, 3])
def test_the_square_is_drawn_where_it_is(zoom):
    tool = keys(session(), "d", *["+"] * zoom)
    changed = np.abs(drawn(tool).astype(int) - drawn(session())).sum(axis=2) > 60
    x, y, side = tool.mark.box
    if zoom:
        changed = (drawn(tool) == (64, 214, 255)).all(axis=2)
    rows, columns = np.nonzero(changed[: AREA[1], : AREA[0]])
    outside = rows > 90  # below the label's text
    left, top = tool.view.to_canvas(x, y)
    right, bottom = tool.view.to_canvas(x + side, y + side)
    for value, expected in [
        (columns[outside].min(), left), (columns[outside].max(), right),
        (rows[outside].min(), top), (rows[outside].max(), bottom),
    ]:  # fmt: skip
        assert abs(value - expected) <= 7  # half a handle


def test_every_state_looks_different():
    tool = session()
    pictures = [drawn(tool)]
    for key in ("1", "backspace", "2", "c", "right", "c", "+", "f", "space", "]", "h"):
        pictures.append(drawn(keys(tool, key)))
    tool = keys(session(position=20), "1")
    pictures.append(drawn(tool))
    for k, one in enumerate(pictures):
        assert not any(np.array_equal(one, other) for other in pictures[:k])


def test_the_timeline_shows_labels_in_their_colours():
    tool = keys(session(), "1", "right", "2", "right", "backspace", "end")
    row = drawn(tool)[TIMELINE[1] + TIMELINE[3] // 2]
    width = TIMELINE[2] // COUNT
    for frame, index in ((0, 0), (1, 1)):
        assert tuple(row[frame * width + width // 2][::-1]) == colour(index, 17)
    assert len({tuple(row[k * width + width // 2]) for k in range(4)}) == 4
    assert len({colour(k, 17) for k in range(17)}) == 17


@pytest.mark.parametrize("size", [(640, 360), (64, 48), (300, 900), (3840, 2160), (961, 543)])
def test_frames_of_any_size_are_seen_whole(size):
    from dataset.labelling.geometry import Viewport

    columns = np.linspace(0, 255, size[0]).astype(np.uint8)
    frame = np.repeat(np.repeat(columns[None, :, None], size[1], 0), 3, 2)
    view = Viewport(size)
    picture = seen_part(frame, view)
    assert picture.shape == (AREA[1], AREA[0], 3)
    for part in (0.05, 0.5, 0.95):
        x, y = view.to_canvas(part * size[0], 0.5 * size[1])
        assert abs(int(picture[int(y), int(x), 0]) - 255 * part) < 5


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["none.mp4"], "no file none.mp4"),
        (["{folder}/text.mp4"], "no video"),
        (["{folder}/a.png"], "is a picture"),
        (["{folder}/film.mp4", "--person", " "], "--person needs a name"),
        (["rtsp://localhost:1/none"], ""),
        (["{folder}/empty"], "holds no pictures"),
    ],
)
def test_mistakes_are_told_in_one_line(tmp_path, refused, unchanged, argv, message):
    write_video(tmp_path / "film.mp4")
    cv2.imwrite(str(tmp_path / "a.png"), drawn_face())
    (tmp_path / "text.mp4").write_text("no video")
    (tmp_path / "empty").mkdir()
    with unchanged(tmp_path):
        argv = [word.replace("{folder}", str(tmp_path)) for word in argv]
        assert message in refused(label_video.main, *argv, "--out", tmp_path / "set")


def start(folder, display, *argv):
    """Start the tool as a program."""
    command = [sys.executable, str(ROOT / "dataset" / "label_video.py"), str(folder / "film.mp4")]
    environment = {key: value for key, value in os.environ.items() if key != "DISPLAY"}
    if display:
        environment["DISPLAY"] = display
    return subprocess.Popen(
        [*command, "--out", str(folder / "set"), "--weights", str(folder), *argv],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only X11 can be missing")
def test_a_missing_display_is_told(tmp_path):
    write_video(tmp_path / "film.mp4")
    for display, words in ((None, "there is no display"), (":987", ":987 does not answer")):
        process = start(tmp_path, display)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 2
        assert err.startswith("error: ")
        assert words in err
        assert err.count("\n") == 1
        assert out == ""
    assert not (tmp_path / "set").exists()


@pytest.fixture(scope="module")
def screen():
    """A virtual screen: its name for DISPLAY."""
    for program in ("Xvfb", "xdotool"):
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x720x24", "-nolisten", "tcp"],
        pass_fds=[write], stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    with os.fdopen(read) as file:
        number = file.readline().strip()
    if not number:
        pytest.skip("Xvfb does not start")
    yield f":{number}"
    server.terminate()
    server.wait()


def xdo(screen, *words):
    command = ["xdotool", *map(str, words)]
    environment = {**os.environ, "DISPLAY": screen}
    return subprocess.run(command, env=environment, capture_output=True, text=True).stdout


def position(folder):
    """Frame the tool was at when it last saved that."""
    saved = folder / "set" / "film.labels.json"
    return json.loads(saved.read_text())["position"] if saved.exists() else None


def open_window(folder, screen, *argv):
    """Start the tool and wait until it listens to the keyboard, at the first frame."""
    process = start(folder, screen, *argv)
    until(lambda: xdo(screen, "search", "--name", "^film.mp4$"), "no window")
    for key, frame in (("End", 11), ("Home", 0)):

        def arrives(key=key, frame=frame):
            xdo(screen, "mousemove", 300, 100, "key", key)
            return position(folder) == frame

        until(arrives, f"no reaction to {key}")
    return process


def press(folder, screen, key, expected):
    """Press a key and wait for the labels it must lead to."""
    xdo(screen, "key", key)
    until(lambda: labels(folder) == expected, f"other labels after {key}")


def labels(folder):
    """Rows of the manifest: (frame, smiley, person)."""
    try:
        rows = read_manifest(folder / "set", TABLE, pictures=True)
    except UserError:  # not there yet, or replaced while it was read
        return []
    return [(int(row["frame"]), row["smiley"], row["person"]) for row in rows]


def test_the_window_labels_a_video_and_resumes_after_a_kill(tmp_path, screen):
    write_video(tmp_path / "film.mp4", frames=12, size=(120, 90))
    process = open_window(tmp_path, screen, "--person", "anna")
    try:
        xdo(screen, "mousemove", 300, 100, "mousedown", 1)
        for step in range(1, 9):
            xdo(screen, "mousemove", 300 + 40 * step, 100 + 40 * step)
        xdo(screen, "mouseup", 1)
        rows = [(0, "tongue", "anna"), (1, "tongue", "anna"), (2, "roar", "anna")]
        press(tmp_path, screen, "4", rows[:1])
        press(tmp_path, screen, "Right", rows[:2])
        press(tmp_path, screen, "Right", [*rows[:2], (2, "tongue", "anna")])
        press(tmp_path, screen, "q", rows)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        assert labels(tmp_path) == rows
        process = open_window(tmp_path, screen)
        xdo(screen, "key", "--delay", 500, "n", "1")
        longer = [*rows, (3, "smile", "anna")]
        until(lambda: labels(tmp_path) == longer, "other labels")
        press(tmp_path, screen, "Right", [*longer, (4, "smile", "anna")])
        press(tmp_path, screen, "z", longer)
        xdo(screen, "key", "Escape")
        _, err = process.communicate(timeout=60)
        assert (process.returncode, err.strip()) == (0, "")
        assert labels(tmp_path) == longer
    finally:
        process.kill()
