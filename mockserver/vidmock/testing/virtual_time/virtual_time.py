"""Virtual time for the clients in this process: they sleep on the mock's clock, and so take no real time.

Only what chosen modules see under the names ``time``, ``asyncio`` and the like is replaced. The rest of the process,
servers included, keeps the real clock.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from vidmock.problems import Problem
from vidmock.testing.scope import Scope
from vidmock.testing.virtual_time.autojump import Autojump, Deadline, Sleep
from vidmock.testing.virtual_time.clock_reading import ClockReading
from vidmock.testing.virtual_time.patching import Patching, StandInModule, client_modules
from vidmock.testing.virtual_time.rest import ABANDONED, Rest
from vidmock.testing.virtual_time.timed_waits import TIMED_WAITS


class VirtualTime:
    """``with mock.virtual_time(): …``: the clients' modules sleep on the clock of *scope*, and read it.

    *packages* are more modules that are treated as a client's; *project* is the folder of the program's own ones, by
    default the working folder. With *leap*, a client that sleeps again and again while nothing happens sleeps, from the
    fourth time on, until something does. With *hold*, no time passes while an answer is held back.

    Raises:
        WaitingForEver: in a client that keeps sleeping although nothing will happen any more.
        TimeStandsStill: in a client that sleeps, and at the end, if somebody is at work, or may be, for too long.
    """

    def __init__(
        self,
        scope: Scope,
        packages: Collection[str] = (),
        project: Path | None = None,
        leap: bool = True,
        hold: bool = False,
    ) -> None:
        self._scope, self._loop = scope, scope.server.loop
        self._packages, self._project = packages, project or Path.cwd()
        self._exact, self._hold = not leap, hold
        self._active = False

    def __enter__(self) -> Self:
        modules = tuple(client_modules(self._project, self._packages))
        self._rest = Rest(modules)
        self._autojump = Autojump(self._scope, self._rest, hold=self._hold)
        self._scope.call(self._listen)
        self._rest.begin()
        self._began = self._scope.now()
        self._monotonic, self._performance = time.monotonic(), time.perf_counter()
        self._stand_ins = self._make_stand_ins()
        self._patching = Patching(modules, lambda real: self._stand_ins.get(id(real)))
        self._active = True
        self._patching.begin()
        TIMED_WAITS.begin(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        TIMED_WAITS.end(self)
        self._patching.end()
        self._active = False
        self._rest.end()
        self._scope.call(self._stop)
        if self._autojump.problem and error is None:
            raise self._autojump.problem

    def sleep(self, seconds: float) -> None:
        """As ``time.sleep``."""
        if seconds <= 0 or not self._active or threading.current_thread() in ABANDONED:
            time.sleep(seconds)
            return
        if self._is_in_server_loop():
            raise RuntimeError("time.sleep here would stop the server: it runs in this thread. Use MockServer for it")
        over = threading.Event()
        problems: list[Problem] = []

        def wake(problem: Problem | None) -> None:
            problems.extend([problem] if problem else [])
            over.set()

        sleep = Sleep(threading.current_thread(), float(seconds), wake, stretchable=not self._exact)
        self._call_in_server(partial(self._autojump.begin_sleep, sleep))
        try:
            over.wait()
        except BaseException:
            self._call_in_server(partial(self._autojump.end_sleep, sleep))
            raise
        if problems:
            raise problems[0]

    async def sleep_async(self, seconds: float, result: Any = None) -> Any:
        """As ``asyncio.sleep``."""
        if not seconds > 0 or not self._active:
            return await asyncio.sleep(seconds, result)
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        woken: asyncio.Future[None] = loop.create_future()

        def wake(problem: Problem | None) -> None:
            def over() -> None:
                if problem and not woken.done():
                    woken.set_exception(problem)
                elif not woken.done():
                    woken.set_result(None)

            _in(loop, over)

        self._rest.asleep.add(woken)
        sleep = Sleep(task, float(seconds), wake, stretchable=not self._exact)
        self._call_in_server(partial(self._autojump.begin_sleep, sleep))
        try:
            await woken
        except asyncio.CancelledError:
            self._call_in_server(partial(self._autojump.end_sleep, sleep))
            raise
        return result

    @asynccontextmanager
    async def timeout(self, delay: float | None) -> AsyncIterator[asyncio.Timeout]:
        """As ``asyncio.timeout``: ends after *delay* on the mock's clock; when that is over, on the real one."""
        if delay is None or delay <= 0 or not self._active:
            async with asyncio.timeout(delay) as limit:
                yield limit
            return
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(None) as limit:
            inside = True

            def expire(after: float) -> None:
                if inside:
                    limit.reschedule(loop.time() + after)

            cancel = self.limit(
                delay, lambda: _in(loop, partial(expire, 0.0)), lambda: _in(loop, partial(expire, delay))
            )
            try:
                yield limit
            finally:
                inside = False
                cancel()

    async def wait_for(self, awaitable: Any, timeout: float | None) -> Any:
        """As ``asyncio.wait_for``."""
        if timeout is None or timeout <= 0:
            return await asyncio.wait_for(awaitable, timeout)
        async with self.timeout(timeout):
            return await awaitable

    async def wait(self, things: Any, *, timeout: float | None = None, return_when: str = "ALL_COMPLETED") -> Any:
        """As ``asyncio.wait``."""
        things = set(things)
        try:
            async with self.timeout(timeout):
                return await asyncio.wait(things, return_when=return_when)
        except TimeoutError:
            return {each for each in things if each.done()}, {each for each in things if not each.done()}

    def limit(self, seconds: float, expire: Callable[[], None], lift: Callable[[], None]) -> Callable[[], None]:
        """Have *expire* called after *seconds*, or *lift* when virtual time ends before, and return what cancels that.

        Both are called in the server's thread.
        """
        deadline = Deadline(float(seconds), expire, lift)
        self._call_in_server(partial(self._autojump.add_deadline, deadline))
        return lambda: self._call_in_server(partial(self._autojump.remove_deadline, deadline))

    def monotonic(self) -> float:
        """As ``time.monotonic``."""
        return self._read(lambda: self._monotonic)

    def covers(self, module: dict[str, Any]) -> bool:
        """Whether *module*, a module's globals, is of the program or its clients, and this thread not the server's."""
        return self._rest.covers(module) and not self._is_in_server_loop()

    def _read(self, start: Callable[[], float]) -> ClockReading:
        """Read the clock, as one that showed *start* when virtual time began."""
        shift = start() - self._began

        def watch(moment: float) -> None:
            # A plain number: what is watched becomes the time of the clock that is read.
            if (at := float(moment) - shift) > self._scope.now():
                self._autojump.watch(at)

        return ClockReading(watch, self._scope.now() + shift)

    def _read_whole(self, start: Callable[[], float]) -> int:
        # What an int is compared with cannot be seen, so a stretched sleep could miss a deadline.
        self._exact = True
        return round(float(self._read(start)) * 1e9)

    def _make_stand_ins(self) -> dict[int, Any]:
        """What stands in for a module or a function, by the identity of the real one."""
        starts = {
            "time": lambda: self._began,
            "monotonic": lambda: self._monotonic,
            "perf_counter": lambda: self._performance,
        }
        clocks = {name: partial(self._read, start) for name, start in starts.items()}
        whole = {f"{name}_ns": partial(self._read_whole, start) for name, start in starts.items()}
        times: dict[str, Any] = {"sleep": self.sleep, **clocks, **whole}
        loops = {"sleep": self.sleep_async, "timeout": self.timeout, "wait_for": self.wait_for, "wait": self.wait}
        stand_ins: dict[int, Any] = {}
        for module, names in ((time, times), (asyncio, loops)):
            stand_ins[id(module)] = StandInModule(module, **names)
            stand_ins |= {id(getattr(module, name)): stand_in for name, stand_in in names.items()}
        return stand_ins

    def _listen(self) -> None:
        self._scope.defaults.listen(self._scope.key, self._autojump.start)

    def _stop(self) -> None:
        self._scope.defaults.listen(self._scope.key, None)
        self._autojump.stop()

    def _is_in_server_loop(self) -> bool:
        try:
            return asyncio.get_running_loop() is self._loop
        except RuntimeError:
            return False

    def _call_in_server(self, work: Callable[[], None]) -> None:
        if self._is_in_server_loop():
            work()
        else:
            _in(self._loop, work)


def _in(loop: asyncio.AbstractEventLoop, work: Callable[[], None]) -> None:
    # A loop that is closed has nobody to wake, and nothing to serve any more.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(work)
