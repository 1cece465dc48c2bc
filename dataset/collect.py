"""Starts Smielfy, the web page that collects people's smileys, and the mirror.

    python dataset/collect.py
    python dataset/collect.py --host 0.0.0.0 --code melon

By default it is for this computer's own browser. With ``--host 0.0.0.0`` telephones in
the same network reach it, over HTTPS by a certificate that it makes itself and keeps.

OUT/collected is the data set: `make train DATA=data/smielfy/collected` trains on it.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

import contextlib
import fcntl
import ipaddress
import os
import socket
from urllib.parse import quote

from common.arguments import number
from pipeline.options import add_smiles_option, smiles_path


def parse_args(argv):
    """Read the command line."""
    parser = cli.parser(__doc__)
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen at (default: this computer only)")
    add("--port", type=number(0, 65535, int), default=8017, help="default 8017; 0 finds a free one")
    default = cli.ROOT / "data" / "smielfy"
    add("--out", type=Path, default=default, help="folder to keep all in (default data/smielfy)")
    add(
        "--code",
        default="",
        help="access code that visitors must enter; the QR code has it (default: none)",
    )
    help_text = "who keeps the pictures, as visitors read it (name and how to reach you)"
    add("--keeper", default="", help=help_text)
    help_text = "days after which a person's pictures delete themselves; 0: never (default 365)"
    add("--keep", type=number(0, 36500, int), default=365, metavar="DAYS", help=help_text)
    add("--name", action="append", default=[], help="another host name this computer is known by")
    add("--https", action="store_true", help="HTTPS for this computer's own browser, too")
    weights = cli.ROOT / "weights"
    add("--weights", type=Path, default=weights, metavar="DIR", help="folder with the detector")
    add_smiles_option(parser)
    return parser.parse_args(argv)


def is_local(host):
    """Whether an address is reached from this computer only."""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def listen(host, port):
    """Open the socket before anything slow starts."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    server = socket.socket(family)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        server.bind((host, port))
        server.listen(128)  # who comes while the networks load waits for them
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise cli.UserError(f"cannot listen at {host}:{port}: {reason}; try --port 0") from None
    return server


@contextlib.contextmanager
def locked(folder):
    """Hold a folder; two services would not know of each other's pictures."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = open(folder / ".lock", "a")  # noqa: SIM115 - held to the end
    except OSError as error:
        raise cli.UserError(f"cannot write to {folder}: {error.strerror}") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise cli.UserError(f"another service keeps {folder}: give --out") from None
        yield


@contextlib.contextmanager
def private():
    """Make files that nobody else on this computer can read."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def announce(address, fingerprint, local, code=""):
    """Say where the page is and, for telephones, draw the address, the access code in it."""
    print(f"Smielfy: {address}", flush=True)
    if fingerprint:
        print("The browser will warn once: nobody but this computer vouches for the certificate.")
        print(f"Its SHA-256 fingerprint: {fingerprint}")
    if not local:
        import segno

        entry = f"{address}#code/{quote(code, safe='')}" if code else address
        segno.make(entry, error="m").terminal(compact=True, border=2)


def main(argv=None):
    """Run the script; ``argv`` as for argparse."""
    arguments = parse_args(argv)
    folder = arguments.out
    with private(), locked(folder), listen(arguments.host, arguments.port) as server:
        print("loading the networks", flush=True)
        import uvicorn

        from dataset.smielfy.app import Smielfy
        from dataset.smielfy.certificate import kept_certificate, own_address, own_names
        from dataset.smielfy.recognizer import Recognizer
        from dataset.smielfy.server import LimitedServer, tls_context

        local = is_local(arguments.host)
        https = arguments.https or not local
        recognizer = Recognizer.load(arguments.weights, smiles_path(arguments))
        try:
            smielfy = Smielfy(
                folder,
                recognizer,
                arguments.code,
                https,
                arguments.keeper,
                keep_days=arguments.keep,
            )
        except OSError as error:
            raise cli.UserError(f"cannot write to {folder}: {error.strerror}") from None
        names = [*own_names(), *(name.lower() for name in arguments.name)]
        address = "localhost" if local else arguments.host
        if arguments.host in ("0.0.0.0", "::"):
            address = own_address() or names[0]
        context, fingerprint = None, None
        if https:
            known = dict.fromkeys(["localhost", "127.0.0.1", address, *names])
            file, key, fingerprint = kept_certificate(folder / "private", list(known))
            context = tls_context(file, key)
        config = uvicorn.Config(
            smielfy.application(names),
            log_level="warning",
            access_log=False,  # it would keep who came when
            server_header=False,
            proxy_headers=False,  # nobody says for others who they are
            http="h11",
            timeout_keep_alive=10,
            timeout_graceful_shutdown=3,
        )
        shown = f"[{address}]" if ":" in address else address
        port = server.getsockname()[1]
        scheme = f"http{'s' if https else ''}"
        announce(f"{scheme}://{shown}:{port}/", fingerprint, local, arguments.code)
        key = smielfy.admin.key
        print(f"Administrator, at this computer: {scheme}://localhost:{port}/admin.html#{key}")
        print("Ctrl-C ends it.", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            LimitedServer(config, context).run(sockets=[server])
        print("stopped")


if __name__ == "__main__":
    cli.run(main)
