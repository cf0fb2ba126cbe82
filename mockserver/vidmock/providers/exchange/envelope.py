"""The envelope around what a model takes and gives: credentials, fields that a provider adds, JSON answers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from vidmock.problems import BadRequest, WrongScheme
from vidmock.providers.exchange.json_types import JSON_TYPES, json_type

_STATUSES = frozenset(HTTPStatus)


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
