"""WebSocket sessions: what a client is still owed outlives the socket that it was owed on."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from typing import Protocol

from vidmock.engine.world.world import World

RESUME_SECONDS = 120.0
"""How long frames are kept for a client that is away."""
AWAY_AT_MOST = 1_000
"""Sessions without a socket that are kept; the one that has been away longest goes first."""
FRAMES_WAITING = 256
"""Frames waiting for a slow reader at which no more of its tasks are taken up."""

SocketFrame = tuple[float, str]
"""When it was ready, and its text."""


class Holder(Protocol):
    """Whoever sends a session's frames: a socket."""

    def end(self) -> None: ...


class Session:
    """Frames on their way to one client, oldest first; *holder* sends them, if anybody does."""

    def __init__(self, world: World, session_id: str = "", holder: Holder | None = None) -> None:
        self.world = world
        self.id = session_id
        self.holder = holder
        self.left_at = 0.0
        self._frames: deque[SocketFrame] = deque()
        self._changed = asyncio.Event()

    def put(self, text: str, *, first: bool = False) -> None:
        frame = (self.world.clock.now(), text)
        if first:
            self._frames.appendleft(frame)
        else:
            self._frames.append(frame)
        self._changed.set()

    async def take(self, holder: Holder) -> SocketFrame | None:
        """The oldest frame, as soon as there is one; ``None`` once somebody else holds the session."""
        while self.holder is holder:
            if self._frames:
                self._changed.set()
                return self._frames.popleft()
            await self._change()
        return None

    def put_back(self, frame: SocketFrame) -> None:
        """Keep *frame*, which did not get through."""
        self._frames.appendleft(frame)

    async def room(self, holder: Holder) -> None:
        """Wait until there is room for more, or somebody else holds the session."""
        while self.holder is holder and len(self._frames) >= FRAMES_WAITING:
            await self._change()

    def pass_to(self, holder: Holder | None) -> None:
        self.holder = holder
        self._changed.set()

    def leave(self) -> None:
        """Have nobody send the frames for the time being."""
        self.pass_to(None)
        self.left_at = self.world.clock.now()

    def inherit(self, other: Session) -> None:
        """Take what *other* still held, in front of what is here."""
        self._frames.extendleft(reversed(other._frames))
        other._frames.clear()

    def forget_old(self, now: float) -> None:
        oldest = now - RESUME_SECONDS
        while self._frames and self._frames[0][0] < oldest:
            self._frames.popleft()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()


class Sessions:
    """All sessions of a server, by id: held by a socket, or away and not yet forgotten."""

    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}
        self._away: OrderedDict[str, Session] = OrderedDict()

    def begin(self, session: Session) -> Session:
        self._sessions[session.id] = session
        return session

    def resume(self, session_id: str, world: World, holder: Holder, now: float) -> Session | None:
        """The session of that id for *holder*, if it is of this key and not forgotten; a former holder is ended."""
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
        """*holder* sends no more of it; nothing happens where another has taken over."""
        if session.holder is not holder:
            return
        session.leave()
        if session.id:
            self._away[session.id] = session
        while len(self._away) > AWAY_AT_MOST:
            del self._sessions[self._away.popitem(last=False)[0]]
