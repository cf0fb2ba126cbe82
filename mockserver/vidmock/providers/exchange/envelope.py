"""The envelope of a request and its answer: origin and connection, credentials, body, fields beside the input, JSON."""

from __future__ import annotations

import asyncio
import json
import math
import uuid
from collections.abc import Callable, Collection, Mapping, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, NamedTuple, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message

from vidmock.engine.memory import Lease
from vidmock.problems import BadRequest, TooLarge, WrongScheme

BODY_LIMIT = 100 * 2**20
"""The most bytes of a request's body. It is Eachlabs' limit for an upload, the highest of any provider here."""
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
"""The key of the :class:`Arrival` in the state of an ASGI scope."""
_UUID_LENGTH: Final = 36
_STATUSES = frozenset(HTTPStatus)


Protect = Callable[[Message], Message]
"""Adds to the start of an answer, as an ASGI message, what a browser may do with it."""


class Port(Protocol):
    """The server's listener, as far as a fault changes it."""

    def shut(self, over: asyncio.Event, at_most: float) -> None:
        """Refuse all new connections until *over* is set, and for no longer than *at_most* real seconds."""

    def another(self) -> int:
        """The number of another port of this server."""


class Arrival(NamedTuple):
    """How a request reached this server: its *origin*, for :meth:`Surface.url`, and the whole application, *app*.

    Faults break the connection, *transport*, and the listener, *port*; both are ``None`` in process.
    *hosts* are the names that this server stands in for. *refused* is called with each requested host that it does not.
    *notice* is called with a line for whoever runs the server, *missing* with the provider and name of a model that is
    not here. *protect* is for those who write an answer themselves.
    """

    origin: str = ""
    app: ASGIApp | None = None
    transport: asyncio.Transport | None = None
    port: Port | None = None
    hosts: Collection[str] = ()
    refused: Callable[[str], None] = lambda host: None
    notice: Callable[[str], None] = lambda line: None
    protect: Protect = lambda message: message
    missing: Callable[[str], None] = lambda model: None


def arrival_of(scope: MutableMapping[str, Any]) -> Arrival:
    """The arrival that *scope* holds, or an empty one."""
    arrival: Arrival | None = scope.get("state", {}).get(_STATE)
    return arrival or Arrival()


def set_arrival(scope: MutableMapping[str, Any], arrival: Arrival) -> None:
    """Store *arrival* in *scope*, for :func:`arrival_of`."""
    # A new dict: the scope of a request that is passed on shares the state of the first.
    scope["state"] = {**scope.get("state", {}), _STATE: arrival}


def connection_state(transport: asyncio.Transport, port: Port) -> dict[str, Any]:
    """The ASGI state of all requests on one connection."""
    return {_STATE: Arrival(transport=transport, port=port)}


@dataclass(frozen=True, slots=True)
class Credential:
    """The API *key* of a request, valid *until* that moment (seconds since the epoch on the clock of the key's world).

    A short-lived token stands for its key; only a token expires.
    """

    key: str
    until: float = math.inf

    @classmethod
    def of(cls, key: str | None) -> Credential | None:
        """The credential of *key*, which does not expire; ``None`` if there is no key."""
        return cls(key) if key else None


def bearer(request: Request, *schemes: str) -> str | None:
    """The key in the Authorization header, or ``None``. *schemes* are in lower case; "" permits a key without a scheme.

    Raises:
        WrongScheme: the header has another scheme.
    """
    header = request.headers.get("authorization", "").strip()
    scheme, _, rest = header.partition(" ")
    if not header or scheme.lower() in schemes:
        return rest.strip() or None
    if "" in schemes and not rest:
        return header
    raise WrongScheme(scheme.lower() if rest else "", [f"{known.title()} <key>".strip() for known in schemes])


async def read_body(request: Request, room: Lease, most: int = BODY_LIMIT) -> bytes:
    """The whole body of *request*, which counts in *room* as it comes.

    Raises:
        TooLarge: it has more than *most* bytes.
        Unavailable: the bodies of all requests that are under way take too much memory.
    """
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        if chunk:
            size += len(chunk)
            if size > most:
                raise TooLarge(most)
            room.grow(len(chunk))
            chunks.append(chunk)
    return b"".join(chunks)


class _Answer(JSONResponse):
    _encode = staticmethod(json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode)
    """As Starlette has it, which would make an encoder for each answer."""

    def render(self, content: object) -> bytes:
        return self._encode(content).encode()


def reply(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return _Answer(body, status, headers)


def header_text(text: str, most: int = 300) -> str:
    """*text* as a header's value: printable ASCII, cut off after *most* characters."""
    return "".join(char if " " <= char <= "~" else "?" for char in text[:most])


def retry_after(seconds: float | None) -> dict[str, str]:
    """The Retry-After header for *seconds*, rounded up to a whole number of at least 1; no header for ``None``."""
    return {} if seconds is None else {"retry-after": str(max(1, math.ceil(seconds)))}


def phrase(status: int) -> str:
    """The reason phrase of *status* in RFC 9110; "" for a status without one."""
    return HTTPStatus(status).phrase if status in _STATUSES else ""


def expect(body: Mapping[str, Any], name: str, kind: type[Any], *, required: bool = True) -> Any:
    """Field *name* of *body*, which must be a *kind*; ``None`` if it is absent or null and not *required*.

    Raises:
        BadRequest: absent or of another type. The message has the field and the expected type.
    """
    value = body.get(name)
    if value is None and not required:
        return None
    if name not in body:
        raise BadRequest(f"'{name}' is missing", name, "missing")
    if not isinstance(value, kind):
        raise BadRequest(f"'{name}' must be {JSON_TYPES[kind]}, not {json_type(value)}", name)
    return value


def is_uuid(text: str) -> bool:
    """Whether *text* is a UUID with its hyphens, in small letters or capitals."""
    try:
        return len(text) == _UUID_LENGTH and str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def json_type(value: object) -> str:
    """The JSON type of *value* with its article: ``an object``, ``null``."""
    return JSON_TYPES.get(type(value), type(value).__name__)
