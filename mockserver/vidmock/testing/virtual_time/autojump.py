"""Jumps the mock's clock to the next event as soon as everybody in this process is at rest.

(trio calls this an autojump clock.) Runs in the server's event loop. An event is the end of a sleep, a deadline, or
whatever else is due on the clock, such as the end of a job or a webhook. The clock never jumps past one. Who is woken
acts alone: the next is woken when all are at rest again, even if it is due at the same moment.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass, field

from vidmock.engine.time.clock import Timer
from vidmock.engine.time.clock_group import ClockGroup
from vidmock.problems import Problem
from vidmock.testing.scope import Scope
from vidmock.testing.virtual_time.rest import Rest
from vidmock.testing.virtual_time.standstill import TimeStandsStill, WaitingForEver

PAUSES = (0.0, 0.0, 0.0, 0.0005, 0.001, 0.002, 0.005)
"""Real seconds before the next look at whether everybody is at rest; the last is repeated. They decide nothing."""
PATIENCE = 60.0
"""Real seconds without any movement after which it is an error that time stands still."""
TURNS = 3
"""How often the event loop goes round between two looks, so that what was on its way to it is there."""
EXACT_SLEEPS, EXACT_SLEEPS_OF_ALL = 3, 30
"""How many sleeps in a row without an event last as long as they say: of one sleeper, and of all together, for some
clients make a new task for each sleep. The next one may be stretched until something happens."""
SLEEPS_AT_MOST = 5_000
"""Sleeps in a row without an event after which a client gets ``WaitingForEver``."""
SLEEPS_OF_A_STRANGER = 10
"""The same, where all that came to the server had another key than this world's, which therefore waits for nothing."""


@dataclass(eq=False)
class Sleep:
    """*sleeper*, a thread or a task, sleeps *seconds* of the mock's clock.

    *wake* is called at the end, with a problem where the sleep failed. *stretchable* says that the sleep may last until
    something happens.
    """

    sleeper: Hashable
    seconds: float
    wake: Callable[[Problem | None], None]
    stretchable: bool = True
    over: bool = field(default=False, init=False)
    timer: Timer | None = field(default=None, init=False)


@dataclass(eq=False)
class Deadline:
    """*expire* is called after *seconds* of the mock's clock, or *lift* when virtual time ends before."""

    seconds: float
    expire: Callable[[], None]
    lift: Callable[[], None]
    over: bool = field(default=False, init=False)
    timer: Timer | None = field(default=None, init=False)


class Autojump:
    """Lets time pass on the clocks of *scope* while there are sleeps, deadlines, or requests that wait for a clock.

    With *hold*, none passes while such a request waits. All methods but ``watch`` are for the server's event loop.
    """

    def __init__(self, scope: Scope, rest: Rest, *, hold: bool = False) -> None:
        self._scope, self._rest, self._hold = scope, rest, hold
        # In the order in which they began, which is that of those that end at one moment.
        self._sleeps: dict[Sleep, None] = {}
        self._deadlines: dict[Deadline, None] = {}
        self._turns: deque[Sleep | Deadline] = deque()
        self._still: tuple[object, float] = (None, 0.0)
        self.problem: Problem | None = None
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
            deadline.lift()

    def watch(self, moment: float) -> None:
        """Stretch no sleep beyond *moment*: a client will act differently from then on. Called from any thread."""
        self._newly_watched.append(moment)

    def begin_sleep(self, sleep: Sleep) -> None:
        """Have *sleep* end when its time has passed, or fail with ``WaitingForEver``."""
        if self._stopped or self.problem:
            sleep.wake(self.problem)
            return
        clocks = self._scope.clocks()
        now, event = clocks.now(), self._next_event(clocks)
        nothing_new = event == self._next and not self._passed_watched(now)
        if not nothing_new:
            self._uneventful, self._slept = 0, Counter()
        self._uneventful += 1
        self._slept[sleep.sleeper] += 1
        self._next = event
        most = SLEEPS_AT_MOST if event is not None else min(SLEEPS_OF_A_STRANGER, SLEEPS_AT_MOST)
        if self._uneventful > most:
            strange = self._scope.other_keys()
            if strange or self._uneventful > SLEEPS_AT_MOST:
                sleep.wake(WaitingForEver(self._uneventful, strange))
                return
        until = now + sleep.seconds
        often = self._slept[sleep.sleeper] > EXACT_SLEEPS or self._uneventful > EXACT_SLEEPS_OF_ALL
        if sleep.stretchable and often:
            until = max(until, self._stretched_until(event))
        sleep.timer = clocks.lead.at(until, lambda: self._turns.append(sleep))
        self._sleeps[sleep] = None
        self.start()

    def end_sleep(self, sleep: Sleep) -> None:
        """Forget *sleep*, whose owner is awake again."""
        sleep.over = True
        if sleep.timer:
            sleep.timer.cancel()
        self._sleeps.pop(sleep, None)
        self._changes += 1

    def add_deadline(self, deadline: Deadline) -> None:
        """Have *deadline* expire when its time has passed."""
        if self._stopped:
            deadline.lift()
            return
        deadline.timer = self._scope.clocks().lead.after(deadline.seconds, lambda: self._turns.append(deadline))
        self._deadlines[deadline] = None
        self.start()

    def remove_deadline(self, deadline: Deadline) -> None:
        """Have *deadline* never expire."""
        deadline.over = True
        if deadline.timer:
            deadline.timer.cancel()
        self._deadlines.pop(deadline, None)
        self._changes += 1

    def _wake(self, sleep: Sleep) -> None:
        self.end_sleep(sleep)
        sleep.wake(None)

    def _wake_next(self) -> None:
        """Wake the one whose turn it is, unless that has gone on by itself."""
        due = self._turns.popleft()
        if due.over:
            return
        if isinstance(due, Sleep):
            self._wake(due)
        else:
            self.remove_deadline(due)
            due.expire()

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
        # Those whose turn has come sleep no longer, though they have not been woken yet.
        due = self._scope.clocks().now()
        sleeps = (sleep.timer.when for sleep in self._sleeps if sleep.timer and sleep.timer.when > due)
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
        looks, passing = 0, set[asyncio.Task[None]]()
        try:
            while not self._stopped and (self._sleeps or self._deadlines or self._scope.clocks().awaited):
                passing = _less_over(passing)
                if not await self._is_everybody_at_rest():
                    await asyncio.sleep(PAUSES[min(looks, len(PAUSES) - 1)])
                    looks += 1
                    continue
                looks = 0
                if self._turns:
                    self._wake_next()
                    continue
                clocks = self._scope.clocks()
                if (when := clocks.due()) is None:
                    return
                # Beside this: the receiver of a webhook may sleep before it answers, and then more time has to pass.
                passing.add(asyncio.get_running_loop().create_task(clocks.advance_to(when)))
        finally:
            await asyncio.gather(*passing)

    async def _is_everybody_at_rest(self) -> bool:
        """Whether two looks, between which all that was on its way has come, find everybody at the same rest."""
        if self.problem:
            # Who waits for something else than a sleep is let go as time passes.
            await asyncio.sleep(0)
            return True
        if self._hold and self._scope.clocks().unanswered:
            self._mind_standstill("an answer is held back, and its client has no time limit for it", "held")
            return False
        if abroad := self._scope.sending_abroad():
            self._mind_standstill(f"{abroad} is not of this process, and has not answered yet", abroad)
            return False
        seen, first = self._seen(), self._rest.look()
        if not first.at_work:
            for loop in (asyncio.get_running_loop(), *first.opaque):
                await _go_round(loop)
            second = self._rest.look()
            await _go_round(asyncio.get_running_loop())
            if first == second and seen == self._seen():
                return True
        self._mind_standstill(first.at_work or "threads wake each other again and again", (seen, first))
        return False

    def _seen(self) -> tuple[int, int]:
        return self._changes, self._scope.traffic()

    def _mind_standstill(self, who: str, found: object) -> None:
        """Give up, loudly, where *found* has been the same for too long."""
        before, since = self._still
        if found != before:
            self._still = found, time.monotonic()
        elif time.monotonic() - since > PATIENCE:
            self.problem = TimeStandsStill(who, PATIENCE)
            for sleep in tuple(self._sleeps):
                self.end_sleep(sleep)
                sleep.wake(self.problem)


def _less_over(passing: set[asyncio.Task[None]]) -> set[asyncio.Task[None]]:
    """Those of *passing* that are not over. Raises what one of the others has raised."""
    for task in passing:
        if task.done():
            task.result()
    return {task for task in passing if not task.done()}


async def _go_round(loop: asyncio.AbstractEventLoop) -> None:
    """Wait until *loop* has gone round a few times, or has stopped."""
    here = asyncio.get_running_loop()
    for _ in range(TURNS):
        if loop is here:
            await asyncio.sleep(0)
            continue
        came = asyncio.Event()
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(here.call_soon_threadsafe, came.set)
        while not came.is_set() and loop.is_running():  # noqa: ASYNC110 - a loop that stops sets no event
            await asyncio.sleep(PAUSES[-1] / 10)
