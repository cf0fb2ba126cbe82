"""One of several replicas: a request is answered where its world is, and taken there if that is elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from functools import partial
from secrets import compare_digest
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vidmock.providers.exchange.broken import break_connection
from vidmock.providers.exchange.call import Call
from vidmock.server.app import App
from vidmock.server.forwarding import ADOPT, GIVE, MARK, Forwarder, NotAnswered, Unreachable
from vidmock.server.gathering import Gathering
from vidmock.server.last_catch import DEFECT_CODE
from vidmock.server.request_start import RequestStart
from vidmock.server.world_of_request import world_keys
from vidmock.state.shared_keeper import SharedKeeper
from vidmock.state.store import SharedStore, StateLost

_AGAIN_SECONDS: Final = 0.1
"""Real seconds between tries to reach a replica that does not answer, until it does or its lease is over."""
_TRIES: Final = 200
"""After so many tries to find the replica that has a world, its client is told 503."""
_ELSEWHERE: Final = 421
"""With which a replica says to another one that it has not the world either (RFC 9110: misdirected request)."""


async def join_replicas(
    app: App, store: SharedStore, address: str, notice: Callable[[str], None], stack: AsyncExitStack
) -> SharedKeeper:
    """Have *app* be the replica at *address* of those that share *store*, until *stack* is closed; its keeper.

    Raises:
        StateLost: the store cannot be reached.
    """
    keeper = await stack.enter_async_context(SharedKeeper(app.engine, store, address, notice))
    app.keep_by(keeper)
    if not await asyncio.to_thread(lambda: store.keeps):
        right = "appendonly yes, appendfsync always"
        notice(f"{store.where} has all worlds in memory alone. To keep them: {right}")
    forwarder = await stack.enter_async_context(Forwarder(keeper.secret))
    app.wrap(lambda inner: Replica(app, inner, keeper, forwarder))
    return keeper


class Replica:
    """ASGI middleware around *inner*, the whole of *app*: requests about worlds that *keeper* has not go elsewhere."""

    def __init__(self, app: App, inner: ASGIApp, keeper: SharedKeeper, forwarder: Forwarder) -> None:
        self._app, self._inner, self._keeper, self._forwarder = app, inner, keeper, forwarder
        self._gathering = Gathering(inner, keeper, forwarder)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        said = self._said(scope)
        if said and GIVE in said:
            await self._give(said[GIVE], scope, receive, send)
            return
        if said and ADOPT in said:
            await self._adopt(scope, receive, send)
            return
        start = RequestStart(scope, receive, send)
        try:
            keys = await world_keys(self._app, self._keeper, scope, start)
            only = await self._gathering.answer(start) if self._is_of_all(scope, keys, said) else ""
            if only is None:
                return
            for _ in range(_TRIES):
                try:
                    owner = only or await self._owner(keys)
                    if not owner:
                        start.again()
                        if await self._answer(dict(scope), start, keys):
                            return
                        continue
                    if said and scope["type"] == "http":
                        await PlainTextResponse("the world is at another replica\n", _ELSEWHERE)(scope, receive, send)
                        return
                    self._app.engine.worlds.replica.send_on("websocket" if scope["type"] == "websocket" else "http")
                    if await self._forwarder.forward(owner, start, partial(self._lives, owner, keys)):
                        return
                except Unreachable:
                    # It has ended, and its lease soon will; nothing has reached it.
                    pass
                except NotAnswered:
                    if not start.harmless:
                        # It may have done what was asked: its client learns no more than of a server that ends.
                        await break_connection(scope, receive)
                        return
                await asyncio.sleep(_AGAIN_SECONDS)
            raise StateLost("the replica that has this key's world does not answer")
        except StateLost as lost:
            await self._refuse(lost, scope, start.receive, start.send)

    def _said(self, scope: Scope) -> Mapping[str, Any] | None:
        """What another replica says that has sent *scope* here, which is then as it was there; else ``None``."""
        mark = next((value for name, value in scope["headers"] if name == MARK), None)
        if mark is None:
            return None
        scope["headers"] = [pair for pair in scope["headers"] if pair[0] != MARK]
        secret, _, rest = mark.decode("latin-1").partition(" ")
        if not compare_digest(secret.encode(), self._keeper.secret.encode()):
            return None
        said: Mapping[str, Any] = json.loads(rest)
        if "client" in said:
            scope.update(client=said["client"] and tuple(said["client"]), server=tuple(said["server"]))
            scope["scheme"] = said["scheme"]
        return said

    async def _give(self, key: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Let another replica have the world of *key*."""
        given = ""
        with contextlib.suppress(StateLost):
            given = await self._keeper.give(key)
        await PlainTextResponse(given, 200 if given else _ELSEWHERE)(scope, receive, send)

    async def _adopt(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the worlds here that another replica names, if nobody has them."""
        with contextlib.suppress(StateLost):
            for key in await Request(scope, receive).json():
                await self._keeper.hold(key)
        await Response(status_code=204)(scope, receive, send)

    def _is_of_all(self, scope: Scope, keys: tuple[str, ...], said: Mapping[str, Any] | None) -> bool:
        return not keys and said is None and scope["type"] == "http" and self._app.addressed(scope).control

    async def _owner(self, keys: tuple[str, ...]) -> str:
        """The address of another replica that has the world of the first of *keys*; empty where all are here.

        Raises:
            StateLost: the store cannot be reached.
            Unreachable: one of the others is at a replica that does not answer.
        """
        for key in keys:
            owner = await self._keeper.hold(key)
            if owner and key == keys[0]:
                return owner
            if owner and await self._keeper.hold(key, await self._forwarder.ask_for(owner, key)):
                raise Unreachable
        return ""

    async def _lives(self, owner: str, keys: tuple[str, ...]) -> bool:
        """Whether the first of *keys* still is at *owner*; of no key, whether there still is one."""
        return await self._keeper.hold(keys[0]) == owner if keys else owner in await self._keeper.others()

    async def _answer(self, scope: Scope, start: RequestStart, keys: tuple[str, ...]) -> bool:
        """Answer here; nothing of it leaves once the world may be another replica's.

        Returns whether its client was told something: what changes nothing may be asked for again, there.
        """
        before = self._losses(keys)
        refused = promises_nothing = moved = False

        async def certain(message: Message) -> None:
            nonlocal refused, promises_nothing, moved
            if refused:
                return
            begins = message["type"] == "http.response.start"
            if begins:
                promises_nothing = message["status"] >= 500
            try:
                if keys and not promises_nothing:
                    await self._keeper.confirm()
                if self._losses(keys) != before:
                    moved = begins and start.harmless
                    raise StateLost(
                        "this key's world was dropped here meanwhile: nothing is kept that was not answered"
                    )
            except StateLost as lost:
                refused = True
                if moved:
                    return
                if begins:
                    await self._refuse(lost, start.scope, start.receive, start.send)
                elif scope["type"] == "websocket":
                    await start.send({"type": "websocket.close", "code": DEFECT_CODE})
                else:
                    await break_connection(scope, start.receive)
            else:
                await start.send(message)

        await self._inner(scope, start.receive, certain)
        return not moved

    def _losses(self, keys: tuple[str, ...]) -> list[int]:
        return [self._keeper.losses[key] for key in keys if key in self._keeper.losses]

    async def _refuse(self, lost: StateLost, scope: Scope, receive: Receive, send: Send) -> None:
        """Say *lost* as the provider says that it has no capacity."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": DEFECT_CODE})
            return
        at = self._app.addressed(scope)
        answer: Response = PlainTextResponse(f"{lost}\n", 503)
        if at.dialect and at.surface:
            call = Call(Request(scope), at.dialect)
            answer = (at.surface.render or at.dialect.render)(lost, call.context())
        await answer(scope, receive, send)
