"""How a client addressed us, so that every URL in an answer leads back here the same way."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from vidmock.providers.exchange.broken import TRANSPORT

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


def other_host(scope: MutableMapping[str, Any], ours: Collection[str]) -> str:
    """The host that a client asks a proxy for, where that is not this server; nothing where it asks for no other.

    *ours* are names of this server. So are those of this machine, and on our own port all that *ours* cannot know:
    containers give their neighbours names that only the neighbours see.
    """
    asked = _target(scope)
    if not asked:
        return ""
    try:
        target = urlsplit(asked)
        host, port = (target.hostname or "").rstrip("."), target.port or 80
    except ValueError:
        return ""
    address, own_port = scope.get("server") or ("", None)
    return "" if host in ours or host == address or _is_local(host) or port == own_port else host


def _target(scope: MutableMapping[str, Any]) -> str:
    """The URL in a request's first line, where that has a whole one, as proxies are asked; else nothing."""
    # Of the URL, uvicorn's protocol keeps to itself what is not the path.
    transport = scope.get("state", {}).get(TRANSPORT)
    line: bytes = getattr(transport and transport.get_protocol(), "url", b"") or scope.get("raw_path") or b""
    return "" if line.startswith(b"/") else line.decode("latin-1")


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in ("", "localhost") or host.endswith(".localhost")


def origin_of(scope: MutableMapping[str, Any], *, emulated: bool, external: str | None) -> str:
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
