"""The checker's own webhook receiver: it answers as each box is planned to, and counts what arrives."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus

from vidmock.kit.http import HEAD_LIMIT, read_request


@dataclass(frozen=True, slots=True)
class ReceiverPlan:
    """The *statuses* with which the attempts of one message are answered in turn; the last one stays.

    0 is a connection that is closed without an answer. A *deaf* receiver is not there at all.
    """

    statuses: tuple[int, ...] = (200,)
    deaf: bool = False

    def attempts(self, most: int) -> int:
        """How many attempts of one message a sender makes that tries *most* times."""
        refusing = next((n for n, status in enumerate(self.statuses) if 200 <= status < 300), None)
        return most if refusing is None or self.deaf else min(most, refusing + 1)

    def __str__(self) -> str:
        return "by nobody" if self.deaf else ", ".join(map(str, self.statuses))


RECEIVERS = (
    *(ReceiverPlan() for _ in range(6)),
    ReceiverPlan((500, 200)),
    ReceiverPlan((503, 0, 200)),
    ReceiverPlan((404,)),
    ReceiverPlan(deaf=True),
)
"""Of which one is drawn for each webhook."""


@dataclass(frozen=True, slots=True)
class WebhookArrival:
    """A webhook as it came: its body, and the status that it was answered with."""

    body: bytes
    status: int


class WebhookBox:
    """What came to one address, which answers by *plan*."""

    def __init__(self, plan: ReceiverPlan) -> None:
        self.plan = plan
        self.arrivals: list[WebhookArrival] = []
        self._tried: Counter[bytes] = Counter()

    def receive(self, body: bytes) -> int:
        """Take a webhook; returns the status to answer with."""
        message = hashlib.sha256(body).digest()
        status = self.plan.statuses[min(self._tried[message], len(self.plan.statuses) - 1)]
        self._tried[message] += 1
        self.arrivals.append(WebhookArrival(body, status))
        return status

    def shorten(self, length: int) -> None:
        """Forget all that came after the first *length* webhooks, as if it had not been sent."""
        del self.arrivals[length:]
        self._tried = Counter(hashlib.sha256(one.body).digest() for one in self.arrivals)


class WebhookInbox:
    """Receives webhooks on a port of its own, each path a box. What comes to no box is accepted, and not kept."""

    def __init__(self) -> None:
        self._boxes: dict[str, WebhookBox] = {}
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=HEAD_LIMIT, backlog=1024)

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    def open_box(self, name: str, plan: ReceiverPlan) -> tuple[str, WebhookBox]:
        """A new box, and its URL."""
        assert self._server is not None
        self._boxes[f"/{name}"] = box = WebhookBox(plan)
        # The discard port: nobody listens there.
        port = 9 if plan.deaf else self._server.sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}/{name}", box

    def close_box(self, name: str) -> None:
        self._boxes.pop(f"/{name}", None)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await read_request(reader)
        if request is not None:
            box = self._boxes.get(request.path)
            status = box.receive(request.body) if box else 200
            if status:
                line = (
                    f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                )
                writer.write(line.encode())
        writer.close()
