"""What is a visitor's own: link, next person, pictures, download."""

import io
import json
import zipfile

import cv2
import numpy as np
import pytest

from dataset.manifest import read_manifest
from tests.dataset.smielfy.helpers import Visitor, files, mentions, service


@pytest.fixture
def smielfy(nets, tmp_path):
    return service(nets, tmp_path / "out")


@pytest.fixture
def application(smielfy):
    return smielfy.application()


def key_of(visitor):
    """The key in a visitor's private link."""
    link = visitor.get("/api/link").json()
    assert "<svg" in link["svg"]
    return link["path"].removeprefix("/#come/")


def test_one_person_on_two_devices(application, tmp_path):
    telephone, tablet = Visitor(application), Visitor(application)
    person = telephone.agree()
    telephone.give("smile")
    reply = tablet.post("/api/sign-in", json={"key": key_of(telephone)})
    assert reply.json() == {"person": person}
    tablet.give("wink")
    assert telephone.get("/api/me").json()["given"].keys() == {"smile", "wink"}
    assert tablet.delete("/api/me").status_code == 200  # and delete from the other one
    assert not mentions(tmp_path, person)
    assert telephone.get("/api/me").json()["person"] is None


def test_two_people_on_one_device(application, tmp_path):
    tablet = Visitor(application)
    ann = tablet.agree()
    tablet.give("smile")
    key = key_of(tablet)
    assert tablet.post("/api/sign-out").json() == {"person": None}
    assert tablet.get("/api/me").json()["person"] is None
    ben = tablet.agree()
    assert ben != ann
    tablet.give("smile")
    people = {row["person"] for row in read_manifest(tmp_path / "out" / "collected")}
    assert people == {ann, ben}
    tablet.post("/api/sign-in", json={"key": key})  # the first one is back
    assert tablet.get("/api/me").json()["person"] == ann


@pytest.mark.parametrize("key", ["", "x", "s00000000000a.0123", "é.é"])
def test_a_made_up_link_is_refused(application, key):
    reply = Visitor(application).post("/api/sign-in", json={"key": key})
    assert (reply.status_code, reply.json()["error"]) == (403, "no_link")


def test_a_link_is_no_cookie_and_dies_with_the_person(application):
    ann = Visitor(application)
    ann.agree()
    key = key_of(ann)
    other = Visitor(application, cookies={"smielfy": key})
    assert other.get("/api/me").json()["person"] is None
    ann.delete("/api/me")
    assert other.post("/api/sign-in", json={"key": key}).json()["error"] == "no_link"


def test_who_comes_by_a_link_need_not_enter_the_code(nets, tmp_path):
    application = service(nets, tmp_path, code="melon").application()
    ann, telephone = Visitor(application), Visitor(application)
    ann.post("/api/enter", json={"code": "melon"})
    ann.agree()
    assert telephone.post("/api/sign-in", json={"key": key_of(ann)}).status_code == 200
    assert telephone.get("/api/mine").status_code == 200


def test_one_picture_is_seen_and_removed(application, tmp_path):
    ann, ben = Visitor(application), Visitor(application)
    person = ann.agree()
    ben.agree()
    ann.give("smile", 3)
    pictures = ann.get("/api/mine").json()["pictures"]
    assert [one["smiley"] for one in pictures] == ["smile"] * 3
    name = pictures[1]["name"]
    data = ann.get(f"/api/mine/{name}").content
    assert (tmp_path / f"out/collected/crops/{person}/{name}.jpg").read_bytes() == data
    assert ben.get(f"/api/mine/{name}").status_code == 404
    assert ben.delete(f"/api/mine/{name}").status_code == 404
    reply = ann.delete(f"/api/mine/{name}").json()
    assert (reply["removed"], reply["given"]["smile"]["pictures"], reply["net"]) == (1, 2, None)
    assert ann.get(f"/api/mine/{name}").status_code == 404
    assert not any(name in file for file in files(tmp_path))


def test_all_that_is_kept_of_a_person_can_be_taken_away(application, tmp_path):
    ann, ben = Visitor(application), Visitor(application)
    person = ann.agree()
    ann.give("smile", 3)
    ann.give("wink", 2)
    other = ben.agree()
    ben.give("smile", 1)
    reply = ann.get("/api/mine.zip")
    assert reply.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(reply.content)) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "mine")
    rows = read_manifest(tmp_path / "mine", pictures=True)
    assert len(rows) == 5
    assert {row["person"] for row in rows} == {person}
    assert not mentions(tmp_path / "mine", other)
    record = json.loads((tmp_path / "mine" / "people.json").read_text())[person]
    assert record["version"]
    for row in rows:
        kept = tmp_path / "out" / "collected" / row["path"]
        a, b = (cv2.imread(str(path)) for path in (kept, tmp_path / "mine" / row["path"]))
        np.testing.assert_array_equal(a, b)


def test_without_consent_there_is_nothing(application):
    stranger = Visitor(application)
    for address in ("/api/mine", "/api/mine.zip", "/api/link", "/api/mine/smile-00_00"):
        assert stranger.get(address).json()["error"] == "no_consent"
