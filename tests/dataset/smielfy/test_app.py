"""The service, asked as a browser asks it."""

import errno
import json
import os
import re
import threading
import time

import cv2
import numpy as np
import pytest
from starlette.testclient import TestClient

from common.cli import ROOT
from common.smileys import read_smileys
from dataset.manifest import read_manifest
from dataset.smielfy.app import Smielfy
from dataset.smielfy.rate_limit import RateLimit
from dataset.smielfy.static_files import LANGUAGES, read_words
from tests.conftest import drawn_face
from tests.dataset.smielfy.helpers import (
    FACE,
    NO_FACE,
    OURS,
    Visitor,
    another,
    files,
    jpeg,
    mentions,
    service,
    two_faces,
)

PAGE = ROOT / "dataset" / "smielfy"


@pytest.fixture
def smielfy(nets, tmp_path):
    return service(nets, tmp_path / "out")


@pytest.fixture
def application(smielfy):
    return smielfy.application(["garage.local"])


@pytest.fixture
def ann(application):
    return Visitor(application)


def said(reply, status):
    """The error of a refusal, after checking its status."""
    assert reply.status_code == status, reply.text
    return reply.json()["error"]


def test_a_visit(ann, smielfy, tmp_path):
    """Consent, three smileys, one removed, all removed."""
    assert ann.get("/api/me").json()["person"] is None
    person = ann.agree()
    assert re.fullmatch("s[0-9a-f]{12}", person)
    for smiley in ("smile", "wink", "kiss"):
        ann.give(smiley)
    ann.give("smile", 2)
    given = ann.get("/api/me").json()["given"]
    assert given["smile"] == {"pictures": 5, "bursts": 2}
    rows = read_manifest(tmp_path / "out" / "collected", read_smileys(), pictures=True)
    assert len(rows) == 11
    assert {row["person"] for row in rows} == {person}
    assert len({row["clip"] for row in rows}) == 4
    assert ann.delete("/api/pictures/wink").json()["given"].keys() == {"smile", "kiss"}
    assert mentions(tmp_path, person)
    reply = ann.delete("/api/me")
    assert reply.status_code == 200
    assert not mentions(tmp_path, person)
    assert ann.get("/api/me").json() == {
        "person": None, "leaving": False, "entered": True, "shown": False, "given": {}, "people": 0,
        "taught": False,
    }  # fmt: skip


def test_without_consent_nothing_is_kept(ann, tmp_path):
    assert said(ann.post("/api/bursts", json={"smiley": "smile"}), 403) == "no_consent"
    assert said(ann.post("/api/consent", json={"agree": False}), 422) == "no_consent"
    assert said(ann.post("/api/bursts/x/0", content=FACE), 403) == "no_consent"
    assert said(ann.delete("/api/me"), 403) == "no_consent"
    assert [name for name in files(tmp_path) if "private" not in name] == []


def test_a_cookie_of_someone_deleted_is_worth_nothing(ann, application):
    ann.agree()
    burst = ann.begin()
    cookie = ann.cookies["smielfy"]
    ann.delete("/api/me")
    thief = Visitor(application, cookies={"smielfy": cookie})
    assert thief.get("/api/me").json()["person"] is None
    assert said(thief.post(f"/api/bursts/{burst}/0", content=FACE), 403) == "no_consent"


def test_a_deletion_that_was_killed_is_ended_at_the_next_start(nets, ann, smielfy, tmp_path):
    person = ann.agree()
    ann.give()
    smielfy.people.begin_deletion(person)
    assert mentions(tmp_path, person)
    service(nets, tmp_path / "out")
    assert not mentions(tmp_path, person)


def test_two_people_at_once(ann, application, tmp_path):
    ben = Visitor(application)
    names = ann.agree(), ben.agree()
    burst = ann.begin()
    assert said(ben.post(f"/api/bursts/{burst}/0", content=FACE), 404) == "not_found"
    ann.give("smile")
    ben.give("smile")
    ann.delete("/api/me")
    rows = read_manifest(tmp_path / "out" / "collected", pictures=True)
    assert {row["person"] for row in rows} == {names[1]}


@pytest.mark.parametrize(
    ("data", "status", "error"),
    [
        (NO_FACE, 422, "no_face"),
        (jpeg(two_faces()), 422, "two_faces"),
        (jpeg(np.zeros((6400, 6400, 3), np.uint8), 10), 413, "too_many_pixels"),
        (FACE + bytes(3_000_000), 413, "too_large"),
        (FACE[:-100], 415, "no_picture"),
        (b"", 415, "no_picture"),
        (jpeg(np.zeros((1, 1, 3), np.uint8)), 422, "no_face"),
        (jpeg(np.zeros((1, 3000, 3), np.uint8)), 422, "no_face"),
    ],
)
def test_a_picture_that_is_refused_is_refused_with_words(ann, tmp_path, data, status, error):
    ann.agree()
    burst = ann.begin()
    before = files(tmp_path)
    reply = ann.post(f"/api/bursts/{burst}/0", content=data)
    assert said(reply, status) == error
    assert reply.json()["message"] == read_words("en")["error"][error]
    assert files(tmp_path) == before


def test_a_body_without_a_length_ends_where_it_is_too_long(ann):
    ann.agree()

    chunks = (bytes(100_000) for _ in range(40))
    reply = ann.post(f"/api/bursts/{ann.begin()}/0", content=chunks)
    assert said(reply, 413) == "too_large"


def test_a_picture_sent_again_after_a_lost_reply_is_kept_once(ann, tmp_path):
    ann.agree()
    burst = ann.begin()
    assert ann.post(f"/api/bursts/{burst}/0", content=FACE).status_code == 201
    assert ann.post(f"/api/bursts/{burst}/0", content=FACE).status_code == 200
    assert len(read_manifest(tmp_path / "out" / "collected")) == 1


@pytest.mark.parametrize("frame", ["10", "-1", "1e3", "00000000000000000000000000001e", "../0"])
def test_a_burst_has_ten_pictures(ann, frame):
    ann.agree()
    assert ann.post(f"/api/bursts/{ann.begin()}/{frame}", content=FACE).status_code in (404, 405)


def test_examples_are_of_those_who_agreed_to_be_shown(ann, application, smielfy):
    smielfy.people.approve = False
    ben = Visitor(application)
    ann.agree()
    ann.give("smile")
    assert ben.get("/api/examples/smile").json() == {"examples": []}
    assert ann.post("/api/shown", json={"shown": True}).status_code == 200
    (address,) = ben.get("/api/examples/smile").json()["examples"]
    assert ben.get(address).headers["content-type"] == "image/jpeg"
    ann.give("wink")  # what is given later is shown, too
    assert len(ben.get("/api/examples/wink").json()["examples"]) == 1
    ann.delete("/api/pictures/smile")
    assert ben.get("/api/examples/smile").json() == {"examples": []}
    assert ben.get(address).status_code == 404
    (address,) = ben.get("/api/examples/wink").json()["examples"]
    ann.post("/api/shown", json={"shown": False})
    assert ben.get(address).status_code == 404
    assert ben.get("/api/examples/grin").status_code == 404


def test_the_same_pixels_are_refused_in_another_burst(ann, tmp_path):
    """However the file around them was changed: only pixels are compared."""
    ann.agree()
    data = another()
    first = ann.begin()
    assert ann.post(f"/api/bursts/{first}/0", content=data).status_code == 201
    assert ann.post(f"/api/bursts/{first}/0", content=data).status_code == 200  # a lost reply
    assert said(ann.post(f"/api/bursts/{ann.begin()}/0", content=data + b"more"), 409) == "have_it"
    assert len(read_manifest(tmp_path / "out" / "collected")) == 1


def test_show_mine_off_beats_an_upload_in_flight(ann, smielfy):
    smielfy.people.approve = False
    ann.agree()
    ann.give("smile")
    ann.post("/api/shown", json={"shown": True})
    real = smielfy.store.add

    def add(*arguments):
        kept = real(*arguments)
        ann.post("/api/shown", json={"shown": False})  # between the picture and its showing
        return kept

    smielfy.store.add = add
    lacks = smielfy.people.lacks
    smielfy.people.lacks = lambda *_: True  # asked before she switched it off
    ann.give("wink", 1)
    smielfy.people.lacks = lacks
    assert ann.get("/api/me").json()["shown"] is False
    assert smielfy.people.all_shown() == []


def test_deleting_on_a_full_disk_is_said_and_repeated(ann, smielfy, tmp_path, monkeypatch):
    import dataset.manifest

    person = ann.agree()
    ann.give("smile")

    def fail(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(dataset.manifest, "replace", fail)
    assert said(ann.delete("/api/me"), 507) == "delete_again"
    me = ann.get("/api/me").json()  # she is not told that nothing is known
    assert (me["person"], me["leaving"]) == (person, True)
    assert not (tmp_path / "out" / "collected" / "crops" / person).exists()
    assert said(ann.post("/api/bursts", json={"smiley": "smile"}), 403) == "no_consent"
    monkeypatch.undo()
    assert ann.delete("/api/me").status_code == 200
    assert not mentions(tmp_path, person)


def test_a_deletion_on_a_full_disk_is_ended_by_itself(ann, smielfy, tmp_path, monkeypatch):
    import dataset.manifest

    person = ann.agree()
    ann.give("smile")
    monkeypatch.setattr(
        dataset.manifest, "replace", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full"))
    )
    ann.delete("/api/me")
    smielfy.tidy()
    monkeypatch.undo()
    smielfy.tidy()
    assert not mentions(tmp_path, person)


def test_who_agreed_too_long_ago_is_deleted(nets, tmp_path, monkeypatch):
    smielfy = service(nets, tmp_path / "out", keep_days=30)
    ann, ben = (Visitor(smielfy.application()) for _ in range(2))
    monkeypatch.setattr("dataset.smielfy.consent.today", lambda: "2001-02-03")
    old = ann.agree()
    ann.give("smile")
    monkeypatch.undo()
    ben.agree()
    ben.give("smile")
    smielfy.tidy()
    assert not mentions(tmp_path, old)
    assert ben.get("/api/me").json()["given"]["smile"]["pictures"] == 3
    assert ann.get("/api/me").json()["person"] is None


def test_a_picture_that_somebody_deleted_by_hand_harms_nobody(ann, smielfy, tmp_path, capsys):
    person = ann.agree()
    ann.give("smile")
    ann.give("sad")
    crops = tmp_path / "out" / "collected" / "crops" / person
    next(crops.glob("sad*")).unlink()
    assert ann.post("/api/shown", json={"shown": True}).status_code == 200
    assert said(ann.post("/api/teach"), 422) == "too_few"  # counted anew
    assert f"crops/{person}/sad" in capsys.readouterr().err
    assert ann.get("/api/me").json()["given"]["sad"]["pictures"] == 2


def test_the_consent_that_is_kept_is_the_one_that_was_read(nets, tmp_path):
    smielfy = service(nets, tmp_path, keeper="Eve, room 7", keep_days=30)
    ann = Visitor(smielfy.application())
    ann.post("/api/consent", json={"agree": True, "language": "ru"})
    (name,) = smielfy.people.names()
    record = smielfy.people.record(name)
    text = (tmp_path / "people" / "consent" / f"{record['version']}.txt").read_text()
    assert "Eve, room 7" in text
    assert "30" in text
    assert read_words("ru")["consent"]["agree"] in text


def test_the_mirror_sees_and_keeps_nothing(ann, tmp_path, nets):
    before = files(tmp_path)
    look = ann.post("/api/recognize", content=FACE).json()
    np.testing.assert_allclose(look["box"], [80 / 320, 40 / 240, 0.5, 160 / 240], atol=0.02)
    image = cv2.imdecode(np.frombuffer(FACE, np.uint8), 1)
    vote = nets.voter.vote(image, np.array(look["box"]) * [320, 240, 320, 240])
    assert look["smiley"] == vote.smiley
    assert look["share"] == pytest.approx(vote.shares.max(), abs=0.01)
    assert sum(look["shares"].values()) == pytest.approx(1, abs=0.01)
    assert ann.post("/api/recognize", content=NO_FACE).json()["box"] is None
    for near in ("0.25,0.1,0.5,0.6", "nan,0,1,1", "1,2,3", "'; drop", "9,9,9,9", "0,0,0,0"):
        assert ann.post("/api/recognize", params={"near": near}, content=FACE).json()["box"]
    large = jpeg(cv2.resize(drawn_face(), (2400, 1800)))
    assert said(ann.post("/api/recognize", content=large), 413) == "too_many_pixels"
    assert files(tmp_path) == before


def test_one_picture_of_a_visitor_is_under_way_at_a_time(application, smielfy):
    ann, ben = Visitor(application), Visitor(application)
    ann.agree()
    ben.agree()
    started, ended = threading.Event(), threading.Event()
    real = smielfy.recognizer._recognize

    def slow(*arguments):
        started.set()
        ended.wait(10)
        return real(*arguments)

    smielfy.recognizer._recognize = slow
    replies = []
    thread = threading.Thread(
        target=lambda: replies.append(ann.post("/api/recognize", content=FACE))
    )
    thread.start()
    assert started.wait(10)
    reply = ann.post("/api/recognize", content=FACE)
    assert said(reply, 429) == "busy"
    assert int(reply.headers["retry-after"]) > 0
    assert ben.get("/api/me").status_code == 200  # the page itself answers meanwhile
    ended.set()
    thread.join()
    assert replies[0].status_code == 200
    assert ann.post("/api/recognize", content=FACE).status_code == 200


def test_too_many_waiting_looks_are_sent_away(ann, smielfy):
    smielfy.recognizer.waiting = 12
    reply = ann.post("/api/recognize", content=FACE)
    assert (said(reply, 429), reply.headers["retry-after"]) == ("busy", "1")
    ann.agree()
    assert ann.post(f"/api/bursts/{ann.begin()}/0", content=FACE).status_code == 201
    smielfy.receiving = 60
    assert said(ann.post(f"/api/bursts/{ann.begin()}/0", content=FACE), 429) == "busy"


def test_a_limit_is_a_bucket_that_refills():
    limit = RateLimit(3, 60)
    assert [limit.wait("a", now=0) for _ in range(3)] == [0, 0, 0]
    assert limit.wait("a", now=0) == 1
    assert limit.wait("b", now=0) == 0
    assert limit.wait("a", now=1) == 0
    assert limit.wait("a", now=1.5) == 0.5
    assert [limit.wait("a", now=99) for _ in range(3)] == [0, 0, 0]
    assert limit.wait("a", now=99) > 0
    for k in range(20_000):
        limit.wait(k, now=100)
    assert len(limit._buckets) == 10_000


def test_what_comes_too_often_waits(nets, tmp_path):
    client = Visitor(Smielfy(tmp_path, service(nets, tmp_path / "x").recognizer).application())
    client.agree()
    replies = [client.post("/api/bursts", json={"smiley": "smile"}) for _ in range(42)]
    assert [reply.status_code for reply in replies[:40]] == [201] * 40
    assert said(replies[41], 429) == "too_often"
    assert 1 <= int(replies[41].headers["retry-after"]) <= 5


def test_the_access_code(nets, tmp_path):
    application = service(nets, tmp_path, code="melon").application()
    client = Visitor(application)
    assert client.get("/").status_code == 200
    assert client.get("/api/me").json()["entered"] is False
    for method, address in [
        ("POST", "/api/consent"), ("POST", "/api/recognize"), ("GET", "/example/x"),
        ("GET", "/api/examples/smile"), ("POST", "/api/bursts"), ("POST", "/api/shown"),
    ]:  # fmt: skip
        assert said(client.request(method, address), 401) == "code_needed"
    # Who has lost the code may still delete what is hers.
    assert said(client.delete("/api/me"), 403) == "no_consent"
    assert said(client.post("/api/enter", json={"code": "lemon"}), 403) == "wrong_code"
    assert client.get("/api/me").json()["entered"] is False
    assert client.post("/api/enter", json={"code": " melon "}).status_code == 200
    assert client.get("/api/me").json()["entered"] is True
    client.agree()
    other = service(nets, tmp_path, code="lemon").application()  # the code was changed
    assert said(Visitor(other, cookies=client.cookies).post("/api/bursts"), 401) == "code_needed"


@pytest.mark.parametrize("said", ["MELON 7", " melon7", "me lon\t7 "])
def test_case_and_blanks_of_the_code_do_not_matter(nets, tmp_path, said):
    client = Visitor(service(nets, tmp_path, code="Melon 7").application())
    assert client.post("/api/enter", json={"code": said}).status_code == 200


def test_guesses_are_limited_in_all_not_by_address(nets, tmp_path):
    smielfy = service(nets, tmp_path, code="melon")
    smielfy.limits["guess"] = RateLimit(5, 1)
    application = smielfy.application()
    clients = [Visitor(application, client=(f"10.0.0.{k}", 50000)) for k in range(8)]
    for client in clients[:3]:  # who knows it uses up nothing
        assert client.post("/api/enter", json={"code": "melon"}).status_code == 200
    replies = [client.post("/api/enter", json={"code": "lemon"}) for client in clients]
    assert [reply.status_code for reply in replies] == [403] * 5 + [429] * 3


def test_guessing_the_code_is_slow(nets, tmp_path):
    smielfy = service(nets, tmp_path, code="melon")
    smielfy.limits["code"] = RateLimit(10, 5)
    client = Visitor(smielfy.application())
    replies = [client.post("/api/enter", json={"code": str(k)}) for k in range(12)]
    assert [reply.status_code for reply in replies] == [403] * 10 + [429] * 2


@pytest.mark.parametrize("https", [False, True])
def test_cookies(nets, tmp_path, https):
    smielfy = service(nets, tmp_path, https=https)
    address = f"http{'s' if https else ''}://localhost"
    client = Visitor(smielfy.application(), address)
    cookie = client.post("/api/consent", json={"agree": True}).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert ("secure" in cookie) == https


@pytest.mark.parametrize(
    "headers",
    [
        {"x-smielfy": None},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "https://localhost:8017"},
        {"origin": "http://localhost:8018"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_requests_from_other_pages_are_refused(application, headers, tmp_path):
    client = TestClient(application, base_url="http://localhost:8017")
    wanted = {k: v for k, v in {**OURS, **headers}.items() if v}
    wanted.pop("X-Smielfy", None) if "x-smielfy" in headers else None
    reply = client.post("/api/consent", json={"agree": True}, headers=wanted)
    assert said(reply, 403) == "cross_site"
    assert list((tmp_path / "out" / "people").glob("*.json")) == []
    own = {**OURS, "origin": "http://localhost:8017", "sec-fetch-site": "same-origin"}
    assert client.post("/api/consent", json={"agree": True}, headers=own).status_code == 201


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("localhost", True),
        ("LOCALHOST:8017", True),
        ("127.0.0.1:8017", True),
        ("192.168.1.7", True),
        ("[::1]:8017", True),
        ("garage.local:8017", True),
        ("evil.example", False),
        ("localhost.evil.example", False),
        ("", False),
        ("[::1", False),
        ("127.0.0.1.evil.example", False),
        ("user@localhost", False),
    ],
)
def test_a_foreign_name_for_this_computer_is_refused(ann, host, ours):
    reply = ann.get("/api/me", headers={"host": host})
    assert reply.status_code == (200 if ours else 421)


def test_headers_of_every_reply(ann):
    replies = [
        ann.get("/"), ann.get("/main.js"), ann.get("/nothing"), ann.get("/api/me"),
        ann.post("/api/bursts"), ann.put("/api/me"), ann.get("/", headers={"host": "x"}),
    ]  # fmt: skip
    for reply in replies:
        policy = reply.headers["content-security-policy"]
        assert policy.startswith(
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src"
        )
        assert "style-src 'self';" in policy
        assert "unsafe" not in policy.replace("wasm-unsafe-eval", "")  # for the mirror
        assert "frame-ancestors 'none'" in policy
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["referrer-policy"] == "no-referrer"
        assert "camera=(self)" in reply.headers["permissions-policy"]
        assert "server" not in reply.headers
        assert "access-control-allow-origin" not in reply.headers
    assert ann.get("/api/me").headers["cache-control"] == "no-store"


def test_only_the_pages_own_files_are_served(ann, tmp_path):
    ann.agree()
    ann.give()
    for row in read_manifest(tmp_path / "out" / "collected"):
        path = row["path"]
        for address in (f"/{path}", f"/collected/{path}", f"/example/{path}", f"/static/../{path}"):
            assert ann.get(address).status_code in (404, 405)
    for address in (
        "/app.py", "/static", "/static/", "/examples/", "/locales/", "/locales/../app.py",
        "//etc/passwd", "/%2e%2e/app.py", "/..%2fapp.py", "/examples/..%5c..%5capp.py",
        "/locales/en.json%00",
        "/private/key", "/people/", "/collected/manifest.csv", "/.lock", "/example/"
    ):  # fmt: skip
        assert ann.get(address).status_code == 404, address


def test_a_file_that_the_browser_has_is_not_sent_again(ann):
    first = ann.get("/style.css")
    again = ann.get("/style.css", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_hand_written_address_gets_a_plain_answer(ann):
    for method, address in [("PUT", "/api/me"), ("PATCH", "/"), ("DELETE", "/api/smileys")]:
        assert ann.request(method, address).status_code == 405
    assert ann.get("/api/nothing").status_code == 404


def test_the_table_of_smileys(ann):
    reply = ann.get("/api/smileys").json()
    assert [row["slug"] for row in reply["smileys"]] == [*read_smileys()]
    for row in reply["smileys"]:
        assert row["emoji"]
        assert row["how"]
        assert len(row["examples"]) == 3
        for address in row["examples"]:
            assert ann.get(address).headers["content-type"] == "image/jpeg"


FORMS = {"en": {"one", "other"}, "ru": {"one", "few", "many"}}  # by number: CLDR's categories


def keys(words, before=""):
    for name, value in words.items():
        if isinstance(value, dict) and value.keys() in FORMS.values():
            (places,) = {tuple(re.findall(r"\{\w+\}", form)) for form in value.values()}
            yield f"{before}{name}", ["by number", *sorted(places)]
        elif isinstance(value, dict):
            yield from keys(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", sorted(re.findall(r"\{\w+\}", value))


def test_both_languages_say_the_same_things():
    english, russian = (dict(keys(read_words(language))) for language in LANGUAGES)
    how = {f"how.{slug}" for slug in read_smileys()}  # in English, the table has them
    assert russian.keys() - english.keys() == how
    assert english.keys() <= russian.keys()
    assert {key: english[key] for key in english} == {key: russian[key] for key in english}


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_with_a_number_have_all_forms_of_their_language(language):
    def forms(words):
        for value in words.values():
            if isinstance(value, dict):
                yield from [value] if "one" in value else forms(value)

    found = list(forms(read_words(language)))
    assert len(found) > 5
    assert all(value.keys() == FORMS[language] for value in found)


def test_every_text_that_is_asked_for_is_there():
    have = dict(keys(read_words("en")))
    page = (PAGE / "static" / "index.html").read_text()
    asked = set(re.findall(r'data-i18n="([^"]+)"', page))
    for path in (PAGE / "static").glob("*.js"):
        asked |= set(re.findall(r'\bt\("([\w.]+)"', path.read_text()))
        asked |= {f"error.{code}" for code in re.findall(r'Problem\("(\w+)"', path.read_text())}
    for path in PAGE.glob("*.py"):
        source = path.read_text()
        asked |= {f"error.{code}" for code in re.findall(r'RequestError\(\d+, "(\w+)"', source)}
        asked |= {f"error.{code}" for code in re.findall(r'return \d+, "(\w+)"', source)}
    assert len(asked) > 80
    assert asked <= have.keys()


def test_the_page_loads_nothing_from_elsewhere_and_no_inline_script():
    for path in (PAGE / "static").glob("*.*"):
        source = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|//\w+\.\w+/|@import|innerHTML|eval\(", source), path
    page = (PAGE / "static" / "index.html").read_text()
    assert not re.search(r"\son\w+=|\sstyle=|<script(?![^>]*src=)", page)


def send_at_once(nets, folder, count):
    """Visitors send a burst each, at once; how long each page took then, in seconds."""
    application = service(nets, folder).application()
    waited, problems = [], []

    def visit():
        client = Visitor(application)
        client.agree()
        burst = client.begin()
        for frame in range(4):
            data = another()
            reply = client.post(f"/api/bursts/{burst}/{frame}", content=data)
            while reply.status_code == 429:
                time.sleep(0.05)
                reply = client.post(f"/api/bursts/{burst}/{frame}", content=data)
            if reply.status_code != 201:
                problems.append(reply.text)
            start = time.perf_counter()
            client.get("/api/me")
            waited.append(time.perf_counter() - start)

    threads = [threading.Thread(target=visit) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    return waited


def test_nothing_is_lost_while_fifty_send(nets, tmp_path):
    send_at_once(nets, tmp_path, 50)
    rows = read_manifest(tmp_path / "collected", pictures=True)
    assert len(rows) == 200
    assert len({row["person"] for row in rows}) == 50


@pytest.mark.timing
def test_nobody_waits_for_the_page_while_fifty_send(nets, tmp_path):
    assert np.median(send_at_once(nets, tmp_path, 50)) < 3


def test_json_that_is_no_object_is_refused(ann):
    deep = "[" * 1900
    for body, status in [
        ("", 400), ("{", 400), ("nan", 400), (deep, 400), ("[]", 422), ("null", 422), ("3", 422),
        ('{"agree": 1}', 422), ('{"agree": "true"}', 422), ("{}", 422), ("x" * 5000, 413),
        (json.dumps({"agree": [True]}), 422), ("\ud800".encode("utf-8", "surrogatepass"), 400),
    ]:  # fmt: skip
        assert ann.post("/api/consent", content=body).status_code == status, body
