"""What a request's head may be, beyond what httptools checks: pure functions of a head that was parsed.

Refused is what a proxy before this server could read differently, so that nobody can smuggle a request past it (RFC
9112, 11.2): no Host or two of them, a transfer coding that is not ``chunked``, a version other than 1.0 and 1.1. The
rest of that kind, such as several lengths, bare line feeds or NUL, is refused by httptools.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus

Headers = Sequence[tuple[bytes, bytes]]
"""Names in lower case, and values."""

_HOST = re.compile(rb"[!$%&'()*+,\-.:;=\[\]_~0-9A-Za-z]*")
"""The characters of a host and its port (RFC 3986, 3.2.2)."""
_NETLOC_END = re.compile(rb"[/?]")
_UPGRADE = (b"upgrade", b"http2-settings")


class RequestRefused(Exception):
    """The request is answered with *status*, and nothing after it on its connection."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


def check_head(version: str, headers: Headers) -> None:
    """Raise unless every server understands the head in the same way.

    Raises:
        RequestRefused: with 400, or 501 for a transfer coding.
    """
    hosts, codings = [], []
    for name, value in headers:
        if name == b"host":
            hosts.append(value)
        elif name == b"transfer-encoding":
            codings.append(value.lower())
    if version not in ("1.0", "1.1"):
        raise RequestRefused(HTTPStatus.BAD_REQUEST, f"HTTP/{version} is not spoken here")
    if len(hosts) > 1 or (not hosts and version == "1.1"):
        raise RequestRefused(HTTPStatus.BAD_REQUEST, "A request has one Host header")
    if hosts and not _HOST.fullmatch(hosts[0]):
        raise RequestRefused(HTTPStatus.BAD_REQUEST, "The Host header is no host")
    if codings and version == "1.0":
        raise RequestRefused(HTTPStatus.BAD_REQUEST, "HTTP/1.0 has no Transfer-Encoding")
    if codings and codings != [b"chunked"]:
        raise RequestRefused(HTTPStatus.NOT_IMPLEMENTED, "The only transfer coding here is chunked")


def with_path(method: bytes, target: bytes) -> bytes:
    """*target* with a path, which ``http://host?query`` and the ``*`` of OPTIONS lack."""
    if target.startswith(b"/"):
        return target
    if target == b"*" and method == b"OPTIONS":
        return b"/"
    end = _netloc_end(target)
    return target if target[end : end + 1] == b"/" else target[:end] + b"/" + target[end:]


def host_in_target(target: bytes) -> bytes | None:
    """The host and port in a *target* of the absolute form, which count and not the Host header (RFC 9112, 3.2.2).

    Raises:
        RequestRefused: it is neither a path nor a URL.
    """
    if target.startswith(b"/"):
        return None
    scheme, _, rest = target[: _netloc_end(target)].partition(b"://")
    host = rest.rpartition(b"@")[2]
    if scheme.lower() not in (b"http", b"https") or not host or not _HOST.fullmatch(host):
        raise RequestRefused(HTTPStatus.BAD_REQUEST, "The request's target is neither a path nor a URL")
    return host


def without_upgrade(headers: Headers) -> Iterable[tuple[bytes, bytes]]:
    """*headers* less those that ask for another protocol."""
    for name, value in headers:
        if name == b"connection":
            if kept := [word for word in value.split(b",") if word.strip().lower() not in _UPGRADE]:
                yield name, b",".join(kept)
        elif name not in _UPGRADE:
            yield name, value


def _netloc_end(target: bytes) -> int:
    """Where the path of *target* begins, or what comes instead of it."""
    found = _NETLOC_END.search(target, target.find(b"://") + 3 if b"://" in target else 0)
    return found.start() if found else len(target)
