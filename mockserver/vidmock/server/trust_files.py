"""The certificate to trust in the forms that some programs want, in files beside its own."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from vidmock.interception.java import TRUST_PASSWORD

WGET, SYSTEM_WGET, CURL = "wgetrc", "system-wgetrc", ".curlrc"
_SYSTEM = Path("/etc/wgetrc")
"""What wget reads before the user's own file."""
_WGET_ELSEWHERE = re.compile(rb"\s*(https?|ftp|use|no)[-_]?proxy\s*=", re.IGNORECASE)
_ELSEWHERE = {
    WGET: _WGET_ELSEWHERE,
    SYSTEM_WGET: _WGET_ELSEWHERE,
    CURL: re.compile(rb"\s*(-x|(--)?((pre|no)?proxy|proxy1\.0|socks[45]a?|socks5-hostname|cacert)(?![-\w]))"),
}
"""Settings that wget and curl prefer to the environment: the lines by which they would pass the mock by."""


def trust_files(certificate: Path) -> dict[str, bytes]:
    """The content of the files to write beside *certificate*, by name: those that are not there as they should be.

    ``ca.p12`` is for Java. ``wgetrc``, ``system-wgetrc`` and ``.curlrc`` are for wget and curl, which take one such
    file only: they have the user's own settings as well, or the machine's, but for those that lead elsewhere.
    """
    found = {}
    store = certificate.with_name("ca.p12")
    if not store.exists() or store.stat().st_mtime < certificate.stat().st_mtime:
        found[store.name] = _java_store(certificate.read_bytes())
    for name, added in ((WGET, f"ca_certificate = {certificate}\n".encode()), (SYSTEM_WGET, b""), (CURL, b"")):
        settings = certificate.with_name(name)
        wanted = _own_settings(settings) + added
        if not settings.exists() or settings.read_bytes() != wanted:
            found[name] = wanted
    return found


def _java_store(certificate: bytes) -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
    from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12Certificate, serialize_java_truststore

    trusted = PKCS12Certificate(x509.load_pem_x509_certificate(certificate), b"vidmock")
    return serialize_java_truststore([trusted], BestAvailableEncryption(TRUST_PASSWORD.encode()))


def _own_settings(ours: Path) -> bytes:
    """What wget or curl would read if it were not led here, less what leads elsewhere, with a line's end."""
    for own in _places(ours.name):
        # What cannot be read is none.
        with contextlib.suppress(OSError):
            if own != ours:
                lines = own.read_bytes().splitlines()
                return b"".join(line + b"\n" for line in lines if not _ELSEWHERE[ours.name].match(line))
    return b""


def _places(name: str) -> Iterator[Path]:
    """Where the user's own file may be, or the machine's, in the order in which its program looks for it."""
    for chosen in filter(None, map(os.environ.get, _VARIABLES[name])):
        yield Path(chosen) / name if name == CURL else Path(chosen)
    if name == SYSTEM_WGET:
        yield _SYSTEM
        return
    # A user who is not in the system's list has no home.
    with contextlib.suppress(RuntimeError):
        yield Path.home() / (name if name == CURL else f".{name}")


_VARIABLES = {WGET: ("WGETRC",), SYSTEM_WGET: ("SYSTEM_WGETRC",), CURL: ("CURL_HOME", "XDG_CONFIG_HOME")}
"""The environment variables that say where it is."""
