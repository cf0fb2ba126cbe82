"""The project's own certificate authority: created on first use, and kept in the user's state folder.

Nothing on the machine is made to trust it: clients are given the file of its certificate.

Certificates carry the extensions that strict verifiers (Python 3.13's default, RFC 5280) insist on.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
import sys
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_AUTHORITY_LIFE = timedelta(days=3650)
_CERTIFICATE_LIFE = timedelta(days=90)
_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def state_folder() -> Path:
    """Where the authority is kept: ``$VIDMOCK_STATE``, or the platform's folder for a user's program state."""
    if chosen := os.environ.get("VIDMOCK_STATE"):
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "vidmock"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "vidmock"


class CertificateAuthority:
    """Issues certificates for emulated hosts. *folder* holds ``ca.pem`` (to trust) and ``ca.key`` (mode 0600)."""

    def __init__(self, folder: Path | None = None) -> None:
        folder = folder or state_folder()
        self.certificate = folder / "ca.pem"
        self._key_file = folder / "ca.key"
        if not self._is_usable():
            folder.mkdir(parents=True, exist_ok=True)
            self._create()
        self._key = load_pem_private_key(self._key_file.read_bytes(), None)
        self._cert = x509.load_pem_x509_certificate(self.certificate.read_bytes())

    def context(self, hosts: Iterable[str]) -> ssl.SSLContext:
        """A server-side TLS context with a fresh certificate for *hosts* (names and addresses)."""
        assert isinstance(self._key, ec.EllipticCurvePrivateKey)
        key = ec.generate_private_key(ec.SECP256R1())
        names = [_name(host) for host in hosts]
        cert = (
            _builder("vidmock", self._cert.subject, key, _CERTIFICATE_LIFE)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage("digital_signature"), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["http/1.1"])
        # The ssl module loads certificates from files only; this one lives for the length of the call.
        with tempfile.TemporaryDirectory() as folder:
            pem = Path(folder, "leaf.pem")
            pem.touch(mode=0o600)
            pem.write_bytes(_private_pem(key) + cert.public_bytes(Encoding.PEM))
            context.load_cert_chain(pem)
        return context

    def _is_usable(self) -> bool:
        """Whether there is an authority that can be read, and that will outlive a certificate issued now."""
        try:
            cert = x509.load_pem_x509_certificate(self.certificate.read_bytes())
            load_pem_private_key(self._key_file.read_bytes(), None)
        except (OSError, ValueError):
            return False
        return cert.not_valid_after_utc > datetime.now(UTC) + _CERTIFICATE_LIFE

    def _create(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vidmock local authority")])
        cert = (
            _builder("vidmock local authority", name, key, _AUTHORITY_LIFE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
            .sign(key, hashes.SHA256())
        )
        _write(self._key_file, _private_pem(key), 0o600)
        _write(self.certificate, cert.public_bytes(Encoding.PEM), 0o644)


def _builder(
    subject: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, life: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*wanted: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in wanted for usage in _USAGES})


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(file: Path, content: bytes, mode: int) -> None:
    """Write *file* in one step: another process never sees half of it, nor a key that others may read."""
    handle, name = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    temporary = Path(name)
    temporary.chmod(mode)
    temporary.replace(file)
