"""The administrator's routes: only here, only with the key; approve, remove, export, import."""

import io
import json
import subprocess
import sys
import zipfile

import pytest

from common.cli import ROOT
from common.smileys import read_smileys
from dataset import manifest, merge
from dataset.manifest import read_manifest
from nets.weights import read_weights
from tests.dataset.smielfy.helpers import FACE, Visitor, another, mentions, service

HERE = ("127.0.0.1", 50000)


@pytest.fixture
def smielfy(nets, tmp_path):
    return service(nets, tmp_path / "out", code="melon")


@pytest.fixture
def application(smielfy):
    return smielfy.application(["garage.local"])


def admin_of(smielfy, application):
    """The administrator's browser."""
    admin = Visitor(application, client=HERE)
    assert admin.post("/api/admin/enter", json={"key": smielfy.admin.key}).status_code == 200
    return admin


@pytest.fixture
def admin(smielfy, application):
    return admin_of(smielfy, application)


@pytest.fixture
def ann(application):
    visitor = Visitor(application)
    visitor.post("/api/enter", json={"code": "melon"})
    visitor.person = visitor.agree()
    return visitor


ROUTES = [
    ("GET", ""), ("GET", "/people/s00000000000a"), ("DELETE", "/people/s00000000000a"),
    ("GET", "/picture/crops/s00000000000a/smile-00_00.jpg"), ("GET", "/shown/0123"),
    ("POST", "/approve"), ("GET", "/export"), ("POST", "/import"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "address"), ROUTES)
def test_the_admins_things_are_for_the_admin(smielfy, application, ann, method, address):
    key = smielfy.admin.key
    here = Visitor(application, client=HERE)
    far = Visitor(application, client=("192.0.2.7", 5), cookies={"smielfy-admin": key})
    named = Visitor(
        application, "http://garage.local:8017", client=HERE, cookies={"smielfy-admin": key}
    )
    for visitor, error in (
        (here, "admin_only"), (ann, "admin_only_here"), (far, "admin_only_here"),
        (named, "admin_only_here"),
    ):  # fmt: skip
        reply = visitor.request(method, f"/api/admin{address}")
        assert (reply.status_code, reply.json()["error"]) == (403, error)


def test_a_wrong_key_opens_nothing(application):
    visitor = Visitor(application, client=HERE)
    assert visitor.post("/api/admin/enter", json={"key": "0" * 32}).status_code == 403
    assert visitor.get("/api/admin").status_code == 403


def test_what_is_shown_to_others_the_administrator_has_approved(admin, ann, application):
    ann.give("smile")
    ann.post("/api/shown", json={"shown": True})
    assert ann.get("/api/examples/smile").json() == {"examples": []}
    (waiting,) = admin.get("/api/admin").json()["shown"]
    assert (waiting["person"], waiting["approved"]) == (ann.person, False)
    name = waiting["name"]
    assert admin.get(f"/api/admin/shown/{name}").headers["content-type"] == "image/jpeg"
    assert admin.post("/api/admin/approve", json={"name": name, "approved": True}).is_success
    assert ann.get("/api/examples/smile").json() == {"examples": [f"/example/{name}"]}
    admin.post("/api/admin/approve", json={"name": name, "approved": False})
    assert ann.get(f"/example/{name}").status_code == 404
    body = {"name": "0" * 16, "approved": True}
    assert admin.post("/api/admin/approve", json=body).status_code == 404


def test_a_picture_a_burst_a_person_are_removed(admin, ann, tmp_path):
    ann.give("smile", 3)
    ann.give("wink", 2)
    (person,) = admin.get("/api/admin").json()["people"]
    assert person["given"]["smile"]["pictures"] == 3
    assert person["version"]
    address = f"/api/admin/people/{ann.person}"
    pictures = admin.get(address).json()["pictures"]
    assert len(pictures) == 5
    picture = admin.get(f"/api/admin/picture/{pictures[0]['path']}")
    assert picture.headers["content-type"] == "image/jpeg"
    assert admin.get("/api/admin/picture/manifest.csv").status_code == 404
    assert admin.delete(address, params={"path": pictures[0]["path"]}).json()["removed"] == 1
    assert admin.delete(address, params={"clip": pictures[4]["clip"]}).json()["removed"] == 2
    assert ann.get("/api/me").json()["given"] == {"smile": {"pictures": 2, "bursts": 1}}
    assert admin.delete(address).json() == {"removed": ann.person}  # who lost her cookie, too
    assert not mentions(tmp_path, ann.person)
    assert admin.delete(address).status_code == 404


def exported(admin):
    """The export's bytes."""
    reply = admin.get("/api/admin/export")
    assert reply.status_code == 200
    return reply.content


def test_an_export_is_a_data_set(admin, ann, tmp_path):
    ann.give("smile", 3)
    ann.give("wink", 2)
    lost = next((tmp_path / "out" / "collected" / "crops" / ann.person).glob("wink*"))
    lost.unlink()  # by hand
    with zipfile.ZipFile(io.BytesIO(exported(admin))) as archive:
        archive.extractall(tmp_path / "set")
    rows = read_manifest(tmp_path / "set", read_smileys(), pictures=True)
    assert len(rows) == 4
    assert lost.name in (tmp_path / "set" / "left_out.txt").read_text()
    merged = merge.merge([tmp_path / "set"], tmp_path / "merged")
    assert len(merged) == 4


def test_an_export_comes_into_an_empty_folder_and_only_once(nets, admin, ann, tmp_path):
    ann.give("smile", 3)
    ann.give("wink", 2)
    data = exported(admin)
    other = service(nets, tmp_path / "other")
    second = admin_of(other, other.application())
    counts = second.post("/api/admin/import", content=data).json()
    assert counts == {"added": 5, "here": 0, "refused": 0}
    first = read_manifest(tmp_path / "out" / "collected", pictures=True)
    rows = read_manifest(tmp_path / "other" / "collected", read_smileys(), pictures=True)
    assert [row | {"line": 0} for row in rows] == [row | {"line": 0} for row in first]
    assert other.people.record(ann.person)["version"]
    assert not other.people.shows(ann.person)
    again = second.post("/api/admin/import", content=data).json()
    assert again == {"added": 0, "here": 5, "refused": 0}


@pytest.mark.slow
def test_an_export_taken_in_elsewhere_trains_a_net(nets, application, admin, tmp_path):
    """As ``make train DATA=`` runs it, on the folder of a service that had nothing."""
    for _ in range(3):
        visitor = Visitor(application)
        visitor.post("/api/enter", json={"code": "melon"})
        visitor.agree()
        for smiley in ("smile", "wink"):
            visitor.give(smiley, 4)
    other = service(nets, tmp_path / "other")
    second = admin_of(other, other.application())
    assert second.post("/api/admin/import", content=exported(admin)).json()["added"] == 24
    out = tmp_path / "trained"
    command = [sys.executable, ROOT / "experiments" / "train_smiles.py", "--epochs", "1"]
    command += ["--data", tmp_path / "other" / "collected", "--out", out, "--split", "person"]
    command += ["--folds", "3", "--no-monitor", "--workers", "0"]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert read_weights(out / "smiles.npz")[1]["classes"] == ["smile", "wink"]


def packed(rows, **members):
    """An export made by hand."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("manifest.csv", manifest.rows_text(rows))
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


ROW = {
    "person": "s00000000000a", "smiley": "smile", "clip": "smile-0a", "frame": 0,
    "path": "crops/s00000000000a/smile-0a_00.jpg", "x": 80, "y": 40, "w": 160, "h": 160,
}  # fmt: skip


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", FACE, packed([])[:-30]])
def test_what_is_no_export_is_refused(admin, data):
    reply = admin.post("/api/admin/import", content=data)
    assert (reply.status_code, reply.json()["error"]) == (422, "no_export")


@pytest.mark.parametrize(
    ("change", "content"),
    [
        ({"path": "crops/s00000000000a/../../../private/key_00.jpg"}, FACE),
        ({"path": "crops/s00000000000b/smile-0a_00.jpg"}, FACE),
        ({"smiley": "grin"}, FACE),
        ({"x": 900}, FACE),
        ({}, b"no picture"),
        ({}, None),
    ],
)
def test_rows_that_are_not_of_an_export_are_left_out(admin, tmp_path, change, content):
    row = {**ROW, **change}
    data = packed([row], **({row["path"]: content} if content else {}))
    reply = admin.post("/api/admin/import", content=data)
    assert reply.status_code == 422 or reply.json() == {"added": 0, "here": 0, "refused": 1}
    assert not list((tmp_path / "out" / "collected" / "crops").glob("*/*"))


def test_records_of_an_export_are_not_believed(admin, smielfy):
    """It cannot make pictures shown, nor a record of another form."""
    record = {"agreed": ["x"], "shows": True, "shown": {"smile": "../key"}, "approved": ["../key"]}
    data = packed(
        [ROW], **{ROW["path"]: another(), "people.json": json.dumps({ROW["person"]: record})}
    )
    assert admin.post("/api/admin/import", content=data).json()["added"] == 1
    kept = smielfy.people.record(ROW["person"])
    assert (kept["shows"], kept["shown"], kept["approved"]) == (False, {}, [])
    assert smielfy.people.all_shown() == []
