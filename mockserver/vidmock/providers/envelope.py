"""The envelope around what a model takes and gives: credentials, fields that a provider adds, JSON answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from vidmock.problems import BadRequest
from vidmock.providers.kinds import KINDS, kind_of


def bearer(request: Request, *schemes: str) -> str | None:
    """The credentials of the Authorization header, without any of *schemes* (lower case) in front."""
    header = request.headers.get("authorization", "").strip()
    scheme, _, rest = header.partition(" ")
    if scheme.lower() in schemes:
        header = rest.strip()
    return header or None


def reply(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse(body, status, headers)


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
        raise BadRequest(f"'{name}' must be {KINDS[kind]}, not {kind_of(value)}", name)
    return value
