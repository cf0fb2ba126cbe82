"""What clients in this process sleep passes on the mock's clock; everybody else keeps the real one."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from asyncio import sleep as nap
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from pathlib import Path
from time import monotonic
from time import sleep as doze
from types import ModuleType

import httpx
import pytest

from vidmock import AsyncMockServer, MockServer
from vidmock.problems import Problem
from vidmock.testing.virtual_time import autojump
from vidmock.testing.virtual_time.patching import client_modules
from vidmock.testing.virtual_time.standstill import WaitingForEver
from vidmock.testing.virtual_time.virtual_time import VirtualTime

MODEL = "fal-ai/kling-video/o1/reference-to-video"
REAL_SECONDS = 60.0
"""After which something hangs: the clocks here are manual, and who slept on another one would sleep for ever."""
PAUSE = 0.001
EXECUTOR = ThreadPoolExecutor(2)

Submit = Callable[..., str]
Result = Callable[..., httpx.Response]
_REAL_SLEEP, _REALLY_SLEEP = (asyncio.sleep,), (time.sleep,)
"""Out of sight for what replaces the clocks of this module."""


def poll(result: Result, job: str, interval: float = 1.0, limit: float = 3600.0) -> tuple[str, int]:
    """As a plain client polls: how it ended, and after how many looks."""
    deadline, looks = time.monotonic() + limit, 0
    while True:
        looks += 1
        if result(job).status_code == 200:
            return "done", looks
        if time.monotonic() > deadline:
            return "gave up", looks
        time.sleep(interval)


def test_sleeping_passes_on_the_mocks_clock(mock: MockServer) -> None:
    began = mock.clock.now
    with mock.virtual_time():
        for sleep in (time.sleep, doze):
            before = (time.time(), time.monotonic(), monotonic(), time.perf_counter(), time.time_ns())
            sleep(600)
            after = (time.time(), time.monotonic(), monotonic(), time.perf_counter(), time.time_ns())
            passed = [b - a for a, b in zip(before, after, strict=True)]
            assert passed == pytest.approx([600, 600, 600, 600, 600e9])
        assert time.time() == mock.clock.now
    assert mock.clock.now - began == 1200


def test_the_process_keeps_its_clock_and_the_modules_get_theirs_back(mock: MockServer) -> None:
    modules, functions = (time, asyncio), (doze, nap, monotonic)
    with mock.virtual_time():
        assert time is not modules[0]
        assert doze is not functions[0]
        assert time.gmtime is modules[0].gmtime
        assert asyncio.Event is modules[1].Event
        assert vars(modules[0])["sleep"] is functions[0]
    assert (time, asyncio) == modules
    assert (doze, nap, monotonic) == functions


def test_what_somebody_else_put_there_meanwhile_stays(mock: MockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with mock.virtual_time():
        monkeypatch.setitem(globals(), "doze", None)
    assert doze is None


def test_a_poller_sees_every_state_and_does_not_look_a_thousand_times(
    mock: MockServer, submit: Submit, result: Result
) -> None:
    began = mock.clock.now
    with mock.virtual_time():
        assert poll(result, submit()) == ("done", 9)
    assert mock.clock.now - began == 900


def test_without_leaps_each_sleep_is_as_long_as_it_says(mock: MockServer, submit: Submit, result: Result) -> None:
    with mock.virtual_time(leap=False):
        assert poll(result, submit()) == ("done", 901)


@pytest.mark.parametrize("limit", [30.0, 89.5, 200.0, 895.0])
def test_a_leap_does_not_go_beyond_a_clients_deadline(
    mock: MockServer, submit: Submit, result: Result, limit: float
) -> None:
    began = mock.clock.now
    with mock.virtual_time():
        ended, looks = poll(result, submit(), limit=limit)
    assert (ended, looks < 20) == ("gave up", True)
    assert limit <= mock.clock.now - began <= limit + 2


def test_a_clock_read_in_whole_nanoseconds_forbids_leaps(mock: MockServer, submit: Submit, result: Result) -> None:
    with mock.virtual_time():
        job, began, looks = submit(), time.monotonic_ns(), 0
        while time.monotonic_ns() - began < 50e9:
            result(job)
            looks += 1
            time.sleep(1)
    assert looks == 50


def test_a_client_that_would_wait_for_ever_is_told(mock: MockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autojump, "SLEEPS_AT_MOST", 50)
    with mock.virtual_time():
        for _ in range(50):
            time.sleep(1)
        with pytest.raises(WaitingForEver, match="slept 51 times and nothing happened"):
            time.sleep(1)
        with pytest.raises(WaitingForEver):
            asyncio.run(nap(1))


def test_a_client_that_waits_in_another_world_is_told_of_its_key(
    mock: MockServer, submit: Submit, result: Result
) -> None:
    job = submit(key="my-app's")
    with mock.world("its-own").virtual_time():
        said = r"requests reached this server with another key \(my-a…\): the app must use vidmock.key"
        assert result(job, key="my-app's").status_code != 200
        for _ in range(10):
            time.sleep(1)
        with pytest.raises(WaitingForEver, match=said):
            time.sleep(1)


def test_the_story_of_a_client_that_is_held_in_another_world_tells_of_its_key(mock: MockServer) -> None:
    world = mock.world("its-own")
    robot = {"input": {"prompt": "a kite", "images": ["https://pictures.example/cat.png"]}}

    def ask() -> httpx.Response:
        url, key = f"{mock.url}/runpod/v2/kling-video-o1-r2v/runsync", {"authorization": "Bearer my-app's"}
        return httpx.post(url, json=robot, headers=key, timeout=60, trust_env=False)

    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(ask)
        while (told := world.timeline()) == "nothing happened: no request has reached the mock with this key":
            assert not asking.done()
        assert "1 request reached this server with another key (my-a…): the app must use vidmock.key" in told
        mock.clock.advance("1h")
        assert asking.result().status_code == 200


def test_two_threads_that_sleep_share_the_time(mock: MockServer) -> None:
    woke: list[tuple[str, float]] = []
    began = mock.clock.now

    def sleep(name: str, seconds: float) -> None:
        time.sleep(seconds)
        woke.append((name, mock.clock.now - began))

    with mock.virtual_time():
        threads = [threading.Thread(target=sleep, args=each) for each in (("long", 60.0), ("short", 5.0))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert woke == [("short", 5), ("long", 60)]


def test_tasks_wake_in_the_order_of_their_moments(mock: MockServer) -> None:
    woke: list[tuple[str, float]] = []

    async def sleep(name: str, seconds: float) -> str:
        assert await asyncio.sleep(seconds, name) == name
        woke.append((name, time.time() - began))
        return name

    async def work() -> None:
        await asyncio.gather(sleep("c", 3600), sleep("a", 1), sleep("b", 60))
        await nap(0)

    with mock.virtual_time():
        began = time.time()
        asyncio.run(work())
    assert woke == [("a", 1), ("b", 60), ("c", 3600)]


def test_a_time_limit_on_a_coroutine_holds_and_is_lifted(mock: MockServer) -> None:
    async def work() -> list[float]:
        began, ends = time.time(), []
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.sleep(3600), 60)
        ends.append(time.time() - began)
        await asyncio.wait_for(asyncio.sleep(10), 60)
        await asyncio.wait_for(asyncio.sleep(100), None)
        ends.append(time.time() - began)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.sleep(10), 0)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(30):
                await asyncio.sleep(31)
        async with asyncio.timeout(None):
            await asyncio.sleep(1)
        ends.append(time.time() - began)
        return ends

    with mock.virtual_time():
        assert asyncio.run(work()) == pytest.approx([60, 170, 201])


def test_waiting_for_several_has_a_time_limit_too(mock: MockServer) -> None:
    async def work() -> float:
        began = time.time()
        quick, slow = asyncio.create_task(asyncio.sleep(5)), asyncio.create_task(asyncio.sleep(500))
        assert await asyncio.wait([quick, slow], timeout=60) == ({quick}, {slow})
        assert await asyncio.wait([quick, slow], return_when=asyncio.FIRST_COMPLETED) == ({quick}, {slow})
        assert await asyncio.wait([slow]) == ({slow}, set())
        return time.time() - began

    with mock.virtual_time():
        assert asyncio.run(work()) == 500


def test_a_sleep_that_is_cancelled_holds_nobody_up(mock: MockServer) -> None:
    async def work() -> float:
        began, forgotten = time.time(), asyncio.create_task(asyncio.sleep(86400))
        await asyncio.sleep(1)
        forgotten.cancel()
        await asyncio.sleep(1)
        return time.time() - began

    with mock.virtual_time():
        assert asyncio.run(work()) == 2


def test_a_watchdog_does_not_bite_while_an_answer_is_on_its_way(
    mock: MockServer, submit: Submit, result: Result
) -> None:
    """The classic race of a poll against a long sleep, which wins only if it is let."""

    async def look(client: httpx.AsyncClient, job: str) -> str:
        url = f"{mock.fal.queue_url}/fal-ai/kling-video/requests/{job}"
        while (await client.get(url)).status_code != 200:
            await asyncio.sleep(5)
        return "done"

    async def watchdog(seconds: float) -> str:
        await asyncio.sleep(seconds)
        return "bitten"

    async def race(job: str, seconds: float) -> str:
        async with httpx.AsyncClient(headers={"Authorization": "Key a-key"}, trust_env=False) as client:
            tasks = [asyncio.create_task(watchdog(seconds)), asyncio.create_task(look(client, job))]
            done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in pending:
                task.cancel()
            return done.pop().result()

    with mock.virtual_time():
        assert asyncio.run(race(submit("one"), 1200)) == "done"
        assert asyncio.run(race(submit("two"), 300)) == "bitten"


def test_a_request_that_is_held_needs_nobody_to_sleep(mock: MockServer) -> None:
    began = mock.clock.now
    with mock.virtual_time(), httpx.Client(trust_env=False) as client:
        answer = client.post(
            f"{mock.fal.run_url}/{MODEL}",
            json={"prompt": "x"},
            headers={"Authorization": "Key k"},
            timeout=REAL_SECONDS,
        )
    assert answer.status_code == 200
    assert mock.clock.now - began == 900


def test_a_time_limit_alone_lets_time_pass_until_something_happens(mock: MockServer, submit: Submit) -> None:
    """Nobody sleeps here: the program waits for a webhook, as long as it has patience."""

    async def work() -> tuple[bool, float]:
        arrived = asyncio.Event()

        async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            await writer.drain()
            writer.close()
            arrived.set()

        server = await asyncio.start_server(take, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            await asyncio.to_thread(submit, fal_webhook=f"http://127.0.0.1:{port}/")
            began = time.time()
            await asyncio.wait_for(arrived.wait(), 3600)
            first = time.time() - began
            arrived.clear()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(arrived.wait(), 3600)
            return first == 900, time.time() - began

    with mock.virtual_time():
        assert asyncio.run(work()) == (True, 4500)


def test_a_future_of_an_executor_has_its_limit_in_virtual_time(mock: MockServer) -> None:
    def sleep(seconds: float) -> str:
        time.sleep(seconds)
        return "slept"

    with mock.virtual_time():
        assert EXECUTOR.submit(sleep, 60).result(timeout=600) == "slept"
        assert EXECUTOR.submit(sleep, 60).result() == "slept"
        began = time.time()
        late = EXECUTOR.submit(sleep, 3600)
        with pytest.raises(TimeoutError):
            late.result(timeout=600)
        assert time.time() - began == 600
        assert late.result() == "slept"
        assert list(EXECUTOR.map(sleep, [1])) == ["slept"]


def test_those_who_still_sleep_at_the_end_are_woken(mock: MockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with mock.virtual_time() as virtual:
        # So that time cannot pass.
        monkeypatch.setattr(virtual._autojump, "_is_everybody_at_rest", _never)
        thread = threading.Thread(target=lambda: time.sleep(1))
        thread.start()
        _until_somebody_sleeps(virtual)
    thread.join(REAL_SECONDS)
    assert not thread.is_alive()


@pytest.fixture
def interrupted() -> Iterator[threading.Event]:
    """Ctrl-C as Python has it, but once: whoever presses it may do so until this is set."""
    pressed = threading.Event()

    def interrupt(number: int, frame: object) -> None:
        if not pressed.is_set():
            pressed.set()
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, interrupt)
    yield pressed
    signal.signal(signal.SIGINT, before)


def test_a_sleep_can_be_interrupted(
    mock: MockServer, monkeypatch: pytest.MonkeyPatch, interrupted: threading.Event
) -> None:
    with mock.virtual_time() as virtual:
        monkeypatch.setattr(virtual._autojump, "_is_everybody_at_rest", _never)
        sleeper = threading.get_ident()

        def interrupt() -> None:
            _until_somebody_sleeps(virtual)
            # A signal that comes just before a thread begins to wait does not end the wait: that is Python's way.
            while not interrupted.is_set():
                signal.pthread_kill(sleeper, signal.SIGINT)
                _REALLY_SLEEP[0](PAUSE)

        interrupting = threading.Thread(target=interrupt)
        interrupting.start()
        with pytest.raises(KeyboardInterrupt):
            time.sleep(3600)
        interrupting.join()
        monkeypatch.undo()
        began = mock.clock.now
        time.sleep(1)
        assert mock.clock.now - began == 1


def test_a_sleep_that_begins_too_late_is_over_at_once(mock: MockServer) -> None:
    with mock.virtual_time() as virtual:
        mock._server.call(virtual._autojump.stop)
        time.sleep(3600)


def test_a_failure_while_time_passes_reaches_the_sleeper(mock: MockServer) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    reported: list[object] = []
    server = mock._server
    server.call(lambda: server.loop.set_exception_handler(lambda loop, context: reported.append(context["exception"])))
    server.call(lambda: server.engine.worlds.clock.after(30, fail))
    with mock.virtual_time(), pytest.raises(Problem, match="failed while time passed: ZeroDivisionError"):
        time.sleep(60)


async def _never() -> bool:
    await _REAL_SLEEP[0](PAUSE)
    return False


def _until_somebody_sleeps(virtual: VirtualTime) -> None:
    while not virtual._autojump._sleeps:
        _REALLY_SLEEP[0](PAUSE)


def test_no_time_at_all_is_slept_as_ever(mock: MockServer) -> None:
    began = mock.clock.now
    with mock.virtual_time():
        time.sleep(0)
        asyncio.run(asyncio.sleep(0, "result"))
        with pytest.raises(ValueError, match="non-negative"):
            time.sleep(-1)
    assert mock.clock.now == began


def test_the_async_server_and_its_client_share_a_loop() -> None:
    async def work() -> float:
        async with AsyncMockServer(clock="manual", latency="15m") as mock:
            began = mock.clock.now
            with mock.virtual_time():
                async with httpx.AsyncClient(trust_env=False, headers={"Authorization": "Key k"}) as client:
                    url = f"{mock.fal.queue_url}/{MODEL}"
                    status = (await client.post(url, json={"prompt": "x"})).json()["status_url"]
                    while (await client.get(status)).status_code != 200:
                        await asyncio.sleep(0.5)
                with pytest.raises(RuntimeError, match="would stop the server"):
                    time.sleep(1)
            return mock.clock.now - began

    assert asyncio.run(work()) == 900


def test_a_world_sleeps_by_its_own_clock(mock: MockServer) -> None:
    mine, theirs = mock.world("mine"), mock.world("theirs")
    before = theirs.clock.now
    with mine.virtual_time():
        time.sleep(60)
    assert (mine.clock.now - before, theirs.clock.now) == (60, before)


def test_answers_are_dated_by_the_clock_that_their_client_reads(mock: MockServer) -> None:
    def dated(path: str, key: str) -> float:
        answer = httpx.get(mock.url + path, headers={"Authorization": f"Key {key}"}, trust_env=False)
        (date,) = answer.headers.get_list("date")
        return parsedate_to_datetime(date).timestamp()

    with mock.virtual_time():
        time.sleep(600.5)
        for path in ("/fal/queue/no-such-app/requests/1", "/runpod/v2/kling-video-o1-r2v/health", "/runware/v1"):
            assert dated(path, "a-key") == int(time.time())
    assert dated("/fal/queue/no-such-app/requests/1", "a-key") > mock.clock.now + 86400


def test_a_refused_port_is_opened_by_the_mocks_clock_alone(mock: MockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[float] = []
    listener = mock._server._server._listener
    shut = listener.shut

    def note(over: asyncio.Event, at_most: float) -> None:
        limits.append(at_most)
        shut(over, at_most)

    monkeypatch.setattr(listener, "shut", note)
    mock.faults.add("refused", phase="before", seconds=5, times=1)
    headers = {"Authorization": "Key a-key"}

    def submit() -> int:
        url = f"{mock.fal.queue_url}/{MODEL}"
        with httpx.Client(trust_env=False, headers=headers, timeout=REAL_SECONDS) as client:
            return client.post(url, json={"prompt": "x"}).status_code

    with mock.virtual_time():
        for _ in range(2):
            with pytest.raises(httpx.TransportError):
                submit()
        time.sleep(6)
        assert submit() == 200
    assert limits == [60.0]


def test_one_process_is_alive_in_one_virtual_time(mock: MockServer) -> None:
    with mock.virtual_time(), pytest.raises(RuntimeError, match="in virtual time already"), mock.virtual_time():
        pass
    with mock.virtual_time():
        time.sleep(1)


def test_a_reset_in_virtual_time_starts_anew_and_time_goes_on(mock: MockServer, submit: Submit, result: Result) -> None:
    world = mock.world("a-key")
    with world.virtual_time():
        assert poll(result, submit())[0] == "done"
        world.reset()
        assert world.ledger.spent == 0
        assert poll(result, submit())[0] == "done"


def test_only_clients_and_the_program_itself_are_covered(tmp_path: Path) -> None:
    here = {module.__name__ for module in client_modules(Path.cwd(), ["httpx"])}
    elsewhere = {module.__name__ for module in client_modules(tmp_path, [])}
    assert __name__ in here - elsewhere
    assert {"httpx", "httpx._client"} <= here - elsewhere
    assert not {name for name in here | elsewhere if name.partition(".")[0] in ("vidmock", "asyncio", "pytest")}
    assert all(isinstance(module, ModuleType) for module in client_modules(Path("/"), []))
    assert "json" not in {module.__name__ for module in client_modules(Path("/"), [])}
