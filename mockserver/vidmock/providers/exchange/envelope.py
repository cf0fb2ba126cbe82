"""The envelope around what a model takes and gives: fields that a provider adds, JSON answers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse

from vidmock.problems import BadRequest
from vidmock.providers.exchange.json_types import JSON_TYPES, json_type

_STATUSES = frozenset(HTTPStatus)


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
