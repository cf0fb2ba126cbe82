"""How a client has addressed this server, so that URLs in its answers lead back here the same way.

The rule, for providers' own hosts and for path prefixes alike: a URL in an answer begins with the address that the
client used. Each part of it, scheme, host, port and prefix, is

1. what the proxy before this server says: ``X-Forwarded-Proto``, ``-Host``, ``-Port``, ``-Prefix``;
2. else what the ``--external-url`` says whose own host, or the one that it names, is the client's;
3. else what the request says: its connection's scheme, its Host.

The host found so decides whether a request is for a provider's own host. Such a host keeps its name, and has the scheme
of the first ``--external-url``, unless one names it: then it is a host as any other.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, MutableMapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from vidmock.providers.exchange.envelope import arrival_of
from vidmock.server.external_urls import ExternalUrls, name_of

_FORWARDED = {
    b"x-forwarded-proto": re.compile("https?"),
    b"x-forwarded-host": re.compile(r"[\w.-]+(:\d{1,5})?|\[[0-9a-fA-F:.]+\](:\d{1,5})?", re.ASCII),
    b"x-forwarded-port": re.compile(r"\d{1,5}", re.ASCII),
    b"x-forwarded-prefix": re.compile(r"(/[\w.~-]+)*/?", re.ASCII),
}
"""What a proxy may say of the parts of an address. Anything else is not believed: it would be a part of URLs."""
_HTTP = {"http": "http", "ws": "http", "https": "https", "wss": "https"}


def _header(scope: MutableMapping[str, Any], name: bytes) -> str:
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1"))
    return ""


def hostname(scope: MutableMapping[str, Any]) -> str:
    """The name in the Host header: lower case, without the port."""
    return name_of(_header(scope, b"host").lower())


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


class ClientAddress(NamedTuple):
    """How a client has addressed the proxy before this server, or else this server.

    *host* is in lower case, perhaps with a port. *scheme*, *port* and *prefix* are empty where no proxy says them.
    """

    host: str
    scheme: str = ""
    port: str = ""
    prefix: str = ""

    @classmethod
    def of(cls, scope: MutableMapping[str, Any]) -> ClientAddress:
        said = dict.fromkeys(_FORWARDED, "")
        host = ""
        for name, value in scope["headers"]:
            if name == b"host":
                host = host or value.decode("latin-1")
            elif name in _FORWARDED and not said[name]:
                # Each further proxy adds what it was asked by; the first is the client's.
                first = value.decode("latin-1").partition(",")[0].strip()
                said[name] = first if _FORWARDED[name].fullmatch(first) else ""
        scheme, forwarded_host, port, prefix = said.values()
        return cls((forwarded_host or host).lower(), scheme, port, prefix.rstrip("/"))

    @property
    def hostname(self) -> str:
        """The host without its port."""
        return name_of(self.host)

    def origin(self, scope: MutableMapping[str, Any], *, emulated: bool, urls: ExternalUrls) -> str:
        """The start of a URL that leads back here: ``http://host:port`` as the client sees it.

        For an *emulated* host it is only the scheme, such as ``https:``: the provider's own host names follow.
        """
        scheme, host, prefix = _HTTP[scope["scheme"]], self.host, ""
        if external := urls.find(host) or (urls.first if emulated or not host else None):
            scheme, host, prefix = external.scheme, external.netloc, external.prefix
        scheme = self.scheme or scheme
        if emulated:
            return f"{scheme}:"
        if not host:
            address, number = scope.get("server") or ("127.0.0.1", 80)
            host = f"{address}:{number}"
        elif self.port and not _has_port(host) and self.port != {"http": "80", "https": "443"}[scheme]:
            host = f"{host}:{self.port}"
        return f"{scheme}://{host}{self.prefix or prefix}"


def _has_port(host: str) -> bool:
    return ":" in host.rpartition("]")[2]
