"""A disk that is really full, at each step: a small file system of its own."""

import contextlib
import errno
import io
import subprocess
import zipfile

import pytest

from dataset.manifest import read_manifest
from dataset.smielfy import store as module
from tests.conftest import CLASSES
from tests.dataset.smielfy.helpers import Visitor, another, files, mentions, service
from tests.dataset.smielfy.test_admin_routes import admin_of

MEGABYTES = 4
PAGE = 4096


@pytest.fixture
def disk(tmp_path):
    """A mounted file system of a few megabytes."""
    path = tmp_path / "disk"
    path.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(path)]
    try:
        made = subprocess.run(["mount", *options], capture_output=True, text=True)
    except OSError as error:
        pytest.skip(f"no mount here: {error.strerror}")
    if made.returncode:
        pytest.skip(f"mounting is not allowed here: {made.stderr.strip()}")
    yield path
    subprocess.run(["umount", "--lazy", str(path)], check=True)


@contextlib.contextmanager
def full(disk, pages=0):
    """Fill the file system but for so many pages; what fills it goes at the end."""
    ballast = disk / "ballast"
    with open(ballast, "wb", buffering=0) as file:
        size = 0
        for piece in (256 * PAGE, PAGE):
            written = piece
            while written:
                try:
                    written = file.write(b"\1" * piece)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    written = 0
                size += written
        file.truncate(max(0, size - pages * PAGE))
    try:
        yield
    finally:
        ballast.unlink()


@pytest.fixture
def smielfy(nets, disk, monkeypatch):
    """The service on that disk; nothing is kept back, so that each write itself meets its end."""
    monkeypatch.setattr(module, "RESERVE", 0)
    return service(nets, disk / "out")


@pytest.fixture
def visitor(smielfy):
    return Visitor(smielfy.application())


def kept(disk):
    """Rows of the manifest, each with its picture."""
    path = disk / "out" / "collected"
    return read_manifest(path, pictures=True) if (path / "manifest.csv").exists() else []


def test_what_is_kept_back_is_enough_to_say_so(nets, disk):
    smielfy = service(nets, disk / "out")  # 4 of 20 megabytes are free
    visitor = Visitor(smielfy.application())
    reply = visitor.post("/api/consent", json={"agree": True})
    assert (reply.status_code, reply.json()["error"]) == (507, "disk_full")
    assert "full" in reply.json()["message"]


def test_consent(visitor, disk):
    agreed = []
    for pages in range(4):
        with full(disk, pages):
            reply = visitor.post("/api/consent", json={"agree": True})
        if reply.status_code == 201:
            agreed.append(reply.json()["person"])
            visitor.cookies.clear()
        else:
            assert (reply.status_code, reply.json()["error"]) == (507, "disk_full")
        records = {path.stem for path in (disk / "out" / "people").glob("s*.json")}
        assert records == set(agreed)
    assert agreed
    assert not list((disk / "out").rglob("*.part*"))


def test_sending(visitor, disk, nets):
    """As many sizes of what is left as a picture has writes; rows come to cross pages, too."""
    visitor.agree()
    accepted, refused = 0, 0
    for turn in range(40):
        burst = visitor.begin("smile")
        data = another()
        with full(disk, turn % 5):
            reply = visitor.post(f"/api/bursts/{burst}/0", content=data)
        if reply.status_code == 201:
            accepted += 1
        else:
            assert (reply.status_code, reply.json()["error"]) == (507, "disk_full")
            refused += 1
            assert len(kept(disk)) == accepted  # whole rows, each with its picture
            assert visitor.post(f"/api/bursts/{burst}/0", content=data).status_code == 201
            accepted += 1
        assert len(kept(disk)) == accepted
    assert refused >= 8
    crops = [name for name in files(disk / "out" / "collected") if name.endswith(".jpg")]
    assert len(crops) == accepted
    again = Visitor(service(nets, disk / "out").application(), cookies=visitor.cookies)
    assert again.get("/api/me").json()["given"]["smile"]["pictures"] == accepted


@pytest.mark.parametrize("pages", range(4))
def test_deleting_makes_room_and_can_be_repeated(visitor, smielfy, disk, pages):
    other = Visitor(smielfy.application())
    person, stays = visitor.agree(), other.agree()
    visitor.give("smile", 10)
    other.give("wink", 10)
    visitor.post("/api/shown", json={"shown": True})
    crops = disk / "out" / "collected" / "crops"
    with full(disk, pages):
        for _ in range(3):
            reply = visitor.delete("/api/me")
            assert not (crops / person).exists()  # at the first try
            if reply.status_code == 200:
                break
            assert (reply.status_code, reply.json()["error"]) == (507, "delete_again")
            assert visitor.get("/api/me").json()["leaving"]
    assert reply.status_code == 200  # by what its pictures took
    assert not mentions(disk / "out", person)
    assert {row["person"] for row in kept(disk)} == {stays}
    assert len(kept(disk)) == 10


@pytest.mark.parametrize("pages", range(3))
def test_taking_back_and_showing(visitor, disk, pages):
    visitor.agree()
    visitor.give("smile", 5)
    visitor.give("wink", 5)
    with full(disk, pages):
        reply = visitor.post("/api/shown", json={"shown": True})
        assert (reply.status_code, reply.json().get("error")) in [(200, None), (507, "disk_full")]
        shown = visitor.get("/api/me").json()["shown"]
        assert shown == (reply.status_code == 200)
        reply = visitor.delete("/api/pictures/smile")
        assert (reply.status_code, reply.json().get("error")) in [
            (200, None), (507, "delete_again"), (507, "disk_full"),
        ]  # fmt: skip
        assert not list((disk / "out").rglob("smile-*.jpg"))
        assert visitor.delete("/api/pictures/smile").status_code == 200
    assert {row["smiley"] for row in kept(disk)} == {"wink"}


def test_teaching(visitor, smielfy, disk, monkeypatch):
    person = visitor.agree()
    for smiley in CLASSES[:3]:
        visitor.give(smiley, 5)
    monkeypatch.setattr(module, "RESERVE", 1_000_000)
    with full(disk):
        reply = visitor.post("/api/teach")
        assert (reply.status_code, reply.json()["error"]) == (507, "disk_full")
        assert visitor.get("/api/teach").json()["state"] == "none"
        assert visitor.delete("/api/teach").status_code == 200
    assert smielfy.teaching.net(person) is None


def test_a_net_that_does_not_fit_has_failed(visitor, smielfy, disk, monkeypatch):
    """The disk fills while it learns."""
    person = visitor.agree()
    for smiley in CLASSES[:3]:
        visitor.give(smiley, 5)
    with full(disk):
        process = subprocess.Popen(
            ["echo", '{"before": 0.5, "after": 0.9}'], stdout=subprocess.PIPE, text=True
        )
        smielfy.teaching._process = process
        smielfy.teaching._state = {"person": person, "state": "learning"}
        smielfy.teaching._watch(person, process)
        assert visitor.get("/api/teach").json() == {"state": "failed"}
    assert not list((disk / "out" / "nets").iterdir())


def test_the_admin(visitor, smielfy, disk, nets):
    """Approve, export, import, remove."""
    person = visitor.agree()
    visitor.give("smile", 5)
    visitor.post("/api/shown", json={"shown": True})
    admin = admin_of(smielfy, smielfy.application())
    ((name, approved),) = [
        (one["name"], one["approved"]) for one in admin.get("/api/admin").json()["shown"]
    ]
    assert not approved
    with full(disk):
        reply = admin.post("/api/admin/approve", json={"name": name, "approved": True})
        assert (reply.status_code, reply.json()["error"]) == (507, "disk_full")
        data = admin.get("/api/admin/export").content  # needs no room
        assert len(zipfile.ZipFile(io.BytesIO(data)).namelist()) == 7
    other = service(nets, disk / "other")
    second = admin_of(other, other.application())
    refused = 0
    for pages in range(40):  # each time a little further
        with full(disk, pages):
            reply = second.post("/api/admin/import", content=data)
        if reply.status_code == 200:
            break
        assert (reply.status_code, reply.json()["error"]) == (507, "disk_full")
        refused += 1
        rows = other.store.rows()
        assert {row["person"] for row in rows} <= {*other.people.names()}
    counts = second.post("/api/admin/import", content=data).json()
    assert refused > 5
    assert counts == {"added": 0, "here": 5, "refused": 0}
    with full(disk):
        address = f"/api/admin/people/{person}"
        while admin.delete(address).status_code == 507:
            assert not (disk / "out" / "collected" / "crops" / person).exists()
        assert admin.delete(address).status_code == 404
    assert not mentions(disk / "out", person)
