"""Runware's WebSocket: a client sends arrays of tasks, and gets a frame for each task's items or errors."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect

from vidmock.engine.faults.rules import Struck
from vidmock.engine.time.clock import Timer
from vidmock.engine.webhooks.delivery import json_body
from vidmock.engine.world.world import World
from vidmock.problems import Coded, Problem, Unauthorized, report_defect
from vidmock.providers.exchange.beside import beside
from vidmock.providers.exchange.broken import Hung, Truncated, Unanswered
from vidmock.providers.exchange.call import Call
from vidmock.providers.exchange.envelope import arrival_of, reply
from vidmock.providers.exchange.faulty_frames import Closed, Repeated, Silent
from vidmock.providers.exchange.written import is_open
from vidmock.providers.runware import behaviours
from vidmock.providers.runware.errors import render_task
from vidmock.providers.runware.handshake import request_of
from vidmock.providers.runware.request import TaskAnswer, in_turns, tasks_of
from vidmock.providers.runware.session import Session, Sessions
from vidmock.providers.runware.tasks import Tasks, is_authentication

FRAME_LIMIT = 2**20
"""The most bytes of an answer's frame: Runware's own client closes the socket on a larger one."""
IDLE_CODE, REFUSED_CODE, REPLACED_CODE = 1001, 1008, 1001


class Socket:
    """One connection. It is in the world *nobody* until its client authenticates; *new_call* makes a call of a task."""

    def __init__(
        self,
        socket: WebSocket,
        tasks: Tasks,
        sessions: Sessions,
        nobody: World,
        new_call: Callable[[Request, bytes], Call],
    ) -> None:
        self._socket = socket
        self._tasks = tasks
        self._sessions = sessions
        self._new_call = new_call
        # Journal, faults and URLs need a request for each call: the handshake stands for it.
        self._request = request_of(socket)
        self._key: str | None = None
        self._session = Session(nobody, holder=self)
        self._heard = nobody.clock.now()
        self._idle: Timer | None = None
        self._over: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()
        self._silent = self._refused = False
        self._held_back: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Accept the connection, and answer its tasks until it ends."""
        await self._socket.accept()
        self._watch()
        work = [asyncio.ensure_future(self._read()), asyncio.ensure_future(self._write())]
        ways_to_end: list[asyncio.Future[Any]] = [*work, self._over]
        try:
            await asyncio.wait(ways_to_end, return_when=asyncio.FIRST_COMPLETED)
            if self._over.done():
                with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                    await self._socket.close(*self._over.result())
        except asyncio.CancelledError:
            for task in self._held_back:
                task.cancel()
            raise
        finally:
            if self._idle:
                self._idle.cancel()
            for task in work:
                task.cancel()
            ended = await asyncio.gather(*work, return_exceptions=True)
            self._sessions.leave(self._session, self)
        for error in ended:
            if isinstance(error, Exception):
                raise error

    def end(self, code: int = REPLACED_CODE, reason: str = "") -> None:
        """Close the connection with *code* and *reason*."""
        if not self._over.done():
            self._over.set_result((code, reason))

    async def _read(self) -> None:
        while (message := await self._socket.receive())["type"] == "websocket.receive":
            self._heard = self._session.world.clock.now()
            text = message.get("text")
            body = message.get("bytes") or b"" if text is None else text.encode()
            try:
                await self._batch(body)
            except Exception as error:  # noqa: BLE001 - a defect of this server is printed, and answered in the dialect
                self._fail(self._call(body), error)

    async def _write(self) -> None:
        """Send the frames of the session; which session that is changes with authentication."""
        while self._session.holder is self:
            session = self._session
            frame = await session.take(self)
            if frame is None:
                continue
            if self._silent:
                session.put_back(frame)
                await self._over
                return
            if not is_open(arrival_of(self._socket.scope).transport):
                session.put_back(frame)
                return
            try:
                await self._socket.send_text(frame.text)
            except (WebSocketDisconnect, RuntimeError):
                session.put_back(frame)
                return
            except asyncio.CancelledError:
                session.put_back(frame)
                raise
            frame.receipt.settle()
            if self._refused and not session.waiting:
                self.end(REFUSED_CODE)

    async def _batch(self, body: bytes) -> None:
        call = self._call(body)
        await call.read(body)
        try:
            batch = tasks_of(call.json(), "A message")
        except Problem as problem:
            self._enter(call)
            self._answer(call, render_task(problem, call.context()))
            return
        if not batch:
            self._enter(call)
            self._answer(call, TaskAnswer())
        tasks = [task for task in batch if not is_authentication(task)]
        bodies = [body] if len(batch) == 1 else await beside(len(body), lambda: [json_body([task]) for task in batch])
        async for task, own_body in in_turns([*zip(batch, bodies, strict=True)]):
            own = call if len(batch) == 1 else self._call(own_body)
            try:
                if is_authentication(task):
                    self._authenticate(own, task)
                else:
                    await self._work(own, task, tasks)
            except Exception as error:  # noqa: BLE001 - a defect of this server is printed, and answered in the dialect
                self._fail(own, error, task)
            # While a client does not read its frames, its tasks wait: frames must not pile up.
            await self._session.room(self)

    def _call(self, body: bytes) -> Call:
        return self._new_call(self._request, body)

    def _enter(self, call: Call) -> None:
        """Let *call* enter the client's world, if it has authenticated, also for a message without a valid task."""
        if self._key:
            try:
                call.enter(self._key)
            except Struck as struck:
                call.meet(struck.effect)

    def _authenticate(self, call: Call, task: Mapping[str, Any]) -> None:
        """Check the key of *task*, and resume the client's session or begin one."""
        key, wanted = task.get("apiKey"), task.get("connectionSessionUUID")
        try:
            call.enter(key if isinstance(key, str) else None)
        except Struck as struck:
            call.meet(struck.effect)
            self._answer(call, TaskAnswer())
            return
        except Unauthorized as problem:
            self._answer(call, render_task(problem, call.context()))
            if self._session.world.choice(behaviours.REFUSED_SOCKET) == "closed":
                self._refused = True
            return
        call.perform("authenticate")
        try:
            call.meet_in("session", call.world)
        except Problem as problem:
            self._answer(call, render_task(problem, call.context()))
            return
        world, before = call.world, self._session
        session = self._sessions.resume(wanted, world, self, call.now) if isinstance(wanted, str) else None
        if session is None:
            session = self._sessions.begin(Session(world, call.label, self))
        if session is not before:
            session.inherit(before)
            self._sessions.leave(before, self)
        self._key, self._session, self._heard = key, session, call.now
        self._watch()
        item = {"taskType": "authentication", "connectionSessionUUID": session.id}
        self._answer(call, TaskAnswer((item,)), first=True)

    async def _work(self, call: Call, task: object, batch: list[object]) -> None:
        try:
            call.enter(self._key)
            outcome = await self._tasks.work(call, task, batch)
        except Struck as struck:
            call.meet(struck.effect)
            outcome = TaskAnswer()
        except Unauthorized as problem:
            outcome = render_task(problem, call.context(task))
        self._answer(call, outcome)

    def _fail(self, call: Call, error: Exception, task: object = None) -> None:
        """Print *error*, a defect of this server, and answer *call* with it; a fault that struck is dropped."""
        call.meet(None)
        self._answer(call, render_task(report_defect(error), call.context(task)))

    def _answer(self, call: Call, outcome: TaskAnswer, *, first: bool = False) -> None:
        """Send items and errors in separate frames: clients that find errors in a frame ignore its items."""
        if outcome.data or not outcome.errors:
            self._send(call, {"data": outcome.data}, outcome.status, first=first)
        if outcome.errors:
            self._send(call, {"errors": outcome.errors}, outcome.status, first=first)

    def _send(self, call: Call, body: Mapping[str, Any], status: int, *, first: bool) -> None:
        response: Response = reply(body, status)
        if len(response.body) > FRAME_LIMIT:
            about = call.context(next(iter(body.values()))[0])
            large = render_task(Coded("answer-too-large"), about)
            response = reply({"errors": large.errors}, large.status)
            call.receipt.withhold()
        if call.effect is None:
            call.record(response)
            self._session.put(bytes(response.body).decode(), call.receipt, first=first)
            return
        # In a task of its own: a fault may delay this answer, but not those of later tasks.
        task = asyncio.ensure_future(self._hold_back(call, response, self._session))
        self._held_back.add(task)
        task.add_done_callback(self._held_back.discard)

    async def _hold_back(self, call: Call, whole: Response, session: Session) -> None:
        try:
            await self._distort(call, whole, session)
        except Exception as error:  # noqa: BLE001 - a defect of this server is printed, and answered in the dialect
            self._fail(call, error)

    async def _distort(self, call: Call, whole: Response, session: Session) -> None:
        told = call.receipt.told_alike()
        response = await call.suffer(whole)
        call.record(response)
        if isinstance(response, Hung):
            return
        if isinstance(response, Silent):
            self._silent = True
            session.put(bytes(whole.body).decode(), told)
        elif isinstance(response, Closed) and response.seconds:
            session.put(bytes(whole.body).decode(), told)
            session.world.clock.after(response.seconds, lambda: self.end(response.code, response.reason))
        elif isinstance(response, Unanswered | Truncated):
            # What was not delivered is sent when the client resumes its session.
            self._sessions.leave(session, self)
            session.put(bytes(whole.body).decode(), told)
            if isinstance(response, Closed):
                self.end(response.code, response.reason)
                return
            with contextlib.suppress(ConnectionError):
                await response(self._socket.scope, _gone, _unsent)
            self.end()
        else:
            for _ in range(response.times if isinstance(response, Repeated) else 1):
                session.put(bytes(response.body).decode(errors="replace"), call.receipt)

    def _watch(self) -> None:
        """End the connection when the client has sent nothing for as long as the behaviour ``runware.idle`` says.

        The time is on the world's clock, but on a scaled one it is real time, because clients ping in real time.
        """
        if self._idle:
            self._idle.cancel()
        world = self._session.world
        allowed = world.choice(behaviours.IDLE)
        if allowed == "never":
            return
        silence = float(allowed) * world.clock.mode.factor

        def look() -> None:
            if world.clock.now() >= self._heard + silence:
                self.end(IDLE_CODE)
            else:
                self._idle = world.clock.at(self._heard + silence, look)

        self._idle = world.clock.at(self._heard + silence, look)


async def _gone() -> Message:
    return {"type": "http.disconnect"}


async def _unsent(message: Message) -> None:
    pass
