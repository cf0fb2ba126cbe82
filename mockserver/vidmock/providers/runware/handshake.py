"""The handshake of a WebSocket, as far as a fault changes it: nobody is known yet, so it is nobody's call."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect

from vidmock.engine.world.world import World
from vidmock.problems import Problem
from vidmock.providers.exchange.broken import Hung, Unanswered
from vidmock.providers.exchange.call import Call
from vidmock.providers.runware.errors import render_problem

_ACCEPTED = 101
"""The status of a handshake that is accepted."""


async def shake_hands(socket: WebSocket, nobody: World, new_call: Callable[[Request, bytes], Call]) -> bool:
    """Let a fault of *nobody*'s strike the handshake; return whether it is still to be accepted."""
    call = new_call(request_of(socket), b"")
    call.perform("connect")
    usual = Response(status_code=_ACCEPTED)
    try:
        call.meet_in("connect", nobody)
    except Problem as problem:
        usual = render_problem(problem, call.context())
    if call.effect is None and usual.status_code == _ACCEPTED:
        return True
    answer = await call.suffer(usual)
    call.record(answer)
    if answer.status_code == _ACCEPTED:
        return True
    with contextlib.suppress(ConnectionError, WebSocketDisconnect, RuntimeError):
        await _refuse(socket, answer)
    return False


def request_of(socket: WebSocket) -> Request:
    """The request that stands for *socket* where a call needs one: its handshake, with a method of its own."""
    return Request({**socket.scope, "type": "http", "method": "WS"})


async def _refuse(socket: WebSocket, answer: Response) -> None:
    if not isinstance(answer, Unanswered):
        await socket.send_denial_response(answer)
        return
    if not isinstance(answer, Hung):
        await answer(socket.scope, _gone, _unsent)
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


async def _gone() -> Message:
    return {"type": "http.disconnect"}


async def _unsent(message: Message) -> None:
    pass
