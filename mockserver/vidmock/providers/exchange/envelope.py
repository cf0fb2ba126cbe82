"""The envelope of a request and its answer: how it came, credentials, body, fields that a provider adds, JSON."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from vidmock import strict_json
from vidmock.problems import BadJSON, BadRequest, TooLarge, WrongScheme

BODY_LIMIT = 100 * 2**20
"""Bytes read of any request: as many as Eachlabs takes of an upload, and no provider here takes more."""
JSON_TYPES: Mapping[type[Any], str] = {
    dict: "an object",
    list: "an array",
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    type(None): "null",
}
_STATE: Final = "vidmock"
"""The key of our own in the state of an ASGI scope."""
_STATUSES = frozenset(HTTPStatus)


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
    arrival: Arrival | None = scope.get("state", {}).get(_STATE)
    return arrival or Arrival()


def set_arrival(scope: MutableMapping[str, Any], arrival: Arrival) -> None:
    """Have :func:`arrival_of` give *arrival* for *scope*."""
    # A state of its own: the scope of a request that is sent on is made from that of the first.
    scope["state"] = {**scope.get("state", {}), _STATE: arrival}


def connection_state(transport: asyncio.Transport, port: Port) -> dict[str, Any]:
    """The ASGI state of all requests on one connection."""
    return {_STATE: Arrival(transport=transport, port=port)}


@dataclass(frozen=True, slots=True)
class Credential:
    """An API *key*, or what stands for it *until* then (seconds since the epoch, on the clock of the key's world)."""

    key: str
    until: float = math.inf

    @classmethod
    def of(cls, key: str | None) -> Credential | None:
        """*key* for good; ``None`` where there is none."""
        return cls(key) if key else None


def bearer(request: Request, *schemes: str) -> str | None:
    """The credentials of the Authorization header, under one of *schemes* (lower case); the empty one is for bare keys.

    Raises:
        WrongScheme: there are some, under another.
    """
    header = request.headers.get("authorization", "").strip()
    scheme, _, rest = header.partition(" ")
    if not header or scheme.lower() in schemes:
        return rest.strip() or None
    if "" in schemes and not rest:
        return header
    raise WrongScheme(scheme.lower() if rest else "", [f"{known.title()} <key>".strip() for known in schemes])


async def read_body(request: Request) -> bytes:
    """Raises TooLarge."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > BODY_LIMIT:
            raise TooLarge(BODY_LIMIT)
        chunks.append(chunk)
    return b"".join(chunks)


def parse_body(body: bytes, encoding: str) -> Any:
    """*body* as strict JSON; *encoding* is its Content-Encoding. Raises BadJSON."""
    try:
        return strict_json.loads(body)
    except BadJSON:
        if encoding == "identity":
            raise
        raise BadJSON(f"the body has Content-Encoding {encoding[:40]!r}; send it without") from None


def reply(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse(body, status, headers)


def retry_after(seconds: float | None) -> dict[str, str]:
    """The header that says after how many *seconds* to come again, where that is known: a whole number, at least 1."""
    return {} if seconds is None else {"retry-after": str(max(1, math.ceil(seconds)))}


def phrase(status: int) -> str:
    """The standard's words for *status*; none for one that it does not have."""
    return HTTPStatus(status).phrase if status in _STATUSES else ""


def expect(body: Mapping[str, Any], name: str, kind: type[Any], *, required: bool = True) -> Any:
    """Field *name* of an envelope, checked to be of *kind*; ``None`` where it may be absent and is.

    Raises:
        BadRequest: absent or of another type, naming the field and what was expected.
    """
    value = body.get(name)
    if value is None and not required:
        return None
    if name not in body:
        raise BadRequest(f"'{name}' is missing", name)
    if not isinstance(value, kind):
        raise BadRequest(f"'{name}' must be {JSON_TYPES[kind]}, not {json_type(value)}", name)
    return value


def json_type(value: object) -> str:
    """The JSON type of *value* with its article: ``an object``, ``null``."""
    return JSON_TYPES.get(type(value), type(value).__name__)
