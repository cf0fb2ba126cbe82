"""The project's own certificate authority: created on first use, and kept in the user's state folder.

Nothing on the machine is made to trust it: clients are given the file of its certificate. Who trusts it, trusts it for
this machine and the emulated hosts only: its certificate is constrained to those names (RFC 5280, 4.2.1.10).

Certificates carry the extensions that strict verifiers (Python 3.13's default, RFC 5280) insist on.
"""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import ssl
import stat
import sys
import tempfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

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

from vidmock.server.authority_note import CERTIFICATE_FILE, KEY_FILE, note_authority, wanted_of
from vidmock.server.state_folder import NoStateFolder, find_state_folder, locked, write_at_once
from vidmock.server.trust_files import trust_files

AUTHORITY_LIFE = timedelta(days=365)
"""An authority is renewed, with the same key, when it has less than half of it left."""
CERTIFICATE_LIFE = timedelta(days=30)
"""A server renews its certificate when it has less than half of it left."""

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

_log = logging.getLogger("vidmock")


@dataclass(frozen=True)
class _Pair:
    """An authority's key, and the certificate that belongs to it."""

    key: ec.EllipticCurvePrivateKey
    cert: x509.Certificate

    @classmethod
    def parse(cls, pem: bytes) -> Self:
        """Raises ValueError: they cannot be read, or do not belong together."""
        key, cert = load_pem_private_key(pem, None), x509.load_pem_x509_certificate(pem)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != cert.public_key():
            raise ValueError("the certificate is of another key")
        pair = cls(key, cert)
        if "" in pair.permitted():
            raise ValueError("an empty name permits every host")
        return pair

    def pem(self) -> bytes:
        return _private_pem(self.key) + self.public_pem()

    def public_pem(self) -> bytes:
        return self.cert.public_bytes(Encoding.PEM)

    def renewed_at(self) -> datetime:
        return self.cert.not_valid_after_utc - AUTHORITY_LIFE / 2

    def lasts(self, now: datetime) -> bool:
        return self.renewed_at() > now

    def permitted(self) -> frozenset[str]:
        """The names, and networks as ``127.0.0.0/8``, that it may issue certificates for."""
        try:
            found = self.cert.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees
        except x509.ExtensionNotFound:
            return frozenset()
        return frozenset(str(name.value) for name in found or ())


class CertificateAuthority:
    """Issues certificates for *names*, which are host names and addresses; those of this machine are among them.

    *folder* holds ``ca.pem`` (to trust) and ``ca.key`` (the key and its certificate, mode 0600). Both are made, renewed
    or mended where that is needed; of several processes that do so at once, one does it and the others read the result.

    Raises:
        NoStateFolder: the folder cannot be read or written.
    """

    def __init__(self, names: Collection[str] = (), folder: Path | None = None, now: datetime | None = None) -> None:
        self._folder = folder or find_state_folder(KEY_FILE)
        self.certificate = self._folder / CERTIFICATE_FILE
        self._key_file = self._folder / KEY_FILE
        wanted = wanted_of(names)
        try:
            self._pair = self._open(wanted, now or datetime.now(UTC))
        except OSError as error:
            raise NoStateFolder(self._folder, error) from error

    def context(self, names: Iterable[str], now: datetime | None = None) -> ssl.SSLContext:
        """A server-side TLS context with a fresh certificate for *names*.

        Who asks for a name gets a certificate for names only: BoringSSL, on which Bun and others are built, takes none
        with addresses from an authority that is constrained to some.

        Raises:
            NoStateFolder: there is no folder for temporary files.
        """
        names, now = tuple(names), now or datetime.now(UTC)
        context = self._context(names, now)
        named = self._context([name for name in names if isinstance(_name(name), x509.DNSName)], now)

        def choose(connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
            if name is not None:
                connection.context = named

        context.sni_callback = choose
        return context

    def _context(self, names: Iterable[str], now: datetime) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = self._pair.key
        cert = (
            _builder("vidmock", self._pair.cert.subject, key, CERTIFICATE_LIFE, now)
            .add_extension(x509.SubjectAlternativeName([_name(name) for name in names]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage("digital_signature"), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key()), critical=False)
            .sign(issuer, hashes.SHA256())
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["http/1.1"])
        # The ssl module loads certificates from files only; this one lives for the length of the call.
        try:
            with tempfile.TemporaryDirectory() as folder:
                pem = Path(folder, "leaf.pem")
                pem.touch(mode=0o600)
                pem.write_bytes(_private_pem(key) + cert.public_bytes(Encoding.PEM))
                context.load_cert_chain(pem)
        except OSError as error:
            raise NoStateFolder(self._folder, error) from error
        return context

    def _open(self, wanted: frozenset[str], now: datetime) -> _Pair:
        pair = self._read()
        if pair is None or not (wanted <= pair.permitted() and pair.lasts(now)):
            self._folder.mkdir(parents=True, exist_ok=True)
            with locked(self._folder):
                pair = self._read()
                if pair is None or not (wanted <= pair.permitted() and pair.lasts(now)):
                    pair = self._make(pair, wanted, now)
        self._tighten()
        if _read(self.certificate) != pair.public_pem():
            write_at_once(self.certificate, pair.public_pem(), 0o644)
        # Where they cannot be written, only Java and wget miss something, and the next start takes longer.
        with contextlib.suppress(OSError):
            for name, content in trust_files(self.certificate).items():
                write_at_once(self._folder / name, content, 0o600)
            note_authority(self._folder, pair.permitted(), pair.renewed_at())
        return pair

    def _read(self) -> _Pair | None:
        try:
            return _Pair.parse(self._key_file.read_bytes())
        except (FileNotFoundError, ValueError):
            return None

    def _make(self, before: _Pair | None, wanted: frozenset[str], now: datetime) -> _Pair:
        if before is None and self._key_file.exists():
            _log.warning("vidmock: %s is damaged: its authority is made anew, and must be trusted anew", self._key_file)
        elif before is not None and before.lasts(now):
            more = ", ".join(sorted(wanted - before.permitted()))
            _log.warning(
                "vidmock: %s is made anew, to be good for %s as well: clients must read it again",
                self.certificate,
                more,
            )
        key = before.key if before else ec.generate_private_key(ec.SECP256R1())
        pair = _Pair(key, _authority(key, wanted.union(before.permitted() if before else ()), now))
        write_at_once(self._key_file, pair.pem(), 0o600)
        return pair

    def _tighten(self) -> None:
        """Take the key from other users of this machine, who could read what goes through TLS."""
        mode = stat.S_IMODE(self._key_file.stat().st_mode)
        if sys.platform != "win32" and mode & 0o077:
            self._key_file.chmod(0o600)
            _log.warning("vidmock: others could read %s (mode %o): now only you can", self._key_file, mode)


def _authority(key: ec.EllipticCurvePrivateKey, permitted: Iterable[str], now: datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vidmock local authority")])
    constraints = x509.NameConstraints([_subtree(name) for name in sorted(permitted)], None)
    return (
        _builder("vidmock local authority", name, key, AUTHORITY_LIFE, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
        .add_extension(constraints, critical=True)
        .sign(key, hashes.SHA256())
    )


def _builder(
    subject: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, life: timedelta, now: datetime
) -> x509.CertificateBuilder:
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


def _subtree(permitted: str) -> x509.GeneralName:
    return x509.IPAddress(ipaddress.ip_network(permitted)) if "/" in permitted else x509.DNSName(permitted)


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b""
