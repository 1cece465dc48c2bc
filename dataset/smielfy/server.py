"""The web server: uvicorn with timeouts, and a bound on the connections of an address.

uvicorn serves requests; it waits for ever for the head of one. Here a connection that does
not send one in `FIRST` seconds is closed, an address that holds more than `PER_ADDRESS`
loses its oldest idle one, and who speaks plain HTTP to an HTTPS port is told so.
"""

import asyncio
import contextlib
import re
import socket
import ssl
import time

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

FIRST = 10  # seconds for a handshake, and for a request's head
PER_ADDRESS = 64  # connections
MOST = 800  # connections in all: a process may open some 1,000 files
HEAD = re.compile(
    rb"[A-Z]+ (/\S*) HTTP/1\.[01]\r\n.*?^host: *([\w.:\[\]-]+)\r\n", re.I | re.M | re.S
)


def tls_context(certificate, key):
    """TLS 1.2 with ephemeral keys and authenticated ciphers only, and TLS 1.3."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")
    context.load_cert_chain(certificate, key)
    return context


class TimeoutProtocol(H11Protocol):
    """A connection whose requests must have a head in time."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.gone = asyncio.get_running_loop().create_future()
        self._timer = None

    def connection_made(self, transport):
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data):
        """Take some bytes; the clock goes on until the head is whole."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop()
        elif self.conn.trailing_data[0]:
            self._wait()

    def connection_lost(self, exc):
        """Tell the server."""
        self._stop()
        super().connection_lost(exc)
        if not self.gone.done():
            self.gone.set_result(None)

    def _wait(self):
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(FIRST, self.transport.abort)

    def _stop(self):
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    @property
    def idle(self):
        """Whether no request is under way."""
        return self.conn.their_state is h11.IDLE and (
            self.cycle is None or self.cycle.response_complete
        )


class Connection:
    """One accepted connection, from before its handshake on."""

    def __init__(self, client, host):
        self.client, self.host, self.since, self.protocol = client, host, time.monotonic(), None

    @property
    def idle(self):
        """Whether it may go: it asks for nothing, or is not through its handshake."""
        return self.protocol is None or self.protocol.idle

    def close(self):
        """Close it at once."""
        if self.protocol is not None and self.protocol.transport is not None:
            self.protocol.transport.abort()
        else:
            with contextlib.suppress(OSError):
                self.client.shutdown(socket.SHUT_RDWR)


class LimitedServer(uvicorn.Server):
    """uvicorn that bounds how many connections there are, in all and of one address.

    Parameters
    ----------
    config : uvicorn.Config
    context : ssl.SSLContext, optional
        As from `tls_context`; None for plain HTTP.
    """

    def __init__(self, config, context=None):
        super().__init__(config)
        self.context, self.connections, self.tasks = context, {}, set()

    async def startup(self, sockets=None):
        """Begin to accept at open sockets."""
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            self.should_exit = True
            return
        self.servers = []
        for listening in sockets:
            listening.setblocking(False)
            self.begin(self.accept(listening))
        self.started = True

    async def shutdown(self, sockets=None):
        """Accept no more, and let requests end."""
        for task in list(self.tasks):
            if task.get_name() == "accept":
                task.cancel()
        await super().shutdown(sockets)
        for connection in list(self.connections):
            connection.close()

    def begin(self, coroutine):
        """Run something beside, and keep hold of it."""
        task = asyncio.get_running_loop().create_task(coroutine, name=coroutine.__name__)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def accept(self, listening):
        """Accept connections."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                client, address = await loop.sock_accept(listening)
            except OSError:  # no more files, say
                await asyncio.sleep(0.1)
                continue
            connection = Connection(client, address[0])
            if self.make_room(connection.host):
                self.connections[connection] = None  # in the order of their coming
                self.begin(self.serve_connection(connection))
            else:
                client.close()

    def make_room(self, host):
        """Whether another one of this address may come; an idle one may have to go for it."""
        own = [connection for connection in self.connections if connection.host == host]
        if len(own) < PER_ADDRESS and len(self.connections) < MOST:
            return True
        for connection in own:
            if connection.idle:
                connection.close()
                del self.connections[connection]
                return True
        return False

    async def serve_connection(self, connection):
        """Serve one connection to its end."""
        loop, client = asyncio.get_running_loop(), connection.client
        try:
            if self.context and not await asyncio.wait_for(speaks_tls(client), FIRST):
                await asyncio.wait_for(redirect_to_https(client), FIRST)
                return
            protocol = TimeoutProtocol(
                config=self.config, server_state=self.server_state, app_state=self.lifespan.state
            )
            options = {"ssl": self.context, "ssl_handshake_timeout": FIRST} if self.context else {}
            await loop.connect_accepted_socket(lambda: protocol, client, **options)
            connection.protocol = protocol
            await protocol.gone
        except (OSError, asyncio.TimeoutError, EOFError):  # ssl.SSLError is an OSError
            pass
        finally:
            self.connections.pop(connection, None)
            if connection.protocol is None:
                client.close()


async def readable(client):
    """Wait until a socket has something to read."""
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    loop.add_reader(client, lambda: ready.done() or ready.set_result(None))
    try:
        await ready
    finally:
        loop.remove_reader(client)


async def speaks_tls(client):
    """Whether a connection begins as a TLS handshake does; nothing is taken from it."""
    await readable(client)
    first = client.recv(1, socket.MSG_PEEK)
    if not first:
        raise EOFError
    return first == b"\x16"


async def redirect_to_https(client):
    """Answer plain HTTP at an HTTPS port with the address of the page."""
    loop = asyncio.get_running_loop()
    head = b""
    while b"\r\n\r\n" not in head and len(head) < 8000:
        part = await loop.sock_recv(client, 4000)
        if not part:
            break
        head += part
    found = HEAD.match(head)
    address = f"https://{found[2].decode()}{found[1].decode()}" if found else ""
    status = "307 Temporary Redirect" if found else "400 Bad Request"
    text = f"This page speaks HTTPS. Open {address or 'the address that begins with https'}\n"
    lines = [
        f"HTTP/1.1 {status}", "Content-Type: text/plain; charset=utf-8",
        f"Content-Length: {len(text)}", "Connection: close", "Cache-Control: no-store",
        *([f"Location: {address}"] if found else []),
    ]  # fmt: skip
    await loop.sock_sendall(client, ("\r\n".join(lines) + "\r\n\r\n" + text).encode())
