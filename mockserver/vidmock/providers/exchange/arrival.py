"""How a request came to us: what the server tells the application of it, beside what ASGI does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from starlette.types import ASGIApp

_KEY: Final = "vidmock"


class Port(Protocol):
    """Where connections come in: the server's listener."""

    def shut(self, over: asyncio.Event, at_most: float) -> None:
        """Refuse all new connections until *over* is set, and for no longer than *at_most* real seconds."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """*origin* is how the client addressed us, for :meth:`Surface.url`; *app* is the whole application.

    *transport* is the connection and *port* where it came in, which faults break; both are ``None`` in process.
    *refused* is told of hosts that were asked for and are not emulated.
    """

    origin: str = ""
    app: ASGIApp | None = None
    transport: asyncio.Transport | None = None
    port: Port | None = None
    refused: Callable[[str], None] = lambda host: None


def arrival_of(scope: MutableMapping[str, Any]) -> Arrival:
    """What is known of the request of *scope*, an empty one where nothing is."""
    arrival: Arrival | None = scope.get("state", {}).get(_KEY)
    return arrival or Arrival()


def set_arrival(scope: MutableMapping[str, Any], arrival: Arrival) -> None:
    """Have :func:`arrival_of` give *arrival* for *scope*."""
    # A state of its own: the scope of a request that is sent on is made from that of the first.
    scope["state"] = {**scope.get("state", {}), _KEY: arrival}


def connection_state(transport: asyncio.Transport, port: Port) -> dict[str, Any]:
    """The ASGI state of all requests on one connection."""
    return {_KEY: Arrival(transport=transport, port=port)}
