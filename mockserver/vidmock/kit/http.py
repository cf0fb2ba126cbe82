"""Reads HTTP/1.1 requests, as far as a webhook receiver on loopback needs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

HEAD_LIMIT = 2**20
"""Bytes of a request's first line and headers, at most."""


@dataclass(frozen=True, slots=True)
class Request:
    """The path that a request is for, and its body byte for byte."""

    path: str
    body: bytes


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """The next request, ``None`` where the connection ends first. A body must have a Content-Length."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")[:-2]
        _, path, _ = first.split(" ", 2)
        pairs = (line.split(":", 1) for line in lines)
        headers = {name.strip().lower(): value.strip() for name, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return Request(path, body)
