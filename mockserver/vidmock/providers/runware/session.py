"""WebSocket sessions: the frames for one client, which outlive its socket until it connects again."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Protocol

from vidmock.engine.world.world import World
from vidmock.providers.exchange.receipt import Receipt

RESUME_SECONDS = 120.0
"""For how many seconds of the world's clock frames are kept for a client without a socket."""
AWAY_AT_MOST = 1_000
"""The most sessions without a socket that are kept; beyond that, the oldest of them is dropped."""
FRAMES_WAITING = 256
"""The number of waiting frames from which on no more of the client's tasks are read."""


@dataclass(frozen=True, slots=True)
class SocketFrame:
    """The *text* of a frame, its receipt, and when it was ready: seconds since the epoch on the world's clock."""

    at: float
    text: str
    receipt: Receipt


class Holder(Protocol):
    """The socket that sends a session's frames."""

    def end(self) -> None: ...


class Session:
    """The frames for one client, oldest first, which *holder* sends; ``None`` while the client has no socket."""

    def __init__(self, world: World, session_id: str = "", holder: Holder | None = None) -> None:
        self.world = world
        self.id = session_id
        self.holder = holder
        self.left_at = 0.0
        self._frames: deque[SocketFrame] = deque()
        self._changed = asyncio.Event()

    def put(self, text: str, receipt: Receipt, *, first: bool = False) -> None:
        """Add a frame of *text*, at the end or as the *first* to be sent; *receipt* says what it tells."""
        frame = SocketFrame(self.world.clock.now(), text, receipt)
        if first:
            self._frames.appendleft(frame)
        else:
            self._frames.append(frame)
        self._changed.set()

    @property
    def waiting(self) -> bool:
        """Whether there are frames to be sent."""
        return bool(self._frames)

    async def take(self, holder: Holder) -> SocketFrame | None:
        """Wait for the oldest frame and take it; ``None`` if *holder* no longer holds the session."""
        while self.holder is holder:
            if self._frames:
                self._changed.set()
                return self._frames.popleft()
            await self._change()
        return None

    def put_back(self, frame: SocketFrame) -> None:
        """Keep *frame*, which could not be sent, as the first."""
        self._frames.appendleft(frame)

    async def room(self, holder: Holder) -> None:
        """Wait until fewer than ``FRAMES_WAITING`` frames wait, or *holder* no longer holds the session."""
        while self.holder is holder and len(self._frames) >= FRAMES_WAITING:
            await self._change()

    def pass_to(self, holder: Holder | None) -> None:
        """Let *holder* send the frames from now on."""
        self.holder = holder
        self._changed.set()

    def leave(self) -> None:
        """Note that the client has no socket from now on."""
        self.pass_to(None)
        self.left_at = self.world.clock.now()

    def inherit(self, other: Session) -> None:
        """Take over the frames of *other*, to be sent before those that are here."""
        self._frames.extendleft(reversed(other._frames))
        other._frames.clear()

    def forget_old(self, now: float) -> None:
        """Drop the frames that are older than ``RESUME_SECONDS``."""
        oldest = now - RESUME_SECONDS
        while self._frames and self._frames[0].at < oldest:
            self._frames.popleft()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()


class Sessions:
    """The sessions of a server by id, with a socket or, for ``RESUME_SECONDS``, without one."""

    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}
        self._away: OrderedDict[str, Session] = OrderedDict()

    def begin(self, session: Session) -> Session:
        """Add *session* and return it."""
        self._sessions[session.id] = session
        return session

    def resume(self, session_id: str, world: World, holder: Holder, now: float) -> Session | None:
        """Pass the session of that id to *holder* and end the socket that held it.

        ``None`` if it is not known, has expired, or is of another world.
        """
        session = self._sessions.get(session_id)
        if session is None or session.world is not world:
            return None
        if self._away.pop(session_id, None) and now - session.left_at > RESUME_SECONDS:
            del self._sessions[session_id]
            return None
        session.forget_old(now)
        former = session.holder
        session.pass_to(holder)
        if former is not None and former is not holder:
            former.end()
        return session

    def leave(self, session: Session, holder: Holder) -> None:
        """Note that the socket of *session*, *holder*, is closed; ignored if another socket holds it by now."""
        if session.holder is not holder:
            return
        session.leave()
        if session.id:
            self._away[session.id] = session
        while len(self._away) > AWAY_AT_MOST:
            del self._sessions[self._away.popitem(last=False)[0]]
