"""Which web pages a request may come from: what a browser says of the page that asks, and what it has to ask before.

A browser lets any page have requests sent here. It says which page by ``Origin`` and ``Sec-Fetch-Site``, and asks this
server first, by a preflight, before it sends what no form can send.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

from vidmock.engine.world.settings import Settings
from vidmock.providers.exchange.hosts import emulated_hosts
from vidmock.server.external_urls import ExternalUrls
from vidmock.server.page_policy import PAGE_FOLDER

OWN_HEADER = "x-vidmock"
"""How the names of headers begin that are for this server alone. No form can send one, nor a script of another site."""
_SITES = frozenset({"", "none", "same-origin", "same-site"})
"""What a browser may say of the page that asks, in ``Sec-Fetch-Site``; programs do not say it."""
_TYPED = "navigate"
"""What it says in ``Sec-Fetch-Mode`` if somebody has typed the address; without a page, all else is an extension's."""
_PORTS = {"http": 80, "https": 443}


def own_names(settings: Settings) -> frozenset[str]:
    """The names that whoever started the server has given it."""
    external = ExternalUrls(settings.external_urls, emulated_hosts())
    return settings.tls_hosts | {urlsplit(settings.media_url).hostname or ""} | external.names


def is_ours(name: str, ours: Collection[str]) -> bool:
    """Whether *name* is one of *ours*, or of this machine."""
    return bool(name) and (name in ours or name == "localhost" or name.endswith(".localhost") or is_loopback(name))


def is_loopback(address: str) -> bool:
    """Whether *address* is this machine's own; it may have a port behind brackets, or a zone."""
    bare = address[1:].partition("]")[0] if address.startswith("[") else address
    try:
        found = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return False
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback


def strange_page(headers: Headers, ours: Collection[str]) -> tuple[str, str]:
    """The page that asks, and the header that says so, if it is of none of *ours* nor of this machine; else empty."""
    if "origin" in headers:
        origin = headers["origin"]
        page = _parts(origin)
        if not is_ours(page.hostname or "" if page else "", ours):
            return f"a page of {origin}", "Origin"
    site = headers.get("sec-fetch-site", "")
    if site not in _SITES:
        return "a page of another site", "Sec-Fetch-Site"
    if site == "none" and headers.get("sec-fetch-mode", _TYPED) != _TYPED:
        return "an extension of the browser", "Sec-Fetch-Mode"
    return "", ""


def is_at(headers: Headers, port: int | None, own: str) -> bool:
    """Whether a page at *port*, that of this server, asks: such a page says that it is of the same origin.

    Only the one at the path *own* is meant to be one. A page whose server passes requests on is at another port.
    """
    if headers.get("sec-fetch-site") != "same-origin":
        return False
    named = _parts(headers.get("referer", ""))
    page = _parts(headers.get("origin", "")) or named
    if page is None or (page.port or _PORTS[page.scheme]) != port:
        return page is None
    # What is stored here is sandboxed, so no page of it can say that it is at another path.
    return named is None or named.netloc != page.netloc or named.path.rstrip("/") != own


def is_no_form(headers: Headers) -> bool:
    """Whether a browser would have asked this server first, for there is a header that no form can send."""
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type == "application/json" or any(name.startswith(OWN_HEADER) for name in headers)


def asks_for_page(scope: Scope, path: str) -> bool:
    """Whether *path*, below the prefix of the control API, is for this client that of its page, or of a file of it."""
    takes = Headers(scope=scope).get("accept", "")
    return path.startswith(PAGE_FOLDER) or ("text/html" in takes and not path.strip("/"))


def unasked_page(scope: Scope, ours: Collection[str]) -> str:
    """The page of another site that has a browser send a change to a provider without a preflight; else empty.

    That is a form's, or a WebSocket. What a provider's client sends from a page has a preflight: JSON, or a key. A
    service worker would answer in this server's name: no page may make one of what is stored here.
    """
    headers = Headers(scope=scope)
    if "service-worker" in headers:
        return "a service worker"
    if scope["type"] == "http" and (scope["method"] != "POST" or "authorization" in headers or is_no_form(headers)):
        return ""
    page, _ = strange_page(headers, ours)
    return page


class PageRefusal:
    """Answers *page*, in words, which may not send what it did."""

    def __init__(self, page: str) -> None:
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        text = f"vidmock: {self._page} may not do this unasked; --tls-host NAME lets the pages of that host.\n"
        if scope["type"] == "websocket":
            await WebSocketClose(1008, text.strip())(scope, receive, send)
            return
        await PlainTextResponse(text, 403)(scope, receive, send)


def _parts(url: str) -> SplitResult | None:
    """The parts of the URL of a page; ``None`` where it is none of the web, or does not say."""
    try:
        parts = urlsplit(url)
        return parts if parts.scheme in _PORTS and parts.hostname and parts.port != 0 else None
    except ValueError:
        return None
