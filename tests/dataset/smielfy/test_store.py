"""What the service keeps: nothing accepted is lost, nothing deleted stays."""

import errno
import os
import random
import signal
import subprocess
import sys
import threading

import cv2
import pytest

from common.cli import ROOT
from dataset.manifest import append, read_manifest
from dataset.smielfy import store as module
from dataset.smielfy.consent import People
from dataset.smielfy.errors import RequestError
from dataset.smielfy.signing import Key
from dataset.smielfy.store import Store
from tests.dataset.smielfy.helpers import FACE, another, files, mentions

ANN, BEN = "s00000000000a", "s00000000000b"
BOX = (80, 40, 160, 160)


@pytest.fixture
def people():
    return {ANN, BEN}


@pytest.fixture
def store(tmp_path, people):
    return Store(tmp_path, people.__contains__)


def test_a_picture_is_in_the_manifest_when_it_is_accepted(store, tmp_path):
    assert store.add(ANN, "smile", "0a1b", 3, FACE, BOX)
    (row,) = read_manifest(tmp_path, pictures=True)
    row.pop("line")
    assert row == {
        "path": f"crops/{ANN}/smile-0a1b_03.jpg", "person": ANN, "smiley": "smile",
        "clip": "smile-0a1b", "frame": "3", "x": 80, "y": 40, "w": 160, "h": 160,
    }  # fmt: skip
    assert (tmp_path / row["path"]).read_bytes() == FACE


def test_a_picture_that_is_sent_twice_is_kept_once(store, tmp_path):
    assert store.add(ANN, "smile", "0a1b", 3, another(), BOX)
    assert not store.add(ANN, "smile", "0a1b", 3, another(), BOX)
    assert len(read_manifest(tmp_path)) == 1


def test_counts_by_smiley_and_burst_survive_a_restart(store, tmp_path, people):
    for burst, frames in (("aa", 3), ("bb", 2)):
        for frame in range(frames):
            store.add(ANN, "smile", burst, frame, another(), BOX)
    store.add(ANN, "wink", "cc", 0, another(), BOX)
    counts = {"smile": {"pictures": 5, "bursts": 2}, "wink": {"pictures": 1, "bursts": 1}}
    assert store.bursts(ANN) == counts
    again = Store(tmp_path, people.__contains__)
    assert again.bursts(ANN) == counts
    assert again.bursts(BEN) == {}
    assert again.latest(ANN) == {
        "smile": f"crops/{ANN}/smile-bb_01.jpg",
        "wink": f"crops/{ANN}/wink-cc_00.jpg",
    }


def test_removal_leaves_others_alone(store, tmp_path):
    for person in (ANN, BEN):
        for smiley in ("smile", "wink"):
            store.add(person, smiley, "aa", 0, another(), BOX)
    store.remove(ANN, "wink")
    assert {(r["person"], r["smiley"]) for r in read_manifest(tmp_path)} == {
        (ANN, "smile"), (BEN, "smile"), (BEN, "wink"),
    }  # fmt: skip
    store.remove(ANN)
    assert not mentions(tmp_path, ANN)
    assert store.bursts(ANN) == {}
    assert sorted(files(tmp_path)) == [
        ".manifest.csv.lock",
        f"crops/{BEN}/smile-aa_00.jpg",
        f"crops/{BEN}/wink-aa_00.jpg",
        "manifest.csv",
    ]


def test_rows_that_others_have_added_stay(store, tmp_path):
    (tmp_path / "own.jpg").write_bytes(FACE)
    row = {"path": "own.jpg", "person": "p1", "smiley": "smile", "clip": "c", "frame": 0}
    append(tmp_path, [{**row, **dict(zip("xywh", BOX))}])
    store.add(ANN, "smile", "aa", 0, another(), BOX)
    store.remove(ANN)
    assert [row["path"] for row in read_manifest(tmp_path)] == ["own.jpg"]


def test_without_consent_nothing_is_written(store, tmp_path, people):
    people.remove(ANN)
    with pytest.raises(RequestError) as caught:
        store.add(ANN, "smile", "aa", 0, another(), BOX)
    assert (caught.value.status, caught.value.error) == (403, "no_consent")
    assert files(tmp_path) == {}


def test_many_writers_at_once(store, tmp_path):
    def send(burst):
        for frame in range(10):
            store.add(ANN, "smile", f"{burst:02x}", frame, another(), BOX)

    threads = [threading.Thread(target=send, args=(burst,)) for burst in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = read_manifest(tmp_path)
    assert {(r["clip"], r["frame"]) for r in rows} == {
        (f"smile-{burst:02x}", str(frame)) for burst in range(12) for frame in range(10)
    }
    assert len(files(tmp_path / "crops")) == len(rows) == 120


def test_deletion_while_pictures_arrive(store, tmp_path, people):
    """Whoever deletes in the middle of sending keeps nothing here."""
    refused, begun = [], threading.Event()

    def send(burst):
        for frame in range(10):
            try:
                store.add(ANN, "smile", f"{burst:02x}", frame, another(), BOX)
                begun.set()
            except RequestError as error:
                refused.append(error.error)

    threads = [threading.Thread(target=send, args=(burst,)) for burst in range(8)]
    for thread in threads:
        thread.start()
    assert begun.wait(60)
    people.remove(ANN)
    store.remove(ANN)
    for thread in threads:
        thread.join()
    assert set(refused) == {"no_consent"}
    assert not mentions(tmp_path, ANN)


@pytest.mark.parametrize("where", ["space", "crop", "manifest"])
def test_a_full_disk_is_said_and_loses_nothing(store, tmp_path, monkeypatch, where):
    store.add(ANN, "smile", "aa", 0, another(), BOX)
    before = files(tmp_path)
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def fail(*_):
        raise full

    if where == "space":
        monkeypatch.setattr(module.shutil, "disk_usage", lambda _: type("U", (), {"free": 1000}))
    elif where == "crop":
        monkeypatch.setattr(module.os, "fsync", fail)
    else:
        import dataset.manifest

        monkeypatch.setattr(dataset.manifest, "csv_lines", fail)
    with pytest.raises(RequestError) as caught:
        store.add(ANN, "smile", "aa", 1, another(), BOX)
    assert (caught.value.status, caught.value.error) == (507, "disk_full")
    monkeypatch.undo()
    assert files(tmp_path) == before
    assert store.bursts(ANN)["smile"]["pictures"] == 1
    assert store.add(ANN, "smile", "aa", 1, another(), BOX)


def test_a_picture_that_is_here_is_not_kept_again(store, tmp_path, people):
    """Resent as another burst, it would be on both sides of a split by clip."""
    data = another()
    assert store.add(ANN, "smile", "aa", 0, data, BOX)
    others = [
        (ANN, "smile", "bb", 0), (ANN, "wink", "aa", 0),
        (ANN, "smile", "aa", 1), (BEN, "smile", "aa", 0),
    ]  # fmt: skip
    for who, smiley, burst, frame in others:
        with pytest.raises(RequestError) as caught:
            Store(tmp_path, people.__contains__).add(who, smiley, burst, frame, data, BOX)
        assert (caught.value.status, caught.value.error) == (409, "have_it")
    assert len(read_manifest(tmp_path)) == 1
    store.remove(ANN)
    assert store.add(BEN, "smile", "aa", 0, data, BOX)  # what was removed is not here


def test_a_crop_deleted_by_hand_is_named_and_left_out(store, tmp_path, people, capsys):
    for frame in range(3):
        store.add(ANN, "smile", "aa", frame, another(), BOX)
    lost = f"crops/{ANN}/smile-aa_01.jpg"
    (tmp_path / lost).unlink()
    again = Store(tmp_path, people.__contains__)
    assert lost in capsys.readouterr().err
    assert [row["frame"] for row in read_manifest(tmp_path, pictures=True)] == ["0", "2"]
    assert again.bursts(ANN)["smile"]["pictures"] == 2
    (tmp_path / f"crops/{ANN}/smile-aa_02.jpg").unlink()  # while it runs
    assert again.mend() == [f"crops/{ANN}/smile-aa_02.jpg"]
    assert len(read_manifest(tmp_path, pictures=True)) == 1
    assert again.add(ANN, "smile", "aa", 1, another(), BOX)


def test_deleting_on_a_full_disk_makes_room_and_can_be_repeated(store, tmp_path, monkeypatch):
    import dataset.manifest

    for person in (ANN, BEN):
        store.add(person, "smile", "aa", 0, another(), BOX)

    def fail(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(dataset.manifest, "replace", fail)
    for _ in range(2):
        with pytest.raises(RequestError) as caught:
            store.remove(ANN)
        assert (caught.value.status, caught.value.error) == (507, "delete_again")
        assert not (tmp_path / "crops" / ANN).exists()
    monkeypatch.undo()
    store.remove(ANN)
    assert not mentions(tmp_path, ANN)
    assert [row["person"] for row in read_manifest(tmp_path, pictures=True)] == [BEN]


def test_rows_left_by_a_full_disk_go_with_the_next_picture(store, tmp_path, monkeypatch):
    import dataset.manifest

    store.add(ANN, "smile", "aa", 0, another(), BOX)
    real = dataset.manifest.replace

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(dataset.manifest, "replace", full)
    with pytest.raises(RequestError):
        store.remove(ANN)
    monkeypatch.setattr(dataset.manifest, "replace", real)
    store.add(BEN, "smile", "bb", 0, another(), BOX)
    assert [row["person"] for row in read_manifest(tmp_path, pictures=True)] == [BEN]


def test_parts_of_what_was_given_can_be_removed(store, tmp_path):
    for burst in ("aa", "bb"):
        for frame in range(2):
            store.add(ANN, "smile", burst, frame, another(), BOX)
    assert store.remove(ANN, path=f"crops/{ANN}/smile-aa_01.jpg") == 1
    assert store.remove(ANN, path=f"crops/{ANN}/smile-aa_01.jpg") == 0
    assert store.remove(BEN, path=f"crops/{ANN}/smile-aa_00.jpg") == 0  # it is not his
    assert store.remove(ANN, clip="smile-bb") == 2
    assert [row["path"] for row in read_manifest(tmp_path, pictures=True)] == [
        f"crops/{ANN}/smile-aa_00.jpg"
    ]


SENDER = """
import sys
sys.path[:0] = [{root!r}, {tests!r}]
from dataset.smielfy.store import Store
store = Store({folder!r}, lambda person: True)
face = lambda *number: {face!r} + repr((number, sys.argv[1])).encode()
for burst in range(10_000):
    for frame in range(10):
        name = f"{{burst:04x}}{{sys.argv[1]}}"
        store.add({person!r}, "smile", name, frame, face(burst, frame), {box!r})
        print(f"smile-{{burst:04x}}{{sys.argv[1]}} {{frame}}", flush=True)
"""


def test_kill_9_loses_nothing_accepted_and_leaves_nothing_half(tmp_path):
    accepted = set()
    code = SENDER.format(
        root=str(ROOT), tests=str(ROOT / "tests"), folder=str(tmp_path), person=ANN, face=FACE,
        box=BOX,
    )  # fmt: skip
    for number in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", code, f"{number:02x}"], stdout=subprocess.PIPE, text=True
        )
        lines = [process.stdout.readline() for _ in range(random.Random(number).randint(1, 60))]
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.read().splitlines()
        process.wait()
        accepted |= {tuple(line.split()) for line in lines if line.count(" ") == 1}
    assert len(accepted) > 3
    store = Store(tmp_path, lambda person: True)
    rows = read_manifest(tmp_path, pictures=True)
    assert accepted <= {(row["clip"], row["frame"]) for row in rows}
    assert store.bursts(ANN)["smile"]["pictures"] == len(rows)
    named = {row["path"] for row in rows} | {"manifest.csv", ".manifest.csv.lock"}
    assert set(files(tmp_path)) == named
    assert all(cv2.imread(str(tmp_path / row["path"])) is not None for row in rows)


def test_signatures(tmp_path):
    key = Key(tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    signed = key.signed("burst", ANN, "smile-0a")
    assert key.check(signed, "burst", ANN) == "smile-0a"
    assert Key(tmp_path / "key").check(signed, "burst", ANN) == "smile-0a"
    wrong = [
        None, "", ".", signed[:-1], signed + "0", signed.replace("smile", "wink"),
        "smile-0a", "smile-0a.", "é" * 40 + ".é", signed.upper(), "\udc80.\udc80",
    ]  # fmt: skip
    assert [key.check(value, "burst", ANN) for value in wrong] == [None] * len(wrong)
    assert key.check(signed, "burst", BEN) is None
    assert key.check(signed, "person", ANN) is None
    assert Key(tmp_path / "other").check(signed, "burst", ANN) is None


def test_a_key_half_written_is_made_anew(tmp_path):
    (tmp_path / "key").write_bytes(b"short")
    key = Key(tmp_path / "key")
    assert key.check(key.signed("a"), *()) == "a"
    assert len((tmp_path / "key").read_bytes()) == 32


def test_people_agree_show_and_leave(tmp_path):
    people = People(tmp_path, approve=False)
    ann, ben = people.agree(), people.agree()
    assert ann != ben
    assert not people.shows(ann)
    people.show(ann, {"smile": FACE})
    ((smiley, name),) = people.examples()
    assert (smiley, people.example(name)) == ("smile", FACE)
    assert ann not in name
    assert people.examples("wink") == []
    again = People(tmp_path, approve=False)
    assert ann in again
    assert again.example(name) == FACE
    people.show(ann, {"smile": another(), "wink": FACE})
    assert people.example(name) is None
    people.show(ann, None)
    assert people.examples() == []
    assert not any((tmp_path / "shown").iterdir())
    people.show(ann, {"smile": FACE})
    people.begin_deletion(ann)
    assert ann not in people
    assert people.unfinished() == [ann]
    assert ann not in People(tmp_path)
    people.end_deletion(ann)
    assert not mentions(tmp_path, ann)
    assert ben in People(tmp_path)


def test_a_picture_is_shown_when_the_administrator_has_approved_it(tmp_path):
    people = People(tmp_path)
    ann, data = people.agree(), another()
    people.show(ann, {"smile": data})
    assert people.examples() == []
    ((person, smiley, name),) = people.all_shown()
    assert (person, smiley) == (ann, "smile")
    assert people.example(name) is None
    assert people.example(name, approved=False) == data
    assert people.allow(name, True)
    assert people.examples() == [("smile", name)]
    people.show(ann, {"smile": data, "wink": another()})  # the approval stays with its picture
    assert People(tmp_path).examples() == [("smile", name)]
    people.allow(name, False)
    assert people.examples() == []
    assert not people.allow("0" * 16, True)


def test_switching_off_beats_what_comes_later(tmp_path):
    people = People(tmp_path, approve=False)
    ann = people.agree()
    people.show(ann, {"smile": another()})
    people.show(ann, None)
    people.show(ann, {"smile": another()}, only_if_shown=True)  # of an upload in flight
    assert not people.shows(ann)
    assert people.examples() == []


def test_the_text_that_a_person_agreed_to_is_kept(tmp_path):
    people = People(tmp_path)
    ann, ben, cleo = people.agree("one", "en"), people.agree("one", "en"), people.agree("two", "ru")
    versions = [people.record(who)["version"] for who in (ann, ben, cleo)]
    assert versions[0] == versions[1] != versions[2]
    assert (tmp_path / "consent" / f"{versions[2]}.txt").read_text() == "two"
    assert people.record(cleo)["language"] == "ru"


def test_who_agreed_too_long_ago(tmp_path, monkeypatch):
    people = People(tmp_path)
    monkeypatch.setattr("dataset.smielfy.consent.today", lambda: "2001-02-03")
    old = people.agree()
    monkeypatch.undo()
    people.agree()
    assert people.older_than(30) == [old]
    assert people.names()[0] == old


@pytest.mark.parametrize("name", ["../key", "..", "", "shown", "0" * 16, "a\0b", "a" * 5000])
def test_no_other_file_is_an_example(tmp_path, name):
    people = People(tmp_path, approve=False)
    people.show(people.agree(), {"smile": FACE})
    assert people.example(name) is None


def test_pictures_left_by_a_kill_are_no_longer_shown(tmp_path):
    people = People(tmp_path, approve=False)
    people.show(people.agree(), {"smile": FACE})
    (tmp_path / "shown" / "0123.jpg").write_bytes(FACE)
    assert len(People(tmp_path, approve=False).examples()) == 1
    assert len(list((tmp_path / "shown").iterdir())) == 1
