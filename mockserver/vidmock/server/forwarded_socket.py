"""A WebSocket whose world is at another replica: every message goes there, and comes back from there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.types import Scope
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from vidmock.server.request_start import RequestStart

_LOST = 1012
"""With which the client's socket is closed where the other replica has ended (IANA: service restart)."""
_OWN = frozenset(
    {
        b"host",
        b"connection",
        b"upgrade",
        b"sec-websocket-key",
        b"sec-websocket-version",
        b"sec-websocket-extensions",
        b"content-length",
    }
)


async def forward_socket(owner: str, start: RequestStart, headers: Mapping[str, str]) -> None:
    """Join the client's WebSocket and one to the replica at *owner* until one of them ends."""
    start.again()
    scope = start.scope
    await start.receive()
    await start.send({"type": "websocket.accept"})
    sent = [(name.decode(), value.decode("latin-1")) for name, value in scope["headers"] if name not in _OWN]
    try:
        async with connect(
            _url(owner, scope), additional_headers=[*sent, *headers.items()], max_size=None, proxy=None
        ) as there:
            ways = [asyncio.ensure_future(_to(there, start)), asyncio.ensure_future(_back(there, start))]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
    except (OSError, InvalidHandshake, TimeoutError):
        await start.send({"type": "websocket.close", "code": _LOST})


def _url(owner: str, scope: Scope) -> str:
    query = scope["query_string"].decode("latin-1")
    return f"ws{owner.removeprefix('http')}{scope['path']}{'?' if query else ''}{query}"


async def _to(there: ClientConnection, start: RequestStart) -> None:
    """What the client says, to the other replica."""
    while (message := await start.receive())["type"] == "websocket.receive":
        text = message.get("text")
        await there.send(text if text is not None else message["bytes"])
    await there.close(message.get("code") or 1000)


async def _back(there: ClientConnection, start: RequestStart) -> None:
    """What the other replica says, to the client."""
    try:
        while True:
            said = await there.recv()
            told: dict[str, Any] = {"text": said} if isinstance(said, str) else {"bytes": said}
            await start.send({"type": "websocket.send", **told})
    except ConnectionClosed:
        code = there.close_code or _LOST
        await start.send({"type": "websocket.close", "code": _LOST if code in (1005, 1006) else code})
