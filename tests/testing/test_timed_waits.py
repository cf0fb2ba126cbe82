"""Waits with a limit end by the mock's clock, where the program or its clients wait; all others keep the real one."""

from __future__ import annotations

import concurrent.futures
import queue
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from vidmock import MockServer
from vidmock.testing.virtual_time.timed_waits import TIMED_WAITS, Waiter

REALLY_WAIT = threading.Condition.wait
SECONDS = 600.0
POOL = ThreadPoolExecutor(2)


def wait_for_future(pool: ThreadPoolExecutor) -> None:
    gate = threading.Event()
    future = pool.submit(gate.wait)
    try:
        with pytest.raises(TimeoutError):
            future.result(SECONDS)
    finally:
        gate.set()


def wait_for_several(pool: ThreadPoolExecutor) -> None:
    gate = threading.Event()
    futures = [pool.submit(gate.wait) for _ in range(2)]
    try:
        assert len(concurrent.futures.wait(futures, SECONDS).not_done) == 2
    finally:
        gate.set()


def wait_for_the_first(pool: ThreadPoolExecutor) -> None:
    gate = threading.Event()
    try:
        with pytest.raises(TimeoutError):
            list(concurrent.futures.as_completed([pool.submit(gate.wait)], SECONDS))
    finally:
        gate.set()


def wait_for_item(pool: ThreadPoolExecutor) -> None:
    with pytest.raises(queue.Empty):
        queue.Queue[int]().get(timeout=SECONDS)


def wait_for_room(pool: ThreadPoolExecutor) -> None:
    full = queue.Queue[int](1)
    full.put(1)
    with pytest.raises(queue.Full):
        full.put(2, timeout=SECONDS)


def wait_for_predicate(pool: ThreadPoolExecutor) -> None:
    with (condition := threading.Condition()):
        assert not condition.wait_for(lambda: False, SECONDS)


def wait_for_timer(pool: ThreadPoolExecutor) -> None:
    rung = threading.Event()

    def ring() -> None:
        rung.set()

    timer = threading.Timer(SECONDS, ring)
    timer.start()
    rung.wait()
    timer.join()


def wait_for_bare_timer(pool: ThreadPoolExecutor) -> None:
    rung = threading.Event()
    timer = threading.Timer(SECONDS, rung.set)
    timer.start()
    rung.wait()
    timer.join()


WAITS: dict[str, Callable[[ThreadPoolExecutor], object]] = {
    "Event.wait": lambda pool: threading.Event().wait(SECONDS),
    "Condition.wait_for": wait_for_predicate,
    "Semaphore.acquire": lambda pool: threading.Semaphore(0).acquire(timeout=SECONDS),
    "Queue.get": wait_for_item,
    "Queue.put": wait_for_room,
    "Future.result": wait_for_future,
    "futures.wait": wait_for_several,
    "as_completed": wait_for_the_first,
    "Timer": wait_for_timer,
    "Timer with a function of the library": wait_for_bare_timer,
}


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


@pytest.mark.parametrize("name", WAITS)
def test_a_wait_that_is_in_vain_takes_its_limit_of_the_mocks_clock(
    mock: MockServer, pool: ThreadPoolExecutor, name: str
) -> None:
    began = mock.clock.now
    with mock.virtual_time():
        WAITS[name](pool)
        assert mock.clock.now - began == SECONDS


def test_who_is_told_in_time_waits_no_longer(mock: MockServer, pool: ThreadPoolExecutor) -> None:
    told, mail = threading.Event(), queue.Queue[str]()

    def tell() -> None:
        time.sleep(60)
        told.set()
        time.sleep(60)
        mail.put("a letter")

    began = mock.clock.now
    with mock.virtual_time():
        telling = pool.submit(tell)
        assert told.wait(SECONDS)
        assert mock.clock.now - began == 60
        assert mail.get(timeout=SECONDS) == "a letter"
        assert mock.clock.now - began == 120
        telling.result()


def test_a_program_that_polls_until_it_is_stopped_sees_its_job_end(
    mock: MockServer, submit: Callable[..., str]
) -> None:
    """``stop.wait(interval)`` instead of a sleep, so that another thread can end it."""
    stop, seen = threading.Event(), list[str]()

    def follow(job: str) -> None:
        while not stop.wait(30):
            seen.append(mock.jobs[job].state)

    began = mock.clock.now
    with mock.virtual_time():
        following = threading.Thread(target=follow, args=(submit(),))
        following.start()
        time.sleep(1000)
        stop.set()
        following.join()
    assert (seen.count("queued"), seen.count("running"), seen.count("succeeded")) == (2, 27, 4)
    assert mock.clock.now - began == 1000


def test_an_executor_that_a_module_holds_is_waited_for_in_virtual_time(mock: MockServer) -> None:
    began = mock.clock.now
    with mock.virtual_time():
        wait_for_future(POOL)
    assert mock.clock.now - began == SECONDS


def test_others_keep_the_real_wait(mock: MockServer) -> None:
    """The code of a module that is no client's: what it waits for does not come, and its limit is over at once."""
    strangers: dict[str, object] = {"queue": queue, "condition": threading.Condition()}
    code = (
        "with condition:\n    told = condition.wait(0.001)\nmail = queue.Queue()\ntry:\n    mail.get(timeout=0.001)\n"
    )
    began = mock.clock.now
    with mock.virtual_time():
        assert threading.Condition.wait is not REALLY_WAIT
        exec(code + "except queue.Empty:\n    told = None\n", strangers)
        assert strangers["told"] is None
    assert threading.Condition.wait is REALLY_WAIT
    assert mock.clock.now == began


def test_a_condition_that_is_not_held_cannot_be_waited_for(mock: MockServer) -> None:
    with mock.virtual_time(), pytest.raises(RuntimeError, match="un-acquired lock"):
        threading.Condition().wait(SECONDS)


def test_whoever_comes_first_decides_how_a_wait_ends() -> None:
    late = Waiter()
    assert not late.over
    late.expire()
    late.lift()
    assert (late.over, late.expired, late.lifted) == (True, True, False)
    with pytest.raises(RuntimeError, match="over"):
        late.release()
    told = Waiter()
    told.release()
    told.expire()
    assert (told.notified, told.expired) == (True, False)
    with pytest.raises(RuntimeError, match="over"):
        told.release()


def test_a_notification_counts_that_comes_as_the_limit_is_lifted() -> None:
    waiter = Waiter()
    waiter.lift()
    waiter.release()
    assert (waiter.lifted, waiter.notified) == (True, True)


def test_what_still_waits_when_virtual_time_ends_goes_on_for_real(mock: MockServer) -> None:
    class NeverOver:
        """A virtual time that ends as soon as somebody waits by it."""

        def covers(self, module: dict[str, object]) -> bool:
            return module is globals()

        def monotonic(self) -> float:
            return 0.0

        def limit(self, seconds: float, expire: Callable[[], None], lift: Callable[[], None]) -> Callable[[], None]:
            lift()
            return lambda: None

    ended = NeverOver()
    TIMED_WAITS.begin(ended)
    try:
        assert not threading.Event().wait(0.001)
        event = threading.Event()
        telling = threading.Thread(target=event.set)
        telling.start()
        assert event.wait(60)
        telling.join()
    finally:
        TIMED_WAITS.end(ended)
    assert threading.Condition.wait is REALLY_WAIT
