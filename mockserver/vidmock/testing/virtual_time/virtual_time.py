"""Virtual time for the clients in this process: what they sleep passes on the mock's clock, and takes no time.

Only what chosen modules see under the names ``time``, ``asyncio`` and the like is replaced. The process, the servers
in it and everybody else keep the real clock.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
import time
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from vidmock.problems import Problem
from vidmock.testing.other_keys import other_keys
from vidmock.testing.scope import Scope
from vidmock.testing.virtual_time.autojump import Autojump, Deadline, Nap
from vidmock.testing.virtual_time.clock_reading import ClockReading
from vidmock.testing.virtual_time.executor import VirtualExecutor
from vidmock.testing.virtual_time.patching import Patching, StandInModule, client_modules


class VirtualTime:
    """``with mock.virtual_time(): …``: the clients' modules live on the mock's clock.

    The clock is that of *scope*. *packages* are more modules to be treated as a client's; *project* is the folder
    of the program's own ones. With *leap*, a client that sleeps again and again while nothing happens sleeps, from the
    fourth time on, until something does.

    Raises:
        WaitingForEver: in a client that keeps sleeping although nothing will happen any more.
    """

    def __init__(
        self, scope: Scope, packages: Collection[str] = (), project: Path | None = None, leap: bool = True
    ) -> None:
        self._scope, self._loop = scope, scope.server.loop
        self._packages, self._project = packages, project or Path.cwd()
        self._pump = Autojump(scope.clocks, scope.next_change, self._traffic, partial(other_keys, scope))
        self._naps: dict[asyncio.Task[Any], Nap] = {}
        self._exact = not leap
        self._on = False

    def __enter__(self) -> Self:
        self._scope.call(self._listen)
        self._began = self._scope.now()
        self._monotonic, self._performance = time.monotonic(), time.perf_counter()
        self._bystanders = _other_tasks() if self._is_served_here() else set()
        self._replaced = self._stands()
        self._disguise = Patching(tuple(client_modules(self._project, self._packages)), self._stand)
        self._on = True
        self._disguise.put_on()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._disguise.take_off()
        self._on = False
        self._scope.call(self._stop)

    def sleep(self, seconds: float) -> None:
        """As ``time.sleep``."""
        if seconds <= 0 or not self._on:
            time.sleep(seconds)
            return
        if self._is_served_here():
            raise RuntimeError("time.sleep here would stop the server: it runs in this thread. Use MockServer for it")
        over = threading.Event()
        problems: list[Problem] = []

        def wake(problem: Problem | None) -> None:
            problems.extend([problem] if problem else [])
            over.set()

        thread = threading.current_thread()
        nap = Nap(thread, thread, float(seconds), wake, leaps=not self._exact)
        self._in_server(partial(self._pump.nap, nap))
        try:
            over.wait()
        except BaseException:
            self._in_server(partial(self._pump.rise, nap))
            raise
        if problems:
            raise problems[0]

    async def sleep_async(self, seconds: float, result: Any = None) -> Any:
        """As ``asyncio.sleep``."""
        if not seconds > 0 or not self._on:
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

        self._naps[task] = nap = Nap(task, loop, float(seconds), wake, leaps=not self._exact)
        nap.alone = all(self._is_idle(each) for each in _other_tasks() - self._bystanders)
        # The thread that runs the loop is not one that could do something besides.
        self._in_server(partial(self._pump.forget, threading.current_thread()))
        self._in_server(partial(self._pump.nap, nap))
        try:
            await woken
        except asyncio.CancelledError:
            self._in_server(partial(self._pump.rise, nap))
            raise
        finally:
            del self._naps[task]
        return result

    @asynccontextmanager
    async def timeout(self, delay: float | None) -> AsyncIterator[asyncio.Timeout]:
        """As ``asyncio.timeout``: ends after *delay* on the mock's clock, or really, whichever comes first."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(delay) as limit:
            if delay is None or delay <= 0 or not self._on:
                yield limit
                return
            inside = True

            def expire() -> None:
                if inside:
                    limit.reschedule(loop.time())

            forget = self.limit(delay, lambda: _in(loop, expire))
            try:
                yield limit
            finally:
                inside = False
                forget()

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

    def limit(self, seconds: float, expire: Callable[[], None], *, idle: bool = False) -> Callable[[], None]:
        """Call *expire* after *seconds*, from the server's thread; what is returned takes it back."""
        owner = threading.current_thread() if idle else asyncio.get_running_loop()
        deadline = Deadline(owner, seconds, expire, idle)
        self._in_server(partial(self._pump.hold, deadline))
        return lambda: self._in_server(partial(self._pump.drop, deadline))

    def _limited(self, seconds: float, expire: Callable[[], None]) -> Callable[[], None] | None:
        return self.limit(seconds, expire, idle=True) if self._on else None

    def _read(self, start: Callable[[], float]) -> ClockReading:
        """The clock, as one that showed *start* when virtual time began."""
        shift = start() - self._began

        def watch(moment: float) -> None:
            if moment - shift > self._scope.now():
                self._pump.notice(moment - shift)

        return ClockReading(watch, self._scope.now() + shift)

    def _read_whole(self, start: Callable[[], float]) -> int:
        # A comparison of whole numbers cannot be noticed, so no leap would stop for it.
        self._exact = True
        return round(float(self._read(start)) * 1e9)

    def _stands(self) -> dict[int, Any]:
        """What is seen instead of what, by the identity of the latter."""
        starts = {
            "time": lambda: self._began,
            "monotonic": lambda: self._monotonic,
            "perf_counter": lambda: self._performance,
        }
        clocks = {name: partial(self._read, start) for name, start in starts.items()}
        whole = {f"{name}_ns": partial(self._read_whole, start) for name, start in starts.items()}
        times: dict[str, Any] = {"sleep": self.sleep, **clocks, **whole}
        loops = {"sleep": self.sleep_async, "timeout": self.timeout, "wait_for": self.wait_for, "wait": self.wait}
        stands: dict[int, Any] = {}
        for module, names in ((time, times), (asyncio, loops)):
            stands[id(module)] = StandInModule(module, **names)
            stands |= {id(getattr(module, name)): stand for name, stand in names.items()}
        return stands

    def _stand(self, real: Any) -> Any:
        if isinstance(real, concurrent.futures.ThreadPoolExecutor):
            return VirtualExecutor(real, self._limited)
        return self._replaced.get(id(real))

    def _listen(self) -> None:
        self._scope.defaults.listen(self._scope.key, self._pump.run)

    def _stop(self) -> None:
        self._scope.defaults.listen(self._scope.key, None)
        self._pump.stop()

    def _traffic(self) -> int:
        return sum(
            world.journal.seen + sum(len(delivery.attempts) for delivery in world.outbox)
            for world in self._scope.worlds()
        )

    def _is_idle(self, task: asyncio.Task[Any]) -> bool:
        """Whether *task* sleeps, or waits for nothing but other tasks."""
        if nap := self._naps.get(task):
            return not nap.over and not task.cancelling()
        awaited = getattr(task, "_fut_waiter", None)
        if not isinstance(awaited, asyncio.Future):
            return False
        return (isinstance(awaited, asyncio.Task) or hasattr(awaited, "_children")) and not awaited.done()

    def _is_served_here(self) -> bool:
        try:
            return asyncio.get_running_loop() is self._loop
        except RuntimeError:
            return False

    def _in_server(self, work: Callable[[], None]) -> None:
        if self._is_served_here():
            work()
        else:
            _in(self._loop, work)


def _other_tasks() -> set[asyncio.Task[Any]]:
    return asyncio.all_tasks() - {asyncio.current_task()}


def _in(loop: asyncio.AbstractEventLoop, work: Callable[[], None]) -> None:
    # A loop that is closed has nobody to wake, and nothing to serve any more.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(work)
