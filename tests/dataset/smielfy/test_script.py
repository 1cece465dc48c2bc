"""``make collect``: the script, its certificate, and the service as it really runs."""

import datetime
import hashlib
import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading

import cv2
import numpy as np
import pytest
import uvicorn

from common.cli import ROOT
from dataset import collect
from dataset.smielfy import certificate, request_body
from tests.dataset.smielfy.helpers import NO_FACE, service

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("options", "words"),
    [(["--port", "70000"], "no whole number of 0 to 65535"), (["--nonsense"], "unrecognized")],
)
def test_wrong_options(call, options, words):
    code, _, err = call(collect.main, *options)
    assert code == 2
    assert words in err


def test_an_address_that_is_taken_or_not_ours(refused, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert "try --port 0" in refused(collect.main, "--out", tmp_path, "--port", port)
    for host in ("203.0.113.9", "no such host", "a" * 300):
        assert "cannot listen" in refused(collect.main, "--out", tmp_path, "--host", host)


def test_a_folder_that_cannot_be_or_is_in_use(refused, tmp_path):
    (tmp_path / "file").touch()
    assert "cannot write to" in refused(collect.main, "--out", tmp_path / "file")
    with collect.private(), collect.locked(tmp_path / "out"):
        assert "another service" in refused(collect.main, "--out", tmp_path / "out")
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("box", False)],
)
def test_which_hosts_need_https(host, local):
    assert collect.is_local(host) == local


def test_a_certificate_is_made_and_kept(tmp_path):
    names = ["localhost", "127.0.0.1", "::1", "garage.local"]
    file, key, fingerprint = certificate.kept_certificate(tmp_path, names)
    assert key.stat().st_mode & 0o777 == 0o600
    der = ssl.PEM_cert_to_DER_cert(file.read_text())
    assert fingerprint.replace(":", "").lower() == hashlib.sha256(der).hexdigest()
    assert certificate.kept_certificate(tmp_path, names)[2] == fingerprint
    context = ssl.create_default_context(cafile=str(file))  # a browser that was told to trust it
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file, key)
    for name in names:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = context.wrap_bio(incoming, outgoing, server_hostname=name)
        host = server.wrap_bio(outgoing, incoming, server_side=True)
        for side in (client, host, client, host):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
        assert client.version() >= "TLSv1.2"


@pytest.mark.parametrize("damage", ["old", "half", "key"])
def test_a_certificate_that_serves_no_more_is_made_anew(tmp_path, damage):
    file, key, first = certificate.kept_certificate(tmp_path, ["localhost"])
    if damage == "old":
        now = datetime.datetime.now(datetime.timezone.utc)
        certificate.make(file, key, ["localhost"], now - datetime.timedelta(days=395))
    elif damage == "half":
        file.write_bytes(file.read_bytes()[:100])
    else:
        key.unlink()
    second = certificate.kept_certificate(tmp_path, ["localhost"])[2]
    assert second != first
    assert certificate.kept_certificate(tmp_path, ["localhost"])[2] == second


def test_the_service_as_it_runs(tmp_path):
    """Over HTTPS, with the shipped networks: a rendered face is kept, an empty wall is not."""
    script = str(ROOT / "dataset" / "collect.py")
    command = [sys.executable, script, "--out", str(tmp_path), "--port", "0", "--https"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ})
    try:
        text = ""
        while "Ctrl-C" not in text:
            line = process.stdout.readline()
            assert line, text
            text += line
        port = int(re.search(r"https://localhost:(\d+)/", text).group(1))
        fingerprint = re.search(r"fingerprint: ([0-9A-F:]{95})$", text, re.M).group(1)
        context = ssl.create_default_context(cafile=str(tmp_path / "private" / "certificate.pem"))
        client = http.client.HTTPSConnection("localhost", port, context=context, timeout=60)
        headers = {"X-Smielfy": "1"}

        def ask(method, address, body=None):
            client.request(method, address, body, headers)
            reply = client.getresponse()
            for cookie in reply.headers.get_all("set-cookie") or []:
                headers["Cookie"] = cookie.partition(";")[0]
            return reply.status, json.loads(reply.read())

        client.connect()
        digest = hashlib.sha256(client.sock.getpeercert(True)).hexdigest()
        assert digest == fingerprint.replace(":", "").lower()
        _, said = ask("POST", "/api/consent", json.dumps({"agree": True}))
        _, burst = ask("POST", "/api/bursts", json.dumps({"smiley": "surprise"}))
        address = f"/api/bursts/{burst['burst']}/0"
        face = (ROOT / "dataset/smielfy/static/examples/surprise-1.jpg").read_bytes()
        assert ask("POST", address, face) == (201, {"kept": True})
        assert ask("POST", address, NO_FACE)[1]["error"] == "no_face"
        status, look = ask("POST", "/api/recognize", face)
        assert status == 200
        assert look["smiley"] == "surprise"
        assert look["share"] > 0.3
        process.send_signal(signal.SIGINT)
        client.close()
        assert process.wait(20) == 0
    finally:
        process.kill()
    assert list((tmp_path / "collected" / "crops" / said["person"]).iterdir())
    for path in tmp_path.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_slow_request_does_not_hold_the_others_up(nets, tmp_path, monkeypatch):
    """A body that never comes is given up; meanwhile others are served."""
    monkeypatch.setattr(request_body, "PATIENCE", 5)
    application = service(nets, tmp_path).application()
    server = uvicorn.Server(uvicorn.Config(application, log_level="error"))
    listening = collect.listen("127.0.0.1", 0)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        port = listening.getsockname()[1]
        slow = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(20)]
        for connection in slow:
            connection.sendall(
                b"POST /api/consent HTTP/1.1\r\nHost: localhost\r\nX-Smielfy: 1\r\n"
                b"Content-Length: 100\r\n\r\n{"
            )
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        client.request("GET", "/api/me")
        assert client.getresponse().status == 200
        slow[0].setblocking(False)
        with pytest.raises(BlockingIOError):  # it is still waited for
            slow[0].recv(1000)
        slow[0].settimeout(30)
        assert b" 408 " in slow[0].recv(1000)
    finally:
        server.should_exit = True
        thread.join()


def test_the_drawn_address_carries_the_access_code(capsys):
    """As a telephone reads it off the terminal."""
    collect.announce("https://192.0.2.7:8017/", None, False, "Me lon")
    drawn = capsys.readouterr().out.split("\n", 1)[1]
    halves = {"█": (1, 1), "▀": (1, 0), "▄": (0, 1), " ": (0, 0), "\xa0": (0, 0)}
    plain = re.sub(r"\x1b\[[0-9;]*m", "", drawn)
    lines = [[halves[one] for one in line] for line in plain.split("\n") if line]
    assert len({len(line) for line in lines}) == 1
    rows = [[pair[half] for pair in line] for line in lines for half in (0, 1)]
    image = cv2.resize(np.uint8(rows) * 255, None, fx=8, fy=8, interpolation=cv2.INTER_NEAREST)
    read = [cv2.QRCodeDetector().detectAndDecode(one)[0] for one in (image, 255 - image)]
    assert "https://192.0.2.7:8017/#code/Me%20lon" in read
