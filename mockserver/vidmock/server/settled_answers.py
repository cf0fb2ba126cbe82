"""Answers and webhooks that leave once what they promise is kept, where the state outlives the process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol, runtime_checkable

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vidmock.engine.service.webhook_sender import Post
from vidmock.engine.webhooks.delivery import Message as WebhookMessage
from vidmock.engine.webhooks.delivery import ReceiverAnswer
from vidmock.engine.world.world import World
from vidmock.providers.exchange.broken import break_connection
from vidmock.server.last_catch import DEFECT_CODE
from vidmock.state.store import StateLost

_UNDONE: Final = "something was undone meanwhile that could not be kept, and this answer may be about it: ask again"
_AGAIN_SECONDS: Final = 0.25
"""Real seconds until it is looked again whether a webhook may leave."""


_WITHHELD: Final = ReceiverAnswer(None, withheld=True)


class Settling(Protocol):
    """Keeps what changes."""

    undone: int
    """How often changes were undone, for they could not be kept."""

    def check_read(self) -> None:
        """Raise StateLost while what is kept is to be read again."""

    @property
    def sure(self) -> bool:
        """Whether what is kept here certainly still is this server's."""

    async def settled(self) -> None:
        """Wait until all that has changed by now is kept. Raises StateLost: it cannot be, and is undone."""

    async def certain(self) -> None:
        """Wait as :meth:`settled`, and be sure that what is kept is this server's. Raises StateLost: it is not."""


class SettledAnswers:
    """ASGI middleware: no part of an answer of *app* leaves before what has changed by then is kept by *keeper*.

    Where that cannot be kept, the answer is a 503 instead, or the connection ends. So do the others that were asked for
    before what could not be kept was undone, and that are not over: they may tell of it.
    """

    def __init__(self, app: ASGIApp, keeper: Settling) -> None:
        self._app, self._keeper = app, keeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        undone, refused = self._keeper.undone, False
        try:
            self._keeper.check_read()
        except StateLost as lost:
            await _refuse(lost, {"type": "http.response.start"}, scope, receive, send)
            return

        async def settled(message: Message) -> None:
            nonlocal refused
            if refused:
                return
            try:
                await self._keeper.settled()
                if self._keeper.undone != undone:
                    raise StateLost(_UNDONE)
            except StateLost as lost:
                refused = True
                await _refuse(lost, message, scope, receive, send)
            else:
                await send(message)

        await self._app(scope, receive, settled)


async def _refuse(lost: StateLost, message: Message, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": DEFECT_CODE})
    elif message["type"] == "http.response.start":
        await PlainTextResponse(f"{lost}\n", 503)(scope, receive, send)
    else:
        await break_connection(scope, receive)


@runtime_checkable
class Withholding(Protocol):
    """A way to send messages that can be told until the last moment that one may not leave."""

    def while_it(self, may: Callable[[], bool]) -> Post:
        """Send as this does, but withhold a message that *may* not leave when there is a connection."""


def settled_post(post: Post, keeper: Settling, world: World) -> Post:
    """*post*, for messages about *world*: each leaves once it is kept, and while the world certainly is here.

    Else it is withheld, so that no attempt is counted that was never made.
    """

    def may() -> bool:
        return keeper.sure and not world.closed

    sends = post.while_it(may) if isinstance(post, Withholding) else post

    async def posting(message: WebhookMessage, timeout: float) -> ReceiverAnswer:
        try:
            await keeper.certain()
        except StateLost:
            await asyncio.sleep(_AGAIN_SECONDS)
            return _WITHHELD
        return await sends(message, timeout) if may() else _WITHHELD

    return posting
