"""The start of a request, which is looked at before it is known who answers it, and can be had again."""

from __future__ import annotations

from collections import deque
from typing import Final

from starlette.types import Message, Receive, Scope, Send

HELD_BODY: Final = 2**20
"""Bytes of a body that are held, to be looked at or sent again; what is longer goes on as it comes."""


class RequestStart:
    """What came first of the request of *scope*: its whole body, if that is not long, or a WebSocket's first message.

    ``receive`` and ``send`` are as those given, for an application that has seen nothing yet.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self._receive, self._send = receive, send
        self._messages: list[Message] = []
        self._left: deque[Message] | None = None
        self._held = 0
        self._accepted = self._passed_on = False

    @property
    def harmless(self) -> bool:
        """Whether it changes nothing and is here as a whole, so that it may be sent twice."""
        return self.scope.get("method") in ("GET", "HEAD", "OPTIONS") and not self._passed_on

    async def body(self) -> bytes | None:
        """The whole body; ``None`` where it is longer than ``HELD_BODY``, or its client has gone."""
        while not self._over:
            if self._held > HELD_BODY:
                return None
            self._hold(await self._receive())
        whole = all(message["type"] == "http.request" for message in self._messages)
        return b"".join(message.get("body", b"") for message in self._messages) if whole else None

    async def first_frame(self) -> str | bytes | None:
        """What the client of a WebSocket says first, once its connection is accepted; ``None`` where it has gone."""
        if not self._messages:
            self._messages.append(await self._receive())
            self._accepted = True
            await self._send({"type": "websocket.accept"})
            self._messages.append(await self._receive())
        said = self._messages[-1]
        frame: str | bytes | None = said.get("text") or said.get("bytes")
        return frame

    def _hold(self, message: Message) -> None:
        self._messages.append(message)
        self._held += len(message.get("body", b""))

    @property
    def _over(self) -> bool:
        return bool(self._messages) and not self._messages[-1].get("more_body", False)

    async def receive(self) -> Message:
        """The next message, from the first on."""
        if self._left is None:
            self._left = deque(self._messages)
        if self._left:
            return self._left.popleft()
        message = await self._receive()
        # Whoever takes it here may not be who answers it in the end.
        if self.harmless and not self._over:
            if self._held > HELD_BODY:
                self._passed_on = True
            else:
                self._hold(message)
        return message

    def again(self) -> None:
        """Have :meth:`receive` begin with the first message again."""
        self._left = None

    async def send(self, message: Message) -> None:
        """Send *message*; a WebSocket that is accepted already is not accepted again."""
        if not (self._accepted and message["type"] == "websocket.accept"):
            await self._send(message)
