"""Who is at rest, and who is at work: time passes when nobody can move, and never while anybody might."""

from __future__ import annotations

import asyncio
import os
import queue
import selectors
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvloop

from vidmock import MockServer, TimeStandsStill
from vidmock.server.certificates import CertificateAuthority
from vidmock.testing.virtual_time import autojump
from vidmock.testing.virtual_time.blocking_reads import READS
from vidmock.testing.virtual_time.rest import Look, Rest

REAL_SECONDS = 60.0
POOL = ThreadPoolExecutor(1)
_REALLY_SLEEP = (time.sleep,)
"""Out of sight for what replaces the clocks of this module."""


class Others:
    """Looks at the threads of this process from an event loop, as the mock does."""

    def __init__(self) -> None:
        self.rest = Rest([sys.modules[__name__]])

    def look(self) -> Look:
        async def work() -> Look:
            return self.rest.look()

        return asyncio.run(work())

    def until(self, at_work: bool) -> Look:
        """The first look that finds somebody at work, or everybody at rest."""
        while bool((found := self.look()).at_work) is not at_work:
            _REALLY_SLEEP[0](0.001)
        return found


@pytest.fixture
def others() -> Iterator[Others]:
    made = Others()
    made.rest.begin()
    yield made
    made.rest.end()


@contextmanager
def thread(work: Callable[[], object], release: Callable[[], object]) -> Iterator[threading.Thread]:
    """A thread that does *work*, which ends when *release* is called."""
    started = threading.Thread(target=work, name="the other")
    started.start()
    try:
        yield started
    finally:
        release()
        started.join()


def test_who_waits_for_another_thread_is_at_rest_until_it_is_told(others: Others) -> None:
    told = threading.Event()
    with thread(told.wait, told.set):
        assert others.until(at_work=False).waits


def test_who_waits_for_a_thread_that_waits_is_at_rest(others: Others) -> None:
    told = threading.Event()
    with thread(told.wait, told.set) as first, thread(first.join, told.set):
        assert len(others.until(at_work=False).waits) >= 3


def test_who_computes_is_at_work(others: Others) -> None:
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            pass

    with thread(work, over.set):
        assert "the thread the other is at" in others.look().at_work


def test_who_holds_up_others_by_a_lock_is_said_to_be_at_work_with_its_line(others: Others) -> None:
    lock = threading.Lock()
    with lock:

        def work() -> None:
            with lock:
                pass

        waiting = threading.Thread(target=work, name="the other")
        waiting.start()
        assert Path(__file__).name in others.look().at_work
    waiting.join()


def test_an_idle_worker_is_at_rest_and_one_with_a_task_is_not(others: Others) -> None:
    over, sender = threading.Event(), os.pipe()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()
        others.until(at_work=False)
        reading = pool.submit(os.read, sender[0], 1)
        waiting = pool.submit(over.wait)
        assert others.look().at_work, "of what another program sends, nobody knows when it comes"
        os.write(sender[1], b"x")
        reading.result()
        others.until(at_work=False)
        over.set()
        waiting.result()
    for end in sender:
        os.close(end)


def test_who_reads_from_this_process_is_at_rest_and_from_elsewhere_at_work(others: Others) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    with listener, socket.create_connection(listener.getsockname()) as near:
        accepted, _ = listener.accept()
        with accepted:
            for read in (lambda: near.recv(1), lambda: near.recv_into(bytearray(1))):
                with thread(read, lambda: accepted.send(b"x")):
                    others.until(at_work=False)
            with thread(lambda: _take(listener), lambda: _call(listener)):
                others.until(at_work=False)
    here, there = socket.socketpair()
    with here, there, thread(lambda: here.recv(1), lambda: there.send(b"x")):
        while not READS.waiting:
            _REALLY_SLEEP[0](0.001)
        assert others.look().at_work


def _take(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    connection.close()


def _call(listener: socket.socket) -> None:
    socket.create_connection(listener.getsockname()).close()


def test_a_read_that_has_a_limit_keeps_it_and_one_that_never_waits_does_not() -> None:
    READS.begin()
    READS.begin()
    try:
        here, there = socket.socketpair()
        with here, there:
            here.settimeout(0.001)
            with pytest.raises(TimeoutError, match="timed out"):
                here.recv(1)
            here.settimeout(0)
            with pytest.raises(BlockingIOError):
                here.recv(1)
            there.send(b"x")
            assert here.recv(1) == b"x"
        with pytest.raises(OSError, match="Bad file descriptor"):
            here.recv(1)
    finally:
        READS.end()
        assert "recv" in vars(socket.socket)
        READS.end()
    assert "recv" not in vars(socket.socket)


def test_an_encrypted_read_waits_as_well(others: Others, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDMOCK_STATE", str(tmp_path))
    authority = CertificateAuthority()
    listener = socket.create_server(("127.0.0.1", 0))
    got: list[bytes] = []
    told = threading.Event()

    def serve() -> None:
        with authority.context(["localhost"]).wrap_socket(listener.accept()[0], server_side=True) as sock:
            told.wait()
            sock.sendall(b"hello")

    context = ssl.create_default_context(cafile=authority.certificate)

    def read() -> None:
        plain = socket.create_connection(listener.getsockname())
        with context.wrap_socket(plain, server_hostname="localhost") as sock:
            got.extend((sock.recv(2), sock.recv(3), sock.recv(1)))

    with listener, thread(serve, told.set), thread(read, told.set):
        while not READS.waiting:
            _REALLY_SLEEP[0](0.001)
        others.until(at_work=False)
    assert got == [b"he", b"llo", b""]


def test_who_waits_at_a_selector_is_at_rest_if_nothing_comes_from_outside(others: Others) -> None:
    listener, stop = socket.create_server(("127.0.0.1", 0)), threading.Event()

    def serve() -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(listener, selectors.EVENT_READ)
            while not stop.is_set():
                selector.select(0.001)

    with listener, thread(serve, stop.set):
        others.until(at_work=False)
        with socket.create_connection(listener.getsockname()):
            assert others.look().at_work, "a connection is to be taken"
            listener.accept()[0].close()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin
        with thread(child.communicate, lambda: None):
            assert others.look().at_work
            assert others.look().at_work


@pytest.mark.parametrize("new_loop", [asyncio.SelectorEventLoop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_a_loop_whose_tasks_wait_for_each_other_is_at_rest(
    others: Others, new_loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    loops: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def work() -> None:
        over = asyncio.Event()
        loops.append((asyncio.get_running_loop(), over))
        await asyncio.gather(over.wait(), over.wait())

    def live() -> None:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(work())

    with thread(live, lambda: loops[0][0].call_soon_threadsafe(loops[0][1].set)):
        found = others.until(at_work=False)
    assert found.opaque == ((loops[0][0],) if new_loop is uvloop.new_event_loop else ())


def test_a_loop_that_waits_for_something_outside_is_at_work(others: Others) -> None:
    here, there = socket.socketpair()
    here.setblocking(False)

    async def work() -> None:
        await asyncio.get_running_loop().sock_recv(here, 1)

    with here, there, thread(lambda: asyncio.run(work()), lambda: there.send(b"x")):
        for _ in range(20):
            assert others.look().at_work


def test_a_librarys_thread_waits_for_its_queue(others: Others) -> None:
    space: dict[str, object] = {}
    exec("def work(todo):\n    while todo.get(): pass", space)
    todo: queue.SimpleQueue[int] = queue.SimpleQueue()
    work = space["work"]
    assert callable(work)
    started = threading.Thread(target=work, args=(todo,))
    started.start()
    others.until(at_work=False)
    todo.put(1)
    others.until(at_work=False)
    todo.put(0)
    started.join()


def test_somebody_elses_thread_may_stay_where_it_was() -> None:
    space: dict[str, object] = {}
    exec("def work(read, descriptor):\n    read(descriptor, 1)", space)
    receiver, sender = os.pipe()
    work = space["work"]
    assert callable(work)
    started = threading.Thread(target=work, args=(os.read, receiver))
    started.start()
    while not started.is_alive() or sys._current_frames()[started.ident or 0].f_code.co_name != "work":
        _REALLY_SLEEP[0](0.001)
    made = Others()
    assert made.look().at_work
    made.rest.begin()
    made.until(at_work=False)
    os.write(sender, b"x")
    started.join()
    made.rest.end()
    for end in (receiver, sender):
        os.close(end)


def test_time_that_cannot_pass_is_an_error_that_says_who_is_at_work(
    mock: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(autojump, "PATIENCE", 0.0)
    receiver, sender = os.pipe()
    began = mock.clock.now
    blocked = thread(lambda: os.read(receiver, 1), lambda: os.write(sender, b"x"))
    said = r"because the thread the other is at .*test_rest\.py, line \d+, in"

    def sleep_twice() -> None:
        with mock.virtual_time(), blocked:
            for _ in range(2):
                with pytest.raises(TimeStandsStill):
                    time.sleep(60)
            assert mock.clock.now == began

    with pytest.raises(TimeStandsStill, match=said):
        sleep_twice()
    for end in (receiver, sender):
        os.close(end)


def test_a_limit_that_virtual_time_does_not_see_the_end_of_goes_on_for_real(mock: MockServer) -> None:
    over, left = threading.Event(), list[object]()

    def wait() -> None:
        left.append(POOL.submit(over.wait).result(timeout=REAL_SECONDS))

    async def wait_too() -> None:
        async with asyncio.timeout(REAL_SECONDS):
            left.append(await asyncio.to_thread(over.wait))

    with mock.virtual_time() as virtual:
        waiting = [threading.Thread(target=wait), threading.Thread(target=lambda: asyncio.run(wait_too()))]
        for each in waiting:
            each.start()
        # Held up by this thread, which is at work.
        while len(virtual._autojump._deadlines) < 2:
            _REALLY_SLEEP[0](0.001)
    over.set()
    for each in waiting:
        each.join()
    assert left == [True, True]


def test_an_asynchronous_program_in_uvloop_sleeps_in_virtual_time(mock: MockServer) -> None:
    async def work() -> float:
        began = time.time()
        await asyncio.gather(asyncio.sleep(3600), asyncio.sleep(5))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 60)
        return time.time() - began

    with mock.virtual_time(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(work()) == 3660
