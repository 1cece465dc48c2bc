"""HTTPS by a certificate the service makes itself and keeps.

Browsers give the camera to secure pages only. Nobody vouches for this certificate: the
browser warns once, and the fingerprint tells whether it is ours.
"""

import datetime
import ipaddress
import os
import socket

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from common.output import atomic_write, write_file

DAYS = 397  # longer ones are refused by some browsers


def kept_certificate(folder, names):
    """The certificate of a folder, made if there is none that serves.

    It must be good for another week, and for all the names: an address may have changed.

    Parameters
    ----------
    folder : pathlib.Path
    names : list of str
        Host names and addresses that it is for.

    Returns
    -------
    (path, path, str)
        Certificate, key, and the certificate's SHA-256 fingerprint as browsers show it.
    """
    file, key_file = folder / "certificate.pem", folder / "certificate.key.pem"
    certificate = readable(file, key_file)
    now = datetime.datetime.now(datetime.timezone.utc)
    soon = now + datetime.timedelta(days=7)
    if (
        certificate is None
        or certificate.not_valid_after_utc < soon
        or not {*map(general_name, names)} <= names_in(certificate)
    ):
        certificate = make(file, key_file, names, now)
    digest = certificate.fingerprint(hashes.SHA256())
    return file, key_file, ":".join(f"{byte:02X}" for byte in digest)


def names_in(certificate):
    """Host names and addresses that a certificate is for."""
    try:
        return {*certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value}
    except x509.ExtensionNotFound:
        return set()


def readable(file, key_file):
    """The certificate in a file if it belongs to the key beside it, else None."""
    try:
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
        key = serialization.load_pem_private_key(key_file.read_bytes(), None)
    except (OSError, ValueError):
        return None
    return certificate if certificate.public_key() == key.public_key() else None


def make(file, key_file, names, now):
    """Make a key and a certificate signed by it, and write both."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Smielfy")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=DAYS))
        .add_extension(x509.SubjectAlternativeName([general_name(n) for n in names]), False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with atomic_write(key_file) as temporary:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "wb") as out:
            out.write(pem)
    write_file(file, certificate.public_bytes(serialization.Encoding.PEM))
    return certificate


def general_name(name):
    """A host name or address as a certificate holds it."""
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def own_address():
    """The machine's address in its network, or None. Nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address kept for documentation; UDP: no packet
            return probe.getsockname()[0]
        except OSError:
            return None


def own_names():
    """Host names of this machine, lower case."""
    name = socket.gethostname().lower()
    plain = name.partition(".")[0]
    return sorted({name, plain, f"{plain}.local"} - {"", ".local"})
