"""The button "teach it your face": a process beside the service, a net a person, undo."""

import lasagne
import numpy as np
import pytest

from dataset.smielfy import teaching as module
from dataset.smielfy.errors import RequestError
from dataset.smielfy.recognizer import Recognizer
from dataset.smielfy.teaching import Teaching
from nets.smiles import build_net_smiles
from nets.weights import load_network, save_weights
from tests.conftest import CLASSES
from tests.dataset.smielfy.helpers import FACE, SkinDetector, Visitor, mentions, service
from tests.waiting import until

# Stands for experiments/enrol.py: says what it is told to, and copies a net.
SCRIPT = """
import argparse, json, shutil, sys, time
parser = argparse.ArgumentParser()
for name in ("data", "person", "smiles", "out"):
    parser.add_argument(f"--{name}", required=True)
parser.add_argument("--json", action="store_true", required=True)
args = parser.parse_args()
print(json.dumps({"done": 5, "steps": 10}), flush=True)
while __import__("os").path.exists("WAIT"):
    time.sleep(0.01)
if args.person == "FAIL":
    sys.exit("error: no")
shutil.copy("OTHER", args.out)
print(json.dumps({"before": 0.5, "after": 0.9, "tested": 10, "whole": True, "taught": 20}))
"""
GIVEN = {name: {"pictures": 10, "bursts": 2} for name in CLASSES[:3]}
ANN, BEN = "s00000000000a", "s00000000000b"


@pytest.fixture
def other(tmp_path):
    """A net with other weights than the session's."""
    lasagne.random.set_rng(np.random.RandomState(99))
    path = tmp_path / "other.npz"
    save_weights(path, build_net_smiles(num_classes=len(CLASSES)), "smiles", classes=CLASSES)
    return path


@pytest.fixture
def script(tmp_path, other, monkeypatch):
    """Put the stand-in in place; a function that makes it wait, or go on."""
    wait = tmp_path / "wait"
    (tmp_path / "experiments").mkdir()
    text = SCRIPT.replace("WAIT", str(wait)).replace("OTHER", str(other))
    (tmp_path / "experiments" / "enrol.py").write_text(text)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    return lambda waits: wait.touch() if waits else wait.unlink(missing_ok=True)


def test_learning_is_watched_kept_and_undone(tmp_path, script):
    teaching = Teaching(tmp_path / "nets", tmp_path, tmp_path / "net.npz")
    assert teaching.state(ANN) == {"state": "none"}
    assert teaching.net(ANN) is None
    script(True)
    teaching.start(ANN, GIVEN)
    until(lambda: teaching.state(ANN).get("done") == 5)
    assert teaching.state(ANN) == {"state": "learning", "done": 5, "steps": 10}
    assert teaching.state(BEN) == {"state": "none"}
    script(False)
    until(lambda: teaching.state(ANN)["state"] == "taught")
    found = {"state": "taught", "before": 0.5, "after": 0.9, "tested": 10, "whole": True}
    assert teaching.state(ANN) == {**found, "taught": 20}
    assert teaching.net(ANN).is_file()
    again = Teaching(tmp_path / "nets", tmp_path, tmp_path / "net.npz")
    assert again.state(ANN)["after"] == 0.9
    again.undo(ANN)
    assert again.state(ANN) == {"state": "none"}
    assert not any((tmp_path / "nets").iterdir())


def test_others_wait_in_a_queue_and_see_their_place(tmp_path, script):
    teaching = Teaching(tmp_path / "nets", tmp_path, tmp_path / "net.npz")
    cleo = "s00000000000c"
    script(True)
    for person in (ANN, BEN, cleo, BEN):
        teaching.start(person, GIVEN)
    until(lambda: teaching.state(ANN).get("done") == 5)
    assert teaching.state(BEN) == {"state": "waiting", "place": 1}
    assert teaching.state(cleo) == {"state": "waiting", "place": 2}
    assert teaching.undo(BEN)  # she leaves the queue
    assert teaching.state(BEN) == {"state": "none"}
    assert teaching.state(cleo) == {"state": "waiting", "place": 1}
    assert not teaching.undo(BEN)
    teaching.undo(ANN)  # who is being taught makes room
    until(lambda: teaching.state(cleo)["state"] == "learning")
    script(False)
    until(lambda: teaching.state(cleo)["state"] == "taught")
    assert teaching.net(ANN) is None


def test_a_failure_lets_the_next_begin(tmp_path, script):
    teaching = Teaching(tmp_path / "nets", tmp_path, tmp_path / "net.npz")
    teaching.start("FAIL", GIVEN)
    teaching.start(ANN, GIVEN)
    until(lambda: teaching.state(ANN)["state"] == "taught")
    assert teaching.state("FAIL") == {"state": "failed"}


def net_of(path, classes, **meta):
    """A net of random weights in a file."""
    save_weights(
        path, build_net_smiles(num_classes=len(classes)), "smiles", classes=classes, **meta
    )
    return path


def test_a_net_taught_from_other_classes_is_left_aside(tmp_path):
    """As when the service was started with another net meanwhile."""
    shipped = net_of(tmp_path / "calm.npz", ["calm", "glad"], sure={"threshold": 0.4})
    network, _ = load_network(shipped, "smiles")
    own = net_of(tmp_path / "own.npz", CLASSES)
    recognizer = Recognizer(
        SkinDetector(), network, ["calm", "glad"], shipped, lambda person: person and own
    )
    look = recognizer._recognize(FACE, None, ANN)
    assert (look["taught"], look["net"]) == (False, "calm")
    assert set(look["shares"]) == {"calm", "glad"}
    assert look["smiley"] in ("calm", "glad")


@pytest.mark.parametrize(
    ("meta", "sure"),
    [
        ({}, None),  # nobody has measured it
        ({"sure": {"threshold": None}}, False),  # measured: no share will do
        ({"sure": {"threshold": 0.0}}, True),
        ({"sure": {"threshold": 0.999}}, False),
    ],
)
def test_an_answer_says_whether_its_share_means_being_right(tmp_path, meta, sure):
    path = net_of(tmp_path / "net.npz", ["calm", "glad"], **meta)
    network, _ = load_network(path, "smiles")
    recognizer = Recognizer(SkinDetector(), network, ["calm", "glad"], path)
    assert recognizer._recognize(FACE, None, None)["confident"] is sure


def test_a_taught_net_has_its_own_threshold(tmp_path):
    path = net_of(tmp_path / "net.npz", ["calm", "glad"], sure={"threshold": 0.999})
    own = net_of(tmp_path / "own.npz", ["calm", "glad"], sure={"threshold": 0.1})
    network, _ = load_network(path, "smiles")
    recognizer = Recognizer(
        SkinDetector(), network, ["calm", "glad"], path, lambda person: person and own
    )
    assert recognizer._recognize(FACE, None, None)["confident"] is False
    assert recognizer._recognize(FACE, None, ANN)["confident"] is True


def test_smileys_that_the_net_does_not_know_cannot_teach_it(nets, tmp_path):
    smielfy = service(nets, tmp_path / "out")
    smielfy.recognizer.classes = ["calm", "glad"]
    ann = Visitor(smielfy.application())
    ann.agree()
    for smiley in GIVEN:
        ann.give(smiley, 5)
    assert ann.post("/api/teach").json()["error"] == "other_net"
    assert ann.get("/api/smileys").json()["net"]["classes"] == ["calm", "glad"]


def test_undo_in_the_middle_ends_the_process(tmp_path, script):
    teaching = Teaching(tmp_path / "nets", tmp_path, tmp_path / "net.npz")
    script(True)
    teaching.start(ANN, GIVEN)
    until(lambda: teaching.state(ANN).get("done") == 5)
    process = teaching._process
    teaching.undo(ANN)
    assert process.poll() is not None
    until(lambda: teaching._process is None)
    script(False)
    teaching.start(BEN, GIVEN)
    until(lambda: teaching.state(BEN)["state"] == "taught")
    assert teaching.state(ANN) == {"state": "none"}
    assert not mentions(tmp_path / "nets", ANN)


def test_a_failure_is_said(tmp_path, script):
    teaching = Teaching(tmp_path / "nets", tmp_path, tmp_path / "net.npz")
    teaching.start("FAIL", GIVEN)
    until(lambda: teaching.state("FAIL")["state"] == "failed")
    assert teaching.net("FAIL") is None


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"smile": {"pictures": 90, "bursts": 9}, "sad": {"pictures": 90, "bursts": 9}},
        {name: {"pictures": 4, "bursts": 1} for name in GIVEN},
    ],
)
def test_too_few_pictures(tmp_path, given):
    teaching = Teaching(tmp_path / "nets", tmp_path, tmp_path / "net.npz")
    with pytest.raises(RequestError) as caught:
        teaching.start(ANN, given)
    assert (caught.value.status, caught.value.error) == (422, "too_few")


def test_everybody_sees_with_her_own_net(nets, tmp_path, script):
    smielfy = service(nets, tmp_path / "out")
    application = smielfy.application()
    ann, ben = Visitor(application), Visitor(application)
    assert ann.post("/api/teach").json()["error"] == "no_consent"
    person = ann.agree()
    ben.agree()
    assert ann.post("/api/teach").json()["error"] == "too_few"
    for smiley in GIVEN:
        ann.give(smiley, 5)
    shipped = ann.post("/api/recognize", content=FACE).json()
    assert ann.post("/api/teach").status_code == 202
    until(lambda: ann.get("/api/teach").json()["state"] == "taught")
    mine = ann.post("/api/recognize", content=FACE).json()
    assert mine["taught"] is True
    assert mine["shares"] != shipped["shares"]
    theirs = ben.post("/api/recognize", content=FACE).json()
    assert (theirs["shares"], theirs["taught"]) == (shipped["shares"], False)
    assert ann.delete("/api/teach").json() == {"state": "none"}
    assert ann.post("/api/recognize", content=FACE).json()["shares"] == shipped["shares"]
    ann.post("/api/teach")
    until(lambda: ann.get("/api/teach").json()["state"] == "taught")
    assert ann.post("/api/recognize", content=FACE).json()["taught"] is True
    ann.delete("/api/me")
    assert not mentions(tmp_path / "out", person)
    in_memory = smielfy.recognizer
    until(lambda: not any(person in str(path) for path, _ in in_memory._nets))
    assert ben.post("/api/recognize", content=FACE).json()["shares"] == shipped["shares"]


def test_deletion_while_learning_leaves_nothing(nets, tmp_path, script):
    smielfy = service(nets, tmp_path / "out")
    ann = Visitor(smielfy.application())
    person = ann.agree()
    for smiley in GIVEN:
        ann.give(smiley, 5)
    script(True)
    ann.post("/api/teach")
    until(lambda: ann.get("/api/teach").json().get("done") == 5)
    ann.delete("/api/me")
    script(False)
    until(lambda: smielfy.teaching._process is None)
    assert not mentions(tmp_path / "out", person)
