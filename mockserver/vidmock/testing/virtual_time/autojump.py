"""Jumps the mock's clock to the next event as soon as every client sleeps or waits (trio calls this an autojump clock).

Runs in the server's event loop. An event is the end of a client's sleep, a client's deadline, or whatever else is due
on the clock, such as the end of a job or a webhook. The clock never jumps past one: whoever it wakes acts first.
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
from vidmock.testing.scope import Scope

PAUSE = 0.001
"""Real seconds between two checks of whether anybody is active."""
QUIET_CHECKS, QUIET_CHECKS_DEADLINE = 3, 40
"""Checks in a row that must find no activity before the clock jumps where a client may be awake: to most events, and to
a deadline while nobody sleeps."""
EXACT_SLEEPS, EXACT_SLEEPS_OF_ALL = 3, 30
"""How many sleeps in a row without an event last as long as they say: of one sleeper, and of all together, for some
clients make a new task for each sleep. The next one may be stretched until something happens."""
SLEEPS_AT_MOST = 5_000
"""Sleeps in a row without an event after which a client gets ``WaitingForEver``."""


@public
class WaitingForEver(Problem):
    """A client keeps sleeping although nothing will happen any more."""

    def __init__(self, sleeps: int, why: str = "") -> None:
        super().__init__(
            f"the client has slept {sleeps} times and nothing happened: no job of this world will change any more. "
            f"{why or 'Does the client have a time limit?'}"
        )


@dataclass(eq=False)
class Sleep:
    """*sleeper*, a thread or a task, sleeps *seconds* of the mock's clock; *owner* is the thread, or the task's loop.

    *wake* is called at the end, with a problem where the sleep failed. *owner_idle* says that nothing else runs in the
    owner; *stretchable* that the sleep may last until something happens.
    """

    sleeper: Hashable
    owner: Hashable
    seconds: float
    wake: Callable[[Problem | None], None]
    owner_idle: bool = True
    stretchable: bool = True
    over: bool = field(default=False, init=False)
    timer: Timer | None = field(default=None, init=False)


@dataclass(eq=False)
class Deadline:
    """*expire* is called after *seconds* of the mock's clock. *owner_idle* says that the owner only waits for it."""

    owner: Hashable
    seconds: float
    expire: Callable[[], None]
    owner_idle: bool = False
    timer: Timer | None = field(default=None, init=False)


class Autojump:
    """Lets time pass on the clocks of *scope* while there are sleeps, deadlines, or requests that wait for a clock.

    All methods but ``watch`` are for the server's event loop.
    """

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._sleeps: set[Sleep] = set()
        self._deadlines: set[Deadline] = set()
        self._awake: set[Hashable] = set()
        self._newly_watched: deque[float] = deque()
        self._watched: set[float] = set()
        self._next: float | None = None
        self._uneventful = 0
        self._slept: Counter[Hashable] = Counter()
        self._changes = 0
        self._stopped = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Let time pass until nobody waits for it any more; call this whenever somebody begins to."""
        self._changes += 1
        if not self._stopped and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._run())

    def stop(self) -> None:
        """End every sleep now, and every one that begins later; let no more time pass."""
        self._stopped = True
        for sleep in tuple(self._sleeps):
            self._wake(sleep)
        for deadline in tuple(self._deadlines):
            self.remove_deadline(deadline)

    def watch(self, moment: float) -> None:
        """Stretch no sleep beyond *moment*: a client will act differently from then on. Called from any thread."""
        self._newly_watched.append(moment)

    def set_idle(self, owner: Hashable) -> None:
        """*owner* does nothing by itself: its event loop stands for it."""
        self._awake.discard(owner)

    def begin_sleep(self, sleep: Sleep) -> None:
        """Have *sleep* end when its time has passed, or fail with ``WaitingForEver``."""
        if self._stopped:
            sleep.wake(None)
            return
        (self._awake.discard if sleep.owner_idle else self._awake.add)(sleep.owner)
        clocks = self._scope.clocks()
        now, event = clocks.now(), self._next_event(clocks)
        nothing_new = event == self._next and not self._passed_watched(now)
        if not nothing_new:
            self._uneventful, self._slept = 0, Counter()
        self._uneventful += 1
        self._slept[sleep.sleeper] += 1
        self._next = event
        if self._uneventful > SLEEPS_AT_MOST:
            sleep.wake(WaitingForEver(self._uneventful, self._scope.other_keys()))
            return
        until = now + sleep.seconds
        often = self._slept[sleep.sleeper] > EXACT_SLEEPS or self._uneventful > EXACT_SLEEPS_OF_ALL
        if sleep.stretchable and often:
            until = max(until, self._stretched_until(event))
        sleep.timer = clocks.lead.at(until, lambda: self._wake(sleep))
        self._sleeps.add(sleep)
        self.start()

    def end_sleep(self, sleep: Sleep) -> None:
        """Forget *sleep*, whose owner is awake again."""
        sleep.over = True
        if sleep.timer:
            sleep.timer.cancel()
        self._sleeps.discard(sleep)
        self._set_awake(sleep.owner)

    def add_deadline(self, deadline: Deadline) -> None:
        """Have *deadline* expire when its time has passed."""
        deadline.timer = self._scope.clocks().lead.after(deadline.seconds, lambda: self._expire(deadline))
        self._deadlines.add(deadline)
        (self._awake.discard if deadline.owner_idle else self._awake.add)(deadline.owner)
        self.start()

    def remove_deadline(self, deadline: Deadline) -> None:
        """Have *deadline* never expire."""
        if deadline.timer:
            deadline.timer.cancel()
        self._deadlines.discard(deadline)

    def _wake(self, sleep: Sleep) -> None:
        self.end_sleep(sleep)
        sleep.wake(None)

    def _expire(self, deadline: Deadline) -> None:
        self._deadlines.discard(deadline)
        self._set_awake(deadline.owner)
        deadline.expire()

    def _set_awake(self, owner: Hashable) -> None:
        self._awake.add(owner)
        self._changes += 1

    def _next_event(self, clocks: ClockGroup) -> float | None:
        """When something next happens that is not one of the clients' own sleeps and deadlines."""
        ours = {sleep.timer for sleep in self._sleeps} | {deadline.timer for deadline in self._deadlines}
        moments = (clocks.due(ours), self._scope.next_change())
        return min((moment for moment in moments if moment is not None), default=None)

    def _passed_watched(self, now: float) -> bool:
        """Whether a watched moment has come; one that is met exactly may not have come for the client yet."""
        while self._newly_watched:
            self._watched.add(self._newly_watched.popleft())
        ahead = {moment for moment in self._watched if moment > now}
        passed, self._watched = len(ahead) < len(self._watched), ahead
        return passed

    def _stretched_until(self, event: float | None) -> float:
        """The next moment at which anything may happen or a client may act differently; 0 where there is none."""
        deadlines = (deadline.timer.when for deadline in self._deadlines if deadline.timer)
        sleeps = (sleep.timer.when for sleep in self._sleeps if sleep.timer)
        return min((*self._watched, *deadlines, *sleeps, *(() if event is None else (event,))), default=0.0)

    async def _run(self) -> None:
        try:
            await self._pass_time()
        except Exception as error:
            # Nobody would ever wake them otherwise.
            for sleep in tuple(self._sleeps):
                self.end_sleep(sleep)
                sleep.wake(Problem(f"vidmock failed while time passed: {error!r}"))
            raise

    async def _pass_time(self) -> None:
        while not self._stopped and (self._sleeps or self._deadlines or self._scope.clocks().awaited):
            when = self._scope.clocks().due()
            if when is None:
                return
            at_deadline = not self._sleeps and any(d.timer and d.timer.when == when for d in self._deadlines)
            if not await self._is_quiet(QUIET_CHECKS_DEADLINE if at_deadline else QUIET_CHECKS):
                continue
            traffic = self._scope.traffic()
            clocks = self._scope.clocks()
            if (when := clocks.due()) is not None:
                await clocks.advance_to(when)
            if self._scope.traffic() != traffic:
                # A webhook was received: whoever it was for is awake now, unseen by us.
                self._awake.update(sleep.owner for sleep in self._sleeps)

    async def _is_quiet(self, checks: int) -> bool:
        """Whether no client is active: known at once where all sleep, else when *checks* in a row find no change."""
        self._awake = {owner for owner in self._awake if _is_alive(owner)}
        if self._sleeps and not self._awake:
            return True
        seen = self._changes, self._scope.traffic()
        for _ in range(checks):
            await asyncio.sleep(PAUSE)
            for owner in tuple(self._awake):
                if isinstance(owner, asyncio.AbstractEventLoop):
                    await _one_iteration(owner)
            if (self._changes, self._scope.traffic()) != seen:
                return False
        return True


async def _one_iteration(loop: asyncio.AbstractEventLoop) -> None:
    """Wait until *loop* has run what was ready, or has stopped: one that is busy is not quiet."""
    here, came = asyncio.get_running_loop(), asyncio.Event()
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(lambda: here.call_soon_threadsafe(came.set))
    while not came.is_set() and loop.is_running():  # noqa: ASYNC110 - a loop that stops sets no event
        await asyncio.sleep(PAUSE / 10)


def _is_alive(owner: Hashable) -> bool:
    if isinstance(owner, threading.Thread):
        return owner.is_alive()
    return not (isinstance(owner, asyncio.AbstractEventLoop) and owner.is_closed())
