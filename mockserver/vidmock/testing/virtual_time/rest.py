"""Whether everybody in this process is at rest: nothing happens any more until time passes.

Nobody is asked to be quiet for so long: each thread is looked at, and has to be where it can only be woken by somebody
else of this process. Whoever is not, is at work; and whoever has woken another is at work until the other is awake.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import concurrent.futures.thread
import queue
import selectors
import sys
import threading
from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from types import CodeType, FrameType, ModuleType
from typing import Any, cast
from weakref import WeakKeyDictionary, WeakSet

from vidmock.testing.virtual_time.blocking_reads import READS, anything_ready, stays_inside
from vidmock.testing.virtual_time.timed_waits import INSIDE, TimedWaits

_WAITS, _START = {threading.Condition.wait.__code__, TimedWaits.wait.__code__}, threading.Thread.start.__code__
_JOINS = {
    function.__code__
    for name in ("join", "_wait_for_tstate_lock")
    if (function := getattr(threading.Thread, name, None)) is not None
}
_WORKER: CodeType = concurrent.futures.thread._worker.__code__  # noqa: SLF001 - where idle ones wait
_ONCE: CodeType = asyncio.BaseEventLoop._run_once.__code__  # type: ignore[attr-defined]  # noqa: SLF001 - where idle loops wait
_SELECTS = {
    cast("Any", kind).select.__code__
    for name in ("SelectSelector", "PollSelector", "EpollSelector", "DevpollSelector", "KqueueSelector")
    if (kind := getattr(selectors, name, None)) is not None
}
_RealSubmit = concurrent.futures.ThreadPoolExecutor.submit

ABANDONED: WeakSet[threading.Thread] = WeakSet()
"""Threads that nobody waits for any more, whatever they do: they hung, and cannot be ended."""

_MOVED = (AttributeError, LookupError, OSError, RuntimeError, ValueError)
"""What looking at a thread raises that goes on meanwhile: a selector was closed, a set has changed."""

Frames = Mapping[int, FrameType]
Place = tuple[CodeType, int]
"""A function, and the instruction in it at which a thread is."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was found: who is at work and where, if anybody is; else what each thread waits for.

    Two equal looks one after the other say that nobody moved between them. *opaque* are event loops that do not show
    whether something is ready for them, until they have gone round.
    """

    at_work: str = ""
    waits: frozenset[tuple[int, Hashable]] = frozenset()
    opaque: tuple[asyncio.AbstractEventLoop, ...] = field(default=(), compare=False)


class Rest:
    """Looks at the threads of this process, from the event loop of the server. *clients* are the program's modules."""

    def __init__(self, clients: Collection[ModuleType]) -> None:
        self._clients = {id(vars(module)) for module in clients}
        self._strangers: dict[int, set[Place]] = {}
        self.asleep: WeakSet[asyncio.Future[Any]] = WeakSet()
        """What tasks wait for that sleep on the mock's clock."""
        self._submitted: WeakKeyDictionary[Any, WeakSet[concurrent.futures.Future[Any]]] = WeakKeyDictionary()

    def begin(self) -> None:
        """Begin to watch, in the thread of the program. Threads of somebody else may stay where they are now."""
        READS.begin()
        submitted = self._submitted

        def submit(pool: concurrent.futures.ThreadPoolExecutor, /, *call: Any, **named: Any) -> Any:
            future: concurrent.futures.Future[Any] = _RealSubmit(pool, *call, **named)
            submitted.setdefault(pool, WeakSet()).add(future)
            return future

        concurrent.futures.ThreadPoolExecutor.submit = submit  # type: ignore[method-assign, assignment]  # until ``end``
        frames = sys._current_frames()  # noqa: SLF001 - documented, for just this
        del frames[threading.get_ident()]
        for thread, frame in frames.items():
            if not self._is_clients(frame) and self._wait_of(thread, frame, frames) is None:
                self._strangers[thread] = {(frame.f_code, frame.f_lasti)}

    def end(self) -> None:
        """Watch no longer."""
        READS.end()
        concurrent.futures.ThreadPoolExecutor.submit = _RealSubmit  # type: ignore[method-assign]  # as it was

    def look(self) -> Look:
        """Look at every thread but this one, and at the other tasks of this one's event loop."""
        home, waits, opaque = asyncio.get_running_loop(), set[tuple[int, Hashable]](), []
        here = threading.get_ident()
        frames = sys._current_frames()  # noqa: SLF001 - documented, for just this
        unseen = {here, *(thread.ident for thread in tuple(ABANDONED))}
        for thread, frame in frames.items():
            if thread in unseen:
                continue
            try:
                wait = self._wait_of(thread, frame, frames)
            except _MOVED:
                wait = None
            if isinstance(wait, asyncio.AbstractEventLoop):
                opaque.append(wait)
                wait = _tasks_wait(wait, None)
            if wait is None:
                return Look(_described(thread, frame))
            waits.add((thread, wait))
        own = _tasks_wait(home, asyncio.current_task())
        if own is None or getattr(home, "_ready", None):
            return Look("the mock itself")
        return Look("", frozenset(waits | {(here, own)}), tuple(opaque))

    def _wait_of(self, thread: int, frame: FrameType, frames: Frames) -> Hashable | None:
        """What *thread* waits for, if it is at rest; an event loop that does not show whether it is."""
        if (read := READS.waiting.get(thread)) is not None:
            descriptor = read.sock.fileno()
            unread = descriptor >= 0 and not anything_ready({descriptor: selectors.EVENT_READ})
            return read.number if unread and stays_inside(descriptor) else None
        code = frame.f_code
        wait: Hashable | None = None
        if code in _WAITS:
            wait = _condition_wait(frame)
        elif code in _JOINS:
            joined: threading.Thread = frame.f_locals["self"]
            wait = joined if joined.ident in frames else None
        elif code is _WORKER:
            wait = self._idle_worker(frame)
        elif code in _SELECTS:
            wait = self._select_wait(frame)
        elif loop := _loop_of(frame):
            wait = loop
        elif not self._is_clients(frame):
            wait = _queue_wait(frame)
        if wait is None and (code, frame.f_lasti) in self._strangers.get(thread, ()):
            return code
        return wait

    def covers(self, module: dict[str, Any]) -> bool:
        """Whether *module*, a module's globals, is one of the program's, or of its clients'."""
        return id(module) in self._clients

    def _is_clients(self, frame: FrameType) -> bool:
        """Whether a thread runs the program's own code, or its clients'."""
        return any(self.covers(each.f_globals) for each in _stack(frame))

    def _idle_worker(self, frame: FrameType) -> Hashable | None:
        """A worker of a pool waits for work, unless there is some: it may have taken that already."""
        pool = frame.f_locals["executor_reference"]()
        futures = self._submitted.get(pool, ()) if pool is not None else ()
        return None if any(future._state == "PENDING" for future in futures) else "work"  # noqa: SLF001 - "running()" tells less

    def _select_wait(self, frame: FrameType) -> Hashable | None:
        """What a thread waits for at a selector: as long as nothing is ready there, and nothing comes from outside."""
        selector, caller = frame.f_locals["self"], frame.f_back
        wanted = {key.fd: key.events for key in selector.get_map().values()}
        if anything_ready(wanted):
            return None
        if caller is None or caller.f_code is not _ONCE:
            return cast("Hashable", selector) if all(map(stays_inside, wanted)) else None
        loop: Any = caller.f_locals["self"]
        if loop._ready or (loop._scheduled and loop._scheduled[0]._when <= loop.time()):  # noqa: SLF001 - nothing else tells
            return None
        del wanted[loop._ssock.fileno()]  # noqa: SLF001 - by which the loop is woken
        waits = _tasks_wait(loop, None)
        if waits is None or all(map(stays_inside, wanted)) or all(self._is_asleep(each) for _, each in waits):
            return waits
        return None

    def _is_asleep(self, awaited: asyncio.Future[Any]) -> bool:
        """Whether what a task waits for is a sleep, or another task."""
        return awaited in self.asleep or isinstance(awaited, asyncio.Task) or hasattr(awaited, "_children")


def _condition_wait(frame: FrameType) -> Hashable | None:
    """The lock that a thread waits for in ``Condition.wait``: until it is notified, or its limit ends."""
    named, caller = frame.f_locals, frame.f_back
    # A thread that starts another waits for it, and it may not be seen yet.
    while caller is not None and id(caller.f_globals) in INSIDE:
        if caller.f_code is _START:
            return None
        caller = caller.f_back
    waiter: Hashable | None = named.get("waiter")
    condition = named["condition" if "condition" in named else "self"]
    if waiter is None or getattr(waiter, "over", False):
        return None
    return waiter if waiter in tuple(condition._waiters) else None  # noqa: SLF001 - nothing else tells


def _queue_wait(frame: FrameType) -> Hashable | None:
    """The queues that a library's thread knows, one of which it waits for: as long as there is nothing in them."""
    named = frame.f_locals
    held = (*named.values(), *getattr(named.get("self"), "__dict__", {}).values())
    queues = frozenset(each for each in held if isinstance(each, queue.SimpleQueue))
    return queues if queues and all(each.empty() for each in queues) else None


def _loop_of(frame: FrameType) -> asyncio.AbstractEventLoop | None:
    """The event loop that runs in *frame* without showing it, as uvloop's do."""
    named = frame.f_locals
    for held in (*named.values(), getattr(named.get("self"), "_loop", None)):
        if isinstance(held, asyncio.AbstractEventLoop) and not hasattr(held, "_selector") and held.is_running():
            return held
    return None


def _tasks_wait(
    loop: asyncio.AbstractEventLoop, but: asyncio.Task[Any] | None
) -> frozenset[tuple[asyncio.Task[Any], asyncio.Future[Any]]] | None:
    """What each task of *loop* waits for; ``None`` if one is about to go on."""
    waits = set()
    for task in asyncio.all_tasks(loop):
        if task is but:
            continue
        awaited = getattr(task, "_fut_waiter", None)
        if awaited is None or awaited.done():
            return None
        waits.add((task, awaited))
    return frozenset(waits)


def _stack(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _described(thread: int, frame: FrameType) -> str:
    names = {each.ident: each.name for each in threading.enumerate()}
    where = f"{frame.f_code.co_filename}, line {frame.f_lineno}, in {frame.f_code.co_name}"
    return f"the thread {names.get(thread, str(thread))} is at {where}"
