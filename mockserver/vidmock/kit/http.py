"""Reads HTTP/1.1 requests, as far as a proxy and a webhook receiver on loopback need."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

HEAD_LIMIT = 2**20
"""Bytes of a request's first line and headers, at most."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request with its exact bytes in *head* and *body*; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    head: bytes
    body: bytes

    @property
    def key(self) -> str:
        """The API key in its headers, or the empty string."""
        return self.headers.get("x-api-key") or self.headers.get("authorization", "").rpartition(" ")[2]


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """The next request, ``None`` where the connection ends first. A body must have a Content-Length."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")[:-2]
        method, path, _ = first.split(" ", 2)
        pairs = (line.split(":", 1) for line in lines)
        headers = {name.strip().lower(): value.strip() for name, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return Request(method, path, headers, head, body)
