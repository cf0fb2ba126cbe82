"""The body of a request: bytes up to a limit, and the strict JSON in them."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from vidmock import strict_json
from vidmock.problems import BadJSON, TooLarge

BODY_LIMIT = 100 * 2**20
"""Bytes read of any request: as many as Eachlabs takes of an upload, and no provider here takes more."""


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
