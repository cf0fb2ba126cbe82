"""The certificate to trust in the forms that some programs want, in files beside its own."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12Certificate, serialize_java_truststore

from vidmock.interception.java import TRUST_PASSWORD


def trust_files(certificate: Path) -> dict[str, bytes]:
    """The content of the files to write beside *certificate*, by name: those that are not there as they should be.

    ``ca.p12`` is for Java; ``wgetrc`` is for wget, which takes one such file only, so it has the user's own as well.
    """
    found = {}
    store = certificate.with_name("ca.p12")
    if not store.exists() or store.stat().st_mtime < certificate.stat().st_mtime:
        trusted = PKCS12Certificate(x509.load_pem_x509_certificate(certificate.read_bytes()), b"vidmock")
        found[store.name] = serialize_java_truststore([trusted], BestAvailableEncryption(TRUST_PASSWORD.encode()))
    settings = certificate.with_name("wgetrc")
    wanted = _own_settings(settings) + f"ca_certificate = {certificate}\n".encode()
    if not settings.exists() or settings.read_bytes() != wanted:
        found[settings.name] = wanted
    return found


def _own_settings(ours: Path) -> bytes:
    """What wget would read if it were not led here, with a line's end."""
    # A user who is not in the system's list has no home.
    with contextlib.suppress(OSError, RuntimeError):
        own = Path(os.environ.get("WGETRC") or Path.home() / ".wgetrc")
        if own != ours:
            return own.read_bytes().rstrip(b"\n") + b"\n"
    return b""
