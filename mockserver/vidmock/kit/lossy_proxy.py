"""A proxy in front of a mock that loses answers: the provider has done the work, and the client does not learn it."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum

from vidmock.kit.http import HEAD_LIMIT, Request, read_request
from vidmock.kit.wire import Wire

_PAGE = b"<html>\r\n<head><title>%s</title></head>\r\n<body><center><h1>%s</h1></center><hr>nginx</body>\r\n</html>\r\n"


class Loss(Enum):
    """What happens to an answer after the provider has sent it."""

    NONE = "the answer arrives"
    DROPPED = "the connection closes before the answer"
    CUT = "the connection closes in the middle of the answer"
    BAD_GATEWAY = "a gateway answers 502 with an HTML page instead"
    GATEWAY_TIMEOUT = "a gateway answers 504 with an HTML page instead"


_STATUS = {Loss.BAD_GATEWAY: b"502 Bad Gateway", Loss.GATEWAY_TIMEOUT: b"504 Gateway Time-out"}


@dataclass(slots=True)
class Script:
    """What happens to the answers for one API key: losses of the next submits and polls. *seen* are its requests."""

    submits: deque[Loss] = field(default_factory=deque)
    polls: deque[Loss] = field(default_factory=deque)
    seen: list[Request] = field(default_factory=list)


class LossyProxy:
    """A proxy for the mock at *upstream*, in the event loop that opens it. It closes a connection after one answer."""

    _server: asyncio.Server

    def __init__(self, wire: Wire, upstream: tuple[str, int]) -> None:
        self._wire = wire
        self._upstream = upstream
        self._scripts: defaultdict[str, Script] = defaultdict(Script)
        self._tasks: set[asyncio.Task[None]] = set()

    def script(self, key: str) -> Script:
        """The script for requests with *key*; it can be changed. Requests without a key always pass."""
        return self._scripts[key]

    async def open(self) -> str:
        """Start; returns the proxy's URL."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=HEAD_LIMIT)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            # A client that has closed its connection needs no answer.
            with suppress(ConnectionError):
                request = await read_request(reader)
                if request is not None:
                    loss = self._next_loss(request)
                    writer.write(_after_loss(await self._forward(request), loss))
                    await writer.drain()
        finally:
            writer.close()
            self._tasks.discard(task)

    def _next_loss(self, request: Request) -> Loss:
        if not request.key:
            return Loss.NONE
        script = self._scripts[request.key]
        script.seen.append(request)
        if self._wire.is_submission(request):
            return script.submits.popleft() if script.submits else Loss.NONE
        if self._wire.is_poll(request):
            return script.polls.popleft() if script.polls else Loss.NONE
        return Loss.NONE

    async def _forward(self, request: Request) -> bytes:
        """The mock's whole answer, as bytes. Host stays as the client sent it, so URLs in answers lead to the proxy."""
        reader, writer = await asyncio.open_connection(*self._upstream, limit=HEAD_LIMIT)
        try:
            kept = [line for line in request.head.split(b"\r\n")[:-2] if not line.lower().startswith(b"connection:")]
            writer.write(b"\r\n".join([*kept, b"Connection: close", b"", request.body]))
            return await reader.read()
        finally:
            writer.close()


def _after_loss(answer: bytes, loss: Loss) -> bytes:
    if status := _STATUS.get(loss):
        return _page(status)
    if loss is Loss.DROPPED:
        return b""
    if loss is Loss.CUT:
        body = answer.partition(b"\r\n\r\n")[2]
        return answer[: len(answer) - (len(body) + 1) // 2]
    return answer


def _page(status: bytes) -> bytes:
    page = _PAGE % (status, status)
    head = b"HTTP/1.1 %s\r\nContent-Type: text/html\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
    return head % (status, len(page)) + page
