"""Changes to how uvicorn writes one answer: it knows neither those that have a date, nor HTTP/1.0."""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle


def keep_date(cycle: RequestResponseCycle) -> None:
    """Have *cycle* add no header that an answer has already."""
    send = cycle.send

    async def send_once(message: Any) -> None:
        if message["type"] == "http.response.start":
            given = {name.lower() for name, _ in message.get("headers", ())}
            cycle.default_headers = [header for header in cycle.default_headers if header[0] not in given]
        await send(message)

    cycle.send = send_once  # type: ignore[method-assign]  # uvicorn adds its own to any


def send_unchunked(cycle: RequestResponseCycle) -> None:
    """Have *cycle* end an answer of unknown length with the connection: HTTP/1.0 has no chunks."""
    send = cycle.send
    is_open = False

    async def send_plainly(message: Any) -> None:
        nonlocal is_open
        if message["type"] == "http.response.start":
            is_open = all(name.lower() != b"content-length" for name, _ in message.get("headers", ()))
            cycle.chunked_encoding = False if is_open else None
        elif is_open:
            cycle.expected_content_length = len(message.get("body", b""))
        await send(message)

    cycle.send = send_plainly  # type: ignore[method-assign]  # uvicorn chunks whatever has no length
