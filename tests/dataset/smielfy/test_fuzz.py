"""Thousands of malformed requests: never an error of ours, never a file outside the folder."""

import io
import json
import random
import re
import string
import zlib

import numpy as np
import pytest
from PIL import Image

from common.smileys import read_smileys
from dataset.manifest import read_manifest
from tests.conftest import drawn_face
from tests.dataset.smielfy.helpers import FACE, NO_FACE, OURS, Visitor, files, jpeg, service

ALLOWED = {200, 201, 304, 400, 401, 403, 404, 405, 408, 409, 413, 415, 422, 429}
PATHS = [
    "..", "../..", "../../etc/passwd", "%2e%2e%2f", "/etc/passwd", "C:\\x", "a" * 3000, "smile.jpg",
    "smile/../../x", "smile%00", "\\..\\..", "~root", "$(id)", "`id`", "|id", ";", "' or 1=1 --",
    "{{7*7}}", "smile\r\nset-cookie:a=b", "кот", "😀", "-1", "1e9", "NaN", "null", "",
    ".", " ",
]  # fmt: skip


def picture_of(kind):
    """A valid picture in some format."""
    file = io.BytesIO()
    Image.fromarray(drawn_face()[..., ::-1]).save(file, kind)
    return file.getvalue()


def polyglots():
    """Valid pictures with something else in them or behind them."""
    archive = b"PK\x03\x04" + zlib.compress(b"x" * 1000) + b"PK\x05\x06" + bytes(18)
    yield FACE + archive
    yield FACE + b"<?php system($_GET['c']); ?><script>alert(1)</script>"
    yield FACE[:2] + b"\xff\xfe\x00\x22<svg onload=alert(1)></svg>......." + FACE[2:]
    yield b"GIF89a" + FACE
    yield b"%PDF-1.4\n" + FACE
    yield b"\x7fELF" + FACE
    for kind in ("PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM", "ICO", "JPEG2000"):
        yield picture_of(kind)


def bombs():
    """Few bytes, many pixels."""
    yield jpeg(np.zeros((8000, 8000), np.uint8), 5)
    for height, width in [(65535, 65535), (65535, 1), (0, 0), (1, 65535), (30000, 30000)]:
        data = bytearray(FACE)
        start = data.index(b"\xff\xc0")  # the frame's header says the size
        data[start + 5 : start + 9] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
        yield bytes(data)


def broken_pictures(rng):
    """Truncated, flipped, shuffled and repeated JPEGs, without end."""
    yield from polyglots()
    yield from bombs()
    while True:
        data = bytearray(rng.choice([FACE, NO_FACE, jpeg(drawn_face(), 40)]))
        for _ in range(rng.randint(1, 4)):
            how = rng.randrange(6)
            at = rng.randrange(len(data))
            if how == 0:
                del data[at:]
            elif how == 1:
                data[at] ^= 1 << rng.randrange(8)
            elif how == 2:
                data[at : at + rng.randint(1, 60)] = rng.randbytes(rng.randint(0, 60))
            elif how == 3:  # break a marker's segment
                at = data.find(b"\xff", at)
                data[at + 1 : at + 4] = rng.randbytes(3)
            elif how == 4:
                data = data[:at] + data[rng.randrange(len(data)) :]
            else:
                data[at:at] = data[: rng.randint(1, 400)]
            data = data or bytearray(b"\xff")
        yield bytes(data)


def strange_value(rng, depth=0):
    """A JSON value of a random type."""
    kind = rng.randrange(10 if depth < 3 else 7)
    if kind < 2:
        return rng.choice(PATHS)
    if kind == 2:
        return rng.choice([0, -1, 1e308, 10**300, 1.5, 2**63])
    if kind == 3:
        return rng.choice([True, False, None])
    if kind < 7:
        return "".join(rng.choices(string.printable + "é😀\u202e\ud800", k=rng.randint(0, 30)))
    if kind == 7:
        return [strange_value(rng, depth + 1) for _ in range(rng.randint(0, 3))]
    return {rng.choice(PATHS): strange_value(rng, depth + 1) for _ in range(rng.randint(0, 3))}


def strange_body(rng):
    """A request's body as bytes: odd JSON, or what is none."""
    fields = ["smiley", "agree", "shown", "code", "person", "__proto__"]
    value = {rng.choice(fields): strange_value(rng) for _ in range(rng.randint(0, 3))}
    if rng.random() < 0.3:
        value = strange_value(rng)
    body = json.dumps(value).encode()
    how = rng.randrange(4)
    if how == 0:
        body = body[: rng.randrange(len(body) + 1)]
    elif how == 1:
        body = rng.randbytes(rng.randint(0, 3000))
    return body


@pytest.fixture
def visitor(nets, tmp_path):
    """A visitor who has agreed; an error in the service is raised here, not answered."""
    with Visitor(service(nets, tmp_path / "out", code="").application()) as visitor:
        visitor.agree()
        yield visitor


def check(reply):
    """No error of ours, and an answer that a page can use."""
    assert reply.status_code in ALLOWED, (reply.status_code, reply.text)
    if reply.status_code >= 400:
        assert isinstance(reply.json()["error"], str)


def test_two_thousand_broken_pictures(visitor, tmp_path):
    rng = random.Random(0)
    pictures = broken_pictures(rng)
    kept = looked = 0
    burst = visitor.begin()
    for number in range(2000):
        data = next(pictures)
        if number % 20 == 19:
            reply = visitor.post("/api/recognize", content=data)
            looked += reply.status_code == 200
        else:
            if number % 30 == 0:
                burst = visitor.begin()
            kind = rng.choice(["image/jpeg", "text/html", "multipart/form-data", "\xff"])
            headers = {"content-type": kind.encode("latin-1")}
            reply = visitor.post(
                f"/api/bursts/{burst}/{number % 10}", content=data, headers=headers
            )
            kept += reply.status_code == 201
        check(reply)
    assert 0 < kept < 1500  # some damage leaves a whole picture
    assert 0 < looked < 90
    rows = read_manifest(tmp_path / "out" / "collected", read_smileys(), pictures=True)
    assert len(rows) == kept
    check_folder(tmp_path, rows)
    for row in rows:
        data = (tmp_path / "out" / "collected" / row["path"]).read_bytes()
        for payload in (b"script", b"<?php", b"PK\x03\x04", b"<svg"):
            assert payload not in data


def test_two_thousand_broken_requests(visitor, tmp_path):
    rng = random.Random(1)
    addresses = [
        "/api/consent", "/api/enter", "/api/shown", "/api/bursts", "/api/me", "/api/recognize",
        "/api/smileys", "/api/bursts/{}/0", "/api/bursts/x/{}", "/api/pictures/{}",
        "/api/examples/{}", "/example/{}", "/{}", "/locales/{}", "/api/recognize?near={}",
    ]  # fmt: skip
    methods = ["POST"] * 4 + ["GET"] * 3 + ["DELETE", "PUT", "PATCH", "OPTIONS", "HEAD", "FOO"]
    for _ in range(2000):
        name = rng.choice(PATHS).replace("\r\n", "%0d%0a")
        address = rng.choice(addresses).format(name)
        headers = {**OURS}
        if rng.random() < 0.3:
            odd = rng.choice(["", "0" * 400, "smile.0", "a=b; c", rng.choice(PATHS)])
            name = rng.choice(["cookie", "host", "origin", "if-none-match", "x-forwarded-for"])
            headers[name] = odd.replace("\r\n", " ").encode("utf-8")
        method = rng.choice(methods)
        if method == "DELETE" and address == "/api/me":
            continue
        reply = visitor.request(method, address, content=strange_body(rng), headers=headers)
        if reply.status_code == 421:  # a foreign Host header
            continue
        if method == "HEAD":
            assert reply.status_code in ALLOWED
        else:
            check(reply)
    check_folder(tmp_path, [])
    assert visitor.get("/api/me").json()["person"]


def check_folder(tmp_path, rows):
    """Nothing is there but what the service makes, under names that it makes."""
    names = set(files(tmp_path))
    names -= {f"out/collected/{row['path']}" for row in rows}
    names -= {"out/private/key", "out/collected/manifest.csv", "out/collected/.manifest.csv.lock"}
    people = {name for name in names if name.startswith("out/people/s") and name.endswith(".json")}
    texts = {name for name in names if re.fullmatch(r"out/people/consent/[0-9a-f]{12}\.txt", name)}
    assert names == people | texts
