"""Lets a clock's time pass while everybody who could do something is asleep, and no further than the first of them.

Lives in the server's loop. A *nap* is a client's sleep, a *deadline* is the end of a client's patience, and a request
may be waiting for the clock as well. Time goes from one event to the next; after each, whoever it woke comes first.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, deque
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass, field

from vidmock.engine.time.clock import Timer
from vidmock.engine.time.clock_group import ClockGroup
from vidmock.problems import Problem, public

PAUSE = 0.001
"""Real seconds between two looks at whether anything goes on."""
SILENCE, LONG_SILENCE = 3, 40
"""Looks in a row without anything new until time goes on: to an event, and to a deadline with nobody asleep."""
EXACT, EXACT_ALL = 3, 30
"""Sleeps with nothing happening in between that last as long as they say, of one sleeper and of all together; the next
lasts until something happens. Some clients make a new task for each sleep."""
SLEEPS_AT_MOST = 5_000
"""Sleeps without anything happening after which a client is said to wait for ever."""


@public
class WaitingForEver(Problem):
    """A client keeps sleeping although nothing will happen any more."""

    def __init__(self, sleeps: int, why: str = "") -> None:
        super().__init__(
            f"the client has slept {sleeps} times and nothing happened: no job of this world will change any more. "
            f"{why or 'Does the client have a time limit?'}"
        )


@dataclass(eq=False)
class Nap:
    """*sleeper*, a thread or a task of the loop *owner*, sleeps *seconds*; *wake* ends it, with what is wrong if it is.

    *alone* says that nobody else in the owner is awake.
    """

    sleeper: Hashable
    owner: Hashable
    seconds: float
    wake: Callable[[Problem | None], None]
    alone: bool = True
    leaps: bool = True
    over: bool = field(default=False, init=False)
    timer: Timer | None = field(default=None, init=False)


@dataclass(eq=False)
class Deadline:
    """*expire* is called when *seconds* have passed, unless it was dropped before. *idle*: its owner only waits."""

    owner: Hashable
    seconds: float
    expire: Callable[[], None]
    idle: bool = False
    timer: Timer | None = field(default=None, init=False)


class Autojump:
    """*clocks* gives the clocks, *next_change* when a job next changes its state.

    *traffic* counts what goes to and fro, *astray* says where requests went instead.
    """

    def __init__(
        self,
        clocks: Callable[[], ClockGroup],
        next_change: Callable[[], float | None],
        traffic: Callable[[], int],
        astray: Callable[[], str],
    ) -> None:
        self._clocks, self._next_change, self._traffic, self._astray = clocks, next_change, traffic, astray
        self._naps: set[Nap] = set()
        self._deadlines: set[Deadline] = set()
        self._awake: set[Hashable] = set()
        self._noticed: deque[float] = deque()
        self._moments: set[float] = set()
        self._due: float | None = None
        self._uneventful = 0
        self._slept: Counter[Hashable] = Counter()
        self._stirs = 0
        self._stopped = False
        self._task: asyncio.Task[None] | None = None

    def stop(self) -> None:
        """Wake everybody."""
        self._stopped = True
        for nap in tuple(self._naps):
            self._wake(nap)
        for deadline in tuple(self._deadlines):
            self.drop(deadline)

    def notice(self, moment: float) -> None:
        """A client will do something else from *moment* on: no leap goes beyond. Called from any thread."""
        self._noticed.append(moment)

    def forget(self, owner: Hashable) -> None:
        """*owner* is not awake, whatever it was."""
        self._awake.discard(owner)

    def nap(self, nap: Nap) -> None:
        if self._stopped:
            nap.wake(None)
            return
        (self._awake.discard if nap.alone else self._awake.add)(nap.owner)
        clocks = self._clocks()
        now, event = clocks.now(), self._next_event(clocks)
        nothing_new = event == self._due and not self._passed(now)
        if not nothing_new:
            self._uneventful, self._slept = 0, Counter()
        self._uneventful += 1
        self._slept[nap.sleeper] += 1
        self._due = event
        if self._uneventful > SLEEPS_AT_MOST:
            nap.wake(WaitingForEver(self._uneventful, self._astray()))
            return
        until = now + nap.seconds
        if nap.leaps and (self._slept[nap.sleeper] > EXACT or self._uneventful > EXACT_ALL):
            until = max(until, self._leap(event))
        nap.timer = clocks.lead.at(until, lambda: self._wake(nap))
        self._naps.add(nap)
        self.run()

    def rise(self, nap: Nap) -> None:
        """End *nap*, whose owner knows of it."""
        nap.over = True
        if nap.timer:
            nap.timer.cancel()
        self._naps.discard(nap)
        self._stir(nap.owner)

    def hold(self, deadline: Deadline) -> None:
        deadline.timer = self._clocks().lead.after(deadline.seconds, lambda: self._expire(deadline))
        self._deadlines.add(deadline)
        (self._awake.discard if deadline.idle else self._awake.add)(deadline.owner)
        self.run()

    def drop(self, deadline: Deadline) -> None:
        if deadline.timer:
            deadline.timer.cancel()
        self._deadlines.discard(deadline)

    def _wake(self, nap: Nap) -> None:
        self.rise(nap)
        nap.wake(None)

    def _expire(self, deadline: Deadline) -> None:
        self._deadlines.discard(deadline)
        self._stir(deadline.owner)
        deadline.expire()

    def _stir(self, owner: Hashable) -> None:
        self._awake.add(owner)
        self._stirs += 1

    def _next_event(self, clocks: ClockGroup) -> float | None:
        """When something next happens that is not of the clients' own making."""
        ours = {nap.timer for nap in self._naps} | {deadline.timer for deadline in self._deadlines}
        return min((moment for moment in (clocks.due(ours), self._next_change()) if moment is not None), default=None)

    def _passed(self, now: float) -> bool:
        """Whether a moment that a client waited for has come; met exactly, it may not be over for it yet."""
        while self._noticed:
            self._moments.add(self._noticed.popleft())
        ahead = {moment for moment in self._moments if moment > now}
        passed, self._moments = len(ahead) < len(self._moments), ahead
        return passed

    def _leap(self, event: float | None) -> float:
        """The next moment at which anything may happen or anybody may change their mind; 0 where there is none."""
        deadlines = (deadline.timer.when for deadline in self._deadlines if deadline.timer)
        naps = (nap.timer.when for nap in self._naps if nap.timer)
        return min((*self._moments, *deadlines, *naps, *(() if event is None else (event,))), default=0.0)

    def run(self) -> None:
        """Somebody has begun to wait: let time pass until nobody does any more."""
        self._stirs += 1
        if not self._stopped and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._work())

    async def _work(self) -> None:
        try:
            await self._pass_time()
        except Exception as error:
            # Nobody would ever wake them otherwise.
            for nap in tuple(self._naps):
                self.rise(nap)
                nap.wake(Problem(f"vidmock failed while time passed: {error!r}"))
            raise

    async def _pass_time(self) -> None:
        while not self._stopped and (self._naps or self._deadlines or self._clocks().awaited):
            when = self._clocks().due()
            if when is None:
                return
            patient = not self._naps and any(d.timer and d.timer.when == when for d in self._deadlines)
            if not await self._still(LONG_SILENCE if patient else SILENCE):
                continue
            traffic = self._traffic()
            clocks = self._clocks()
            if (when := clocks.due()) is not None:
                await clocks.advance_to(when)
            if self._traffic() != traffic:
                # A webhook was received: whoever it was for is awake now, unseen by us.
                self._awake.update(nap.owner for nap in self._naps)

    async def _still(self, silence: int) -> bool:
        """Whether nobody does anything: known at once where all are asleep, else seen by nothing happening."""
        self._awake = {owner for owner in self._awake if _lives(owner)}
        if self._naps and not self._awake:
            return True
        seen = self._stirs, self._traffic()
        for _ in range(silence):
            await asyncio.sleep(PAUSE)
            for owner in tuple(self._awake):
                if isinstance(owner, asyncio.AbstractEventLoop):
                    await _turn(owner)
            if (self._stirs, self._traffic()) != seen:
                return False
        return True


async def _turn(loop: asyncio.AbstractEventLoop) -> None:
    """Until *loop* has come round once, or stopped: it may be busy for longer than silence takes."""
    here, came = asyncio.get_running_loop(), asyncio.Event()
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(lambda: here.call_soon_threadsafe(came.set))
    while not came.is_set() and loop.is_running():  # noqa: ASYNC110 - a loop that stops sets no event
        await asyncio.sleep(PAUSE / 10)


def _lives(owner: Hashable) -> bool:
    if isinstance(owner, threading.Thread):
        return owner.is_alive()
    return not (isinstance(owner, asyncio.AbstractEventLoop) and owner.is_closed())
