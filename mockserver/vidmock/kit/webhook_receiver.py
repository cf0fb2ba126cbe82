"""A webhook receiver that accepts and keeps every call: a check decides when and how often the client sees it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from vidmock.kit.http import HEAD_LIMIT, read_request

_ACCEPTED = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True, slots=True)
class ReceivedWebhook:
    """One webhook call, byte for byte."""

    body: bytes
    headers: Mapping[str, str]


class WebhookReceiver:
    """Runs in the event loop that opens it; other threads may wait for calls.

    Each path below its URL is a box of its own, so that several clients can share the receiver.
    """

    _server: asyncio.Server

    def __init__(self) -> None:
        self._boxes: defaultdict[str, SimpleQueue[ReceivedWebhook]] = defaultdict(SimpleQueue)

    async def open(self) -> str:
        """Start; returns the receiver's URL."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=HEAD_LIMIT)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        self._server.close()

    def take(self, box: str, seconds: float) -> ReceivedWebhook:
        """The next webhook in *box*, waiting for it for up to *seconds* real ones.

        Raises:
            AssertionError: none came: the client asked for no webhook, or for another address.
        """
        try:
            return self._boxes[box].get(timeout=seconds)
        except Empty:
            raise AssertionError(
                f"no webhook came within {seconds:g} s: the client must ask the provider for them at its webhook_url"
            ) from None

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await read_request(reader)
        if request is not None:
            box = request.path.partition("?")[0].strip("/")
            self._boxes[box].put(ReceivedWebhook(request.body, request.headers))
            writer.write(_ACCEPTED)
        writer.close()
