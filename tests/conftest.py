"""Fixtures of the pipeline's tests: tiny drawn media, small random networks compiled once."""

import contextlib
import os
import signal
import sys
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli
from nets import theano_setup  # noqa: F401 - prepares Theano, before any test imports it

import lasagne  # isort: skip

# Started in the background, by nohup say, Python ignores Ctrl-C, and so would its children.
signal.signal(signal.SIGINT, signal.default_int_handler)

CLASSES = ["smile", "laugh", "sad", "happy", "a b c"]  # two are not among the 17


def drawn_face(width=120, height=90, shift=0):
    """Draw a round face on a striped background: uint8 (height, width, 3)."""
    image = np.full((height, width, 3), (90, 110, 60), np.uint8)
    image[::7] = (40, 60, 140)
    centre = (width // 2 + shift, height // 2)
    size = min(width, height) // 3
    cv2.circle(image, centre, size, (140, 180, 230), -1, cv2.LINE_AA)
    for side in (-1, 1):
        eye = (centre[0] + side * size // 2, centre[1] - size // 4)
        cv2.circle(image, eye, max(1, size // 7), (20, 20, 20), -1, cv2.LINE_AA)
    mouth = (centre[0], centre[1] + size // 3)
    cv2.ellipse(image, mouth, (size // 2, size // 4), 0, 0, 180, (30, 30, 160), -1, cv2.LINE_AA)
    return image


def write_video(path, frames=12, fps=25.0, fourcc="mp4v", size=(120, 90)):
    """Write a video of a drawn face that moves to the right."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*fourcc), fps, size)
    assert writer.isOpened()
    for k in range(frames):
        writer.write(drawn_face(*size, shift=k))
    writer.release()
    return path


def read_video(path):
    """Return all frames of a video file, and its frames per second."""
    capture = cv2.VideoCapture(str(path))
    frames = []
    while True:
        ok, frame = capture.read()
        if not ok:
            return frames, capture.get(cv2.CAP_PROP_FPS)
        frames.append(frame)


@pytest.fixture(autouse=True)
def _seeded():
    """Networks begin with the same weights in every run, whatever ran before."""
    lasagne.random.set_rng(np.random.RandomState(1))


@pytest.fixture(autouse=True)
def _scheduled_as_others():
    """No test makes this thread a real-time one: all that is started from it would be, too."""
    yield
    if hasattr(os, "sched_getscheduler"):
        assert os.sched_getscheduler(0) == os.SCHED_OTHER


@pytest.fixture(scope="session")
def nets(tmp_path_factory):
    """Networks with random weights, their files, and the functions compiled of them."""
    import lasagne

    from nets.detector import build_net_big, build_net_small
    from nets.smiles import build_net_smiles
    from nets.weights import save_weights
    from pipeline.cascade import Detector
    from pipeline.vote import Voter

    folder = tmp_path_factory.mktemp("weights")
    before = lasagne.random.get_rng()
    lasagne.random.set_rng(np.random.RandomState(1))
    small, big = build_net_small(), build_net_big()
    smiles = build_net_smiles(num_classes=len(CLASSES))
    lasagne.random.set_rng(before)
    save_weights(folder / "small.npz", small, "small", threshold=0.5)
    save_weights(folder / "big.npz", big, "big", threshold=0.5)
    save_weights(folder / "smiles.npz", smiles, "smiles", classes=CLASSES)
    return SimpleNamespace(
        folder=folder,
        small=small,
        big=big,
        smiles=smiles,
        detector=Detector.load(folder),
        voter=Voter.load(folder / "smiles.npz"),
    )


@pytest.fixture
def compiled(nets, monkeypatch):
    """Let scripts called in this process use the functions compiled once for the session."""
    from pipeline.cascade import Detector
    from pipeline.vote import Voter

    load_detector, load_voter = Detector.load, Voter.load
    smiles = nets.folder / "smiles.npz"
    monkeypatch.setattr(
        Detector, "load", lambda at: nets.detector if at == nets.folder else load_detector(at)
    )

    def load(at, shared=False, precision="float32"):
        plain = not shared and precision == "float32"
        return nets.voter if at == smiles and plain else load_voter(at, shared, precision)

    monkeypatch.setattr(Voter, "load", load)
    return nets


@pytest.fixture
def call(capfd):
    """Call a script's main as a program: (exit code, stdout, stderr)."""

    def call(main, *argv):
        capfd.readouterr()
        with pytest.raises(SystemExit) as stop:
            cli.run(lambda: main([str(word) for word in argv]))
        out, err = capfd.readouterr()
        return stop.value.code or 0, out, err

    return call


@pytest.fixture
def refused(call):
    """Call a script that must refuse: exit code 2 and one line, which is returned."""

    def refused(main, *argv):
        code, _, err = call(main, *argv)
        assert code == 2, err
        assert err.startswith("error: "), err
        assert err.count("\n") == 1, err
        return err

    return refused


@pytest.fixture
def user_flags(monkeypatch):
    """Call something under a user's Theano flags; what Theano will read then is returned."""
    from theano_mend import flags

    monkeypatch.setenv("THEANORC", "")

    def under(user, prepare):
        monkeypatch.setenv("THEANO_FLAGS", user)
        prepare()
        return flags.environment()

    return under


@pytest.fixture
def unchanged():
    """Make a context in which a folder must keep exactly the files it has."""

    @contextlib.contextmanager
    def unchanged(folder):
        before = sorted(folder.rglob("*"))
        yield
        assert sorted(folder.rglob("*")) == before

    return unchanged
