"""A room as it is: idle and dribbling connections, TLS, plain HTTP at an HTTPS port."""

import contextlib
import http.client
import re
import shutil
import socket
import ssl
import subprocess
import threading

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from dataset import collect
from dataset.smielfy import certificate
from dataset.smielfy import server as server_module

pytestmark = pytest.mark.slow


@contextlib.contextmanager
def opened(context=None):
    """A door before an application that says hello; its port."""

    async def hello(request):
        return PlainTextResponse("hello")

    application = Starlette(routes=[Route("/", hello)])
    server = server_module.LimitedServer(
        uvicorn.Config(application, log_level="error", http="h11", timeout_keep_alive=60), context
    )
    listening = collect.listen("127.0.0.1", 0)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def tls(tmp_path):
    """A context, and the certificate's file."""
    file, key, _ = certificate.kept_certificate(tmp_path, ["localhost", "127.0.0.1"])
    return server_module.tls_context(file, key), file


def hello(port, source="127.0.0.1", **options):
    """Ask once; what was said."""
    kind = http.client.HTTPSConnection if options else http.client.HTTPConnection
    client = kind("localhost", port, timeout=20, source_address=(source, 0), **options)
    client.request("GET", "/")
    said = client.getresponse().read()
    client.close()
    return said


@pytest.mark.parametrize("secure", [False, True])
def test_400_idle_sockets_shut_nobody_out(tls, secure):
    options = {}
    if secure:
        options["context"] = ssl.create_default_context(cafile=str(tls[1]))
    with opened(tls[0] if secure else None) as port, contextlib.ExitStack() as stack:
        for _ in range(400):
            stack.enter_context(socket.create_connection(("127.0.0.1", port), 20))
        assert hello(port, "127.0.0.2", **options) == b"hello"  # from another address
        assert hello(port, **options) == b"hello"  # and from the same one: an idle one goes


def test_who_sends_no_whole_head_is_let_go(monkeypatch):
    monkeypatch.setattr(server_module, "FIRST", 1)
    with opened() as port:
        for sent in (b"", b"GET / HTTP/1.1\r\nHo"):
            with socket.create_connection(("127.0.0.1", port), 30) as slow:
                slow.sendall(sent)
                with contextlib.suppress(ConnectionResetError):
                    assert slow.recv(100) == b""
        with socket.create_connection(("127.0.0.1", port), 30) as slow:  # a second request
            slow.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = b""
            while not answer.endswith(b"hello"):  # it may come in pieces
                piece = slow.recv(1000)
                assert piece
                answer += piece
            slow.sendall(b"GET / HT")
            with contextlib.suppress(ConnectionResetError):
                assert slow.recv(100) == b""


def test_a_connection_with_a_request_under_way_stays():
    class Held:
        idle, host = False, "a"

    class Idle(Held):
        idle, closed = True, False

        def close(self):
            self.closed = True

    server = server_module.LimitedServer(uvicorn.Config(None))
    held, first, second = Held(), Idle(), Idle()
    server.connections = dict.fromkeys([held, first, second, *[Held() for _ in range(61)]])
    assert server.make_room("b")
    assert server.make_room("a")
    assert (first.closed, second.closed) == (True, False)
    server.connections[Held()] = None
    assert server.make_room("a")
    server.connections[Held()] = None
    assert not server.make_room("a")  # all have a request under way
    assert server.make_room("b")


def test_plain_http_is_told_where_the_page_is(tls):
    with opened(tls[0]) as port:
        client = http.client.HTTPConnection("localhost", port, timeout=20)
        client.request("GET", "/x?y=1")
        reply = client.getresponse()
        assert reply.status == 307
        assert reply.headers["location"] == f"https://localhost:{port}/x?y=1"
        assert b"speaks HTTPS" in reply.read()
        for sent in (b"EHLO\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", port), 20) as other:
                other.sendall(sent)
                assert b"400 Bad Request" in other.recv(1000)


@pytest.mark.parametrize(
    ("version", "cipher", "fine"),
    [
        ("TLSv1_3", None, True),
        ("TLSv1_2", "ECDHE+AESGCM", True),
        ("TLSv1_2", "ECDHE+AES+SHA256:ECDHE+AES+SHA:@SECLEVEL=0", False),  # CBC
        ("TLSv1_1", None, False),
    ],
)
def test_versions_and_ciphers(tls, version, cipher, fine):
    context = ssl.create_default_context(cafile=str(tls[1]))
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = getattr(ssl.TLSVersion, version)
    if cipher:
        context.set_ciphers(cipher)
    with opened(tls[0]) as port:
        if fine:
            assert hello(port, context=context) == b"hello"
        else:
            with pytest.raises((ssl.SSLError, ConnectionError)):
                hello(port, context=context)


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not here")
def test_openssl_s_client_agrees(tls):
    with opened(tls[0]) as port:
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-tls1_2"]
        said = subprocess.run(command, input="", capture_output=True, text=True, timeout=30).stdout
    assert re.search(r"Cipher *(is|:) ECDHE-ECDSA-\S*(GCM|CHACHA20)", said)


def test_a_certificate_is_renewed_when_names_change(tmp_path):
    first = certificate.kept_certificate(tmp_path, ["localhost", "192.0.2.7"])[2]
    assert certificate.kept_certificate(tmp_path, ["192.0.2.7"])[2] == first
    second = certificate.kept_certificate(tmp_path, ["localhost", "192.0.2.8"])[2]
    assert second != first
    assert certificate.kept_certificate(tmp_path, ["localhost", "192.0.2.8"])[2] == second
