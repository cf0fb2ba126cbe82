"""Answers requests that are for no provider: with the providers' addresses, or that the host is not emulated.

Each host that is refused is passed to ``Arrival.refused``.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

from vidmock.interception.preload.vidmock_names import is_public_name
from vidmock.providers.exchange.envelope import arrival_of
from vidmock.server.egress import not_emulated_text
from vidmock.server.origin import hostname

_ADDRESSES = """\
  RunPod    /runpod/v2
  Runware   /runware/v1
  fal       /fal/queue and /fal/run
  Eachlabs  /eachlabs/v1
"""


async def not_emulated_app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request to this server, or to a host whose name leads here, that no provider has a route for."""
    if scope["type"] == "websocket":
        await WebSocketClose(1008, "vidmock serves no WebSocket here")(scope, receive, send)
        return
    host = hostname(scope)
    path = Request(scope).url.path
    if is_public_name(host) or _is_public_address(host):
        arrival_of(scope).refused(host)
        text = f"{host} is not emulated: nothing leaves this machine. vidmock serves no such host.\n"
        await PlainTextResponse(text, 421)(scope, receive, send)
        return
    text = f"vidmock serves nothing at {path}. The providers are at:\n{_ADDRESSES}"
    await PlainTextResponse(text, 200 if path == "/" else 404)(scope, receive, send)


class ProxyRefusal:
    """Answers a client that uses this server as an HTTP proxy to *host*, which is neither emulated nor this server."""

    def __init__(self, host: str, allowed: Collection[str]) -> None:
        self._host = host
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        host = self._host
        if host in self._allowed:
            text = f"{host} is allowed, but plain HTTP is not passed on: name it in NO_PROXY, or ask for https.\n"
        else:
            text = not_emulated_text(host)
        arrival_of(scope).refused(host)
        await PlainTextResponse(text, 421)(scope, receive, send)


def _is_public_address(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return False
