"""The last catch around an application: a defect of ours is printed once, and the client is told all the same."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vidmock.problems import Defect, report_defect
from vidmock.providers.exchange.broken import break_connection

DEFECT_CODE = 1011
"""With which a WebSocket is closed (RFC 6455: an unexpected condition)."""


class LastCatch:
    """ASGI middleware. What *app* raises is answered with what *refuse* makes of it, as long as nothing was sent.

    After that the connection is broken off, so that nobody takes for whole what came.
    """

    def __init__(self, app: ASGIApp, refuse: Callable[[Request, Defect], Response]) -> None:
        self._app, self._refuse = app, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except (ConnectionError, ClientDisconnect):
            # A fault has broken the connection, or the client has gone: neither is a defect.
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is printed and answered
            defect = report_defect(error)
            if scope["type"] == "websocket":
                with contextlib.suppress(RuntimeError):
                    await send({"type": "websocket.close", "code": DEFECT_CODE})
            elif begun:
                await break_connection(scope, receive)
            else:
                await self._refuse(Request(scope), defect)(scope, receive, send)
