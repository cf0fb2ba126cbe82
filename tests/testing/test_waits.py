"""Each wait of the table in docs/python.md ends on the clock that the table names."""

from __future__ import annotations

import asyncio
import concurrent.futures
import queue
import re
import select
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import anyio
import pytest

from vidmock import MockServer

PAGE = (Path(__file__).parents[2] / "docs" / "python.md").read_text("utf-8")
ROW = re.compile(r"^\| `(.+)` \| (the mock's|the machine's) \|$", re.MULTILINE)
LONG, SHORT = 3600.0, 0.02
"""Seconds, on the mock's clock and on the machine's."""


@contextmanager
def in_vain(*kinds: type[Exception]) -> Iterator[None]:
    with suppress(*(kinds or (TimeoutError,))):
        yield


def never() -> Future[None]:
    return Future()


def sleep(s: float) -> None:
    time.sleep(s)


def event(s: float) -> None:
    threading.Event().wait(s)


def semaphore(s: float) -> None:
    threading.Semaphore(0).acquire(timeout=s)


def ready(s: float) -> None:
    select.select([], [], [], s)


async def asleep(s: float) -> None:
    await asyncio.sleep(s)


def condition(s: float) -> None:
    with (held := threading.Condition()):
        held.wait(s)


def condition_for(s: float) -> None:
    with (held := threading.Condition()):
        held.wait_for(lambda: False, s)


def barrier(s: float) -> None:
    with in_vain(threading.BrokenBarrierError):
        threading.Barrier(2).wait(s)


def timer(s: float) -> None:
    rung = threading.Event()

    def ring() -> None:
        rung.set()

    threading.Timer(s, ring).start()
    rung.wait()


def get(s: float) -> None:
    with in_vain(queue.Empty):
        queue.Queue[int]().get(timeout=s)


def put(s: float) -> None:
    full = queue.Queue[int](1)
    full.put(1)
    with in_vain(queue.Full):
        full.put(2, timeout=s)


def simple_get(s: float) -> None:
    with in_vain(queue.Empty):
        queue.SimpleQueue[int]().get(timeout=s)


def result(s: float) -> None:
    with in_vain():
        never().result(s)


def error(s: float) -> None:
    with in_vain():
        never().exception(s)


def several(s: float) -> None:
    concurrent.futures.wait([never()], s)


def first(s: float) -> None:
    with in_vain():
        list(concurrent.futures.as_completed([never()], s))


def lock(s: float) -> None:
    held = threading.Lock()
    held.acquire()
    held.acquire(timeout=s)


def join(s: float) -> None:
    gate = threading.Event()
    thread = threading.Thread(target=gate.wait)
    thread.start()
    thread.join(s)
    gate.set()
    thread.join()


def read(s: float) -> None:
    here, there = socket.socketpair()
    with here, there, in_vain():
        here.settimeout(s)
        here.recv(1)


async def wait_for(s: float) -> None:
    with in_vain():
        await asyncio.wait_for(asyncio.Event().wait(), s)


async def within(s: float) -> None:
    with in_vain():
        async with asyncio.timeout(s):
            await asyncio.Event().wait()


async def within_at(s: float) -> None:
    with in_vain():
        async with asyncio.timeout_at(asyncio.get_running_loop().time() + s):
            await asyncio.Event().wait()


async def tasks(s: float) -> None:
    task = asyncio.create_task(asyncio.Event().wait())
    await asyncio.wait([task], timeout=s)
    task.cancel()


async def tasks_in_turn(s: float) -> None:
    task = asyncio.create_task(asyncio.Event().wait())
    with in_vain():
        for done in asyncio.as_completed([task], timeout=s):
            await done
    task.cancel()


async def later(s: float) -> None:
    called = asyncio.Event()
    asyncio.get_running_loop().call_later(s, called.set)
    await called.wait()


async def in_thread(s: float) -> None:
    await asyncio.to_thread(threading.Event().wait, s)


Wait = Callable[[float], Coroutine[Any, Any, None] | None]
WAITS: Mapping[str, tuple[Wait, str]] = {
    "time.sleep(s)": (sleep, "the mock's"),
    "asyncio.sleep(s)": (asleep, "the mock's"),
    "asyncio.wait_for(…, s)": (wait_for, "the mock's"),
    "asyncio.timeout(s)": (within, "the mock's"),
    "asyncio.wait(…, timeout=s)": (tasks, "the mock's"),
    "threading.Event.wait(s)": (event, "the mock's"),
    "threading.Condition.wait(s)": (condition, "the mock's"),
    "threading.Condition.wait_for(…, s)": (condition_for, "the mock's"),
    "threading.Semaphore.acquire(timeout=s)": (semaphore, "the mock's"),
    "threading.Barrier.wait(s)": (barrier, "the mock's"),
    "threading.Timer(s, …)": (timer, "the mock's"),
    "queue.Queue.get(timeout=s)": (get, "the mock's"),
    "queue.Queue.put(…, timeout=s)": (put, "the mock's"),
    "concurrent.futures.Future.result(s)": (result, "the mock's"),
    "concurrent.futures.Future.exception(s)": (error, "the mock's"),
    "concurrent.futures.wait(…, s)": (several, "the mock's"),
    "concurrent.futures.as_completed(…, s)": (first, "the mock's"),
    "threading.Lock.acquire(timeout=s)": (lock, "the machine's"),
    "threading.Thread.join(s)": (join, "the machine's"),
    "queue.SimpleQueue.get(timeout=s)": (simple_get, "the machine's"),
    "asyncio.timeout_at(…)": (within_at, "the machine's"),
    "asyncio.as_completed(…, timeout=s)": (tasks_in_turn, "the machine's"),
    "asyncio.to_thread(event.wait, s)": (in_thread, "the machine's"),
    "loop.call_later(s, …)": (later, "the machine's"),
    "anyio.sleep(s)": (anyio.sleep, "the machine's"),
    "select.select(…, s)": (ready, "the machine's"),
    "socket.settimeout(s)": (read, "the machine's"),
}


def test_the_page_has_each_of_them_with_its_clock() -> None:
    assert ROW.findall(PAGE) == [(name, clock) for name, (_, clock) in WAITS.items()]


@pytest.mark.parametrize("name", WAITS)
def test_a_wait_in_vain_ends_on_the_clock_that_the_page_names(mock: MockServer, name: str) -> None:
    wait, clock = WAITS[name]
    seconds = LONG if clock == "the mock's" else SHORT
    with mock.virtual_time():
        began = mock.clock.now
        if (waiting := wait(seconds)) is not None:
            asyncio.run(waiting)
        passed = mock.clock.now - began
    assert passed == (seconds if clock == "the mock's" else 0)
