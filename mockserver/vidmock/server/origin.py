"""How a client addressed us, so that every URL in an answer leads back here the same way."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

_HTTP = {"http": "http", "ws": "http", "https": "https", "wss": "https"}


def _header(scope: MutableMapping[str, Any], name: bytes) -> str:
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1"))
    return ""


def hostname(scope: MutableMapping[str, Any]) -> str:
    """The name in the Host header: lower case, without the port."""
    host = _header(scope, b"host").lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].rstrip(".")


def origin(scope: MutableMapping[str, Any], *, emulated: bool, external: str | None) -> str:
    """``https:`` for clients that asked for an emulated host; else ``http://host:port`` as they see it.

    Behind a reverse proxy, *external* says it, or the ``X-Forwarded-*`` headers do.
    """
    scheme = _HTTP[scope["scheme"]]
    if emulated:
        return f"{scheme}:"
    if external:
        return external.rstrip("/")
    scheme = _header(scope, b"x-forwarded-proto").partition(",")[0].strip() or scheme
    host = _header(scope, b"x-forwarded-host").partition(",")[0].strip() or _header(scope, b"host")
    port = _header(scope, b"x-forwarded-port").strip()
    if port and ":" not in host and port != {"http": "80", "https": "443"}.get(scheme):
        host = f"{host}:{port}"
    if not host:
        address, number = scope.get("server") or ("127.0.0.1", 80)
        host = f"{address}:{number}"
    prefix = _header(scope, b"x-forwarded-prefix").rstrip("/")
    return f"{scheme}://{host}{prefix}"
