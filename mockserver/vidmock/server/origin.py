"""How a client has addressed this server, so that URLs in its answers lead back here the same way."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from vidmock.providers.exchange.envelope import arrival_of

LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
"""The names by which programs on this machine reach the server."""

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
    """The host to which a client uses this server as an HTTP proxy; empty if it does not, or the host is this server.

    *ours* are names of this server, as are those of this machine. On the server's own port every name counts as its
    own: containers have names that only their neighbours know.
    """
    url = _proxied_url(scope)
    if not url:
        return ""
    try:
        target = urlsplit(url)
        host, port = (target.hostname or "").rstrip("."), target.port or 80
    except ValueError:
        return ""
    address, own_port = scope.get("server") or ("", None)
    return "" if host in ours or host == address or _is_local(host) or port == own_port else host


def _proxied_url(scope: MutableMapping[str, Any]) -> str:
    """The URL in a request's first line, where that is a whole one, as it is in requests to a proxy; else empty."""
    # uvicorn gives applications only the path of it.
    transport = arrival_of(scope).transport
    line: bytes = getattr(transport and transport.get_protocol(), "url", b"") or scope.get("raw_path") or b""
    return "" if line.startswith(b"/") else line.decode("latin-1")


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in ("", "localhost") or host.endswith(".localhost")


def origin_of(scope: MutableMapping[str, Any], *, emulated: bool, external: str | None) -> str:
    """The start of a URL that leads back here: ``http://host:port`` as the client sees it.

    For an *emulated* host it is only the scheme, such as ``https:``: the provider's own host names follow. Behind a
    reverse proxy it is *external*, if there is one, or else as the ``X-Forwarded-*`` headers have it.
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
