"""Time that passes for several worlds at once, over HTTP and in Python: what is due happens in one order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

import httpx
import pytest

from vidmock import MockServer
from vidmock.engine.jobs.timeline import Latency
from vidmock.engine.time.epoch import EPOCH
from vidmock.engine.time.mode import Mode
from vidmock.engine.world.settings import Settings

if TYPE_CHECKING:
    from tests.testing.conftest import Receiver

Submit = Callable[..., None]


class Time(Protocol):
    """Lets time pass for all worlds."""

    def advance(self, by: str, /) -> None: ...

    def run_until_idle(self) -> None: ...

    def set_mode(self, mode: str, /) -> None: ...


class HTTPTime:
    """The control API of *mock*."""

    def __init__(self, mock: MockServer, client: httpx.Client) -> None:
        self._url, self._client = f"{mock.url}/_vidmock/clock", client

    def advance(self, by: str) -> None:
        self._client.post(f"{self._url}/advance", json={"by": by}).raise_for_status()

    def run_until_idle(self) -> None:
        self._client.post(f"{self._url}/run-until-idle", headers={"x-vidmock": "1"}).raise_for_status()

    def set_mode(self, mode: str) -> None:
        self._client.put(self._url, json={"mode": mode}).raise_for_status()


class PythonTime:
    """The handle of *mock*."""

    def __init__(self, mock: MockServer) -> None:
        self._clock = mock.clock
        self.advance, self.run_until_idle = mock.clock.advance, mock.clock.run_until_idle

    def set_mode(self, mode: str) -> None:
        self._clock.mode = mode


@pytest.fixture
def mock() -> Iterator[MockServer]:
    with MockServer(seed=1, clock="manual", latency="30s") as server:
        yield server


@pytest.fixture
def client(mock: MockServer) -> Iterator[httpx.Client]:
    with httpx.Client(transport=mock.transport()) as client:
        yield client


@pytest.fixture(params=["HTTP", "Python"])
def time(request: pytest.FixtureRequest, mock: MockServer, client: httpx.Client) -> Time:
    return HTTPTime(mock, client) if request.param == "HTTP" else PythonTime(mock)


@pytest.fixture
def submit(mock: MockServer, client: httpx.Client, receiver: Receiver) -> Submit:
    """Submits a job of *seconds* to the world of *key*; its webhook goes to that path, and again after 10 s."""

    def submit(key: str, seconds: float | None = None, clock: str = "manual") -> None:
        if seconds is not None:
            latency, retries = Latency((0, 0), (seconds, seconds)), {"runpod.webhook_retries": "documented"}
            mock.world(key, Settings(clock=Mode.parse(clock), latency=latency, behaviours=retries))
        body = {"input": {"prompt": "a kite", "images": ["https://pictures.example/cat.png"]}}
        hook = receiver.url.replace("/hook", f"/{key}")
        url = f"{mock.runpod.url}/kling-video-o1-r2v/run"
        client.post(url, json=body | {"webhook": hook}, headers={"Authorization": f"Bearer {key}"}).raise_for_status()

    return submit


@pytest.mark.parametrize("until_idle", [False, True], ids=["advance", "until idle"])
def test_webhooks_of_several_worlds_are_sent_in_one_order(
    time: Time, submit: Submit, receiver: Receiver, until_idle: bool
) -> None:
    submit("slow", 100)
    submit("fast", 3)
    if until_idle:
        time.run_until_idle()
    else:
        time.advance("2m")
    assert receiver.paths == ["/fast", "/slow"]


def test_a_retry_comes_before_what_another_world_does_later(time: Time, submit: Submit, receiver: Receiver) -> None:
    receiver.statuses = [500, 200]
    submit("later", 15)
    submit("between", 5)
    submit("first", 3)
    time.advance("1m")
    assert receiver.paths == ["/first", "/between", "/first", "/later"]


def test_a_receiver_finds_the_same_time_in_every_world(
    mock: MockServer, time: Time, submit: Submit, receiver: Receiver
) -> None:
    seen: list[tuple[float, ...]] = []
    receiver.on_post = lambda _: seen.append(tuple(mock.world(key).clock.now - EPOCH for key in ("slow", "fast")))
    submit("slow", 100)
    submit("fast", 3)
    time.advance("2m")
    assert seen == [(3, 3), (100, 100)]
    assert [world.clock.now - EPOCH for world in mock.worlds.values()] == [120, 120]


def test_clocks_of_every_mode_go_together(mock: MockServer, time: Time, submit: Submit, receiver: Receiver) -> None:
    submit("last", 500)
    submit("flowing", 300, "real")
    submit("stepped", 20, "step")
    submit("first", 3)
    time.advance("10m")
    assert receiver.paths == ["/first", "/stepped", "/flowing", "/last"]
    assert {key: world.clock.mode for key, world in mock.worlds.items()} == {
        "last": "manual",
        "flowing": "real",
        "stepped": "step",
        "first": "manual",
    }
    assert [mock.world(key).clock.now - EPOCH for key in ("last", "stepped", "first")] == [600] * 3


def test_clocks_that_show_different_times_go_on_by_as_much(
    mock: MockServer, time: Time, submit: Submit, receiver: Receiver
) -> None:
    submit("slow", 100)
    submit("ahead", 4000)
    mock.world("ahead").clock.advance("3997s")
    time.advance("2m")
    assert receiver.paths == ["/ahead", "/slow"]
    assert [mock.world(key).clock.now - EPOCH for key in ("slow", "ahead")] == [120, 4117]


def test_what_fails_in_one_world_holds_up_no_other(
    mock: MockServer, time: Time, submit: Submit, receiver: Receiver
) -> None:
    submit("other", 5)
    submit("broken", 5)
    clock = mock._server.engine.worlds.world("broken").clock
    for seconds in (3, 5):
        mock._server.call(lambda seconds=seconds: clock.after(seconds, lambda: 1 / 0))  # type: ignore[misc, arg-type, return-value]  # breaks before it returns anything
    with pytest.raises((ZeroDivisionError, httpx.HTTPStatusError)):
        time.advance("1m")
    assert sorted(receiver.paths) == ["/broken", "/other"]
    assert [world.clock.now - EPOCH for world in mock.worlds.values()] == [60, 60]


@pytest.mark.parametrize("until_idle", [False, True], ids=["advance", "until idle"])
def test_a_world_that_is_made_while_time_passes_joins_in(
    time: Time, submit: Submit, receiver: Receiver, until_idle: bool
) -> None:
    receiver.on_post = lambda path: submit("new") if path == "/first" else None
    submit("last", 100)
    submit("first", 3)
    if until_idle:
        time.run_until_idle()
    else:
        time.advance("2m")
    assert receiver.paths == ["/first", "/new", "/last"]


def test_a_world_that_is_made_while_time_passes_shows_it(
    mock: MockServer, time: Time, submit: Submit, receiver: Receiver
) -> None:
    receiver.on_post = lambda path: submit("new") if path == "/first" else None
    submit("first", 3)
    time.advance("2m")
    assert {world.clock.now - EPOCH for world in mock.worlds.values()} == {120}


def test_worlds_to_come_have_the_time_and_mode_that_the_servers_clock_was_given(
    mock: MockServer, time: Time, submit: Submit
) -> None:
    time.advance("1h")
    time.set_mode("step")
    submit("new")
    submit("its own", 30)
    assert (mock.world("new").clock.mode, mock.world("new").clock.now - EPOCH) == ("step", 3600)
    assert mock.world("its own").clock.mode == "manual"


@pytest.mark.parametrize("order", [("HTTP", "Python"), ("Python", "HTTP")], ids=" then ".join)
def test_both_doors_lead_to_one_clock(
    mock: MockServer, client: httpx.Client, submit: Submit, order: tuple[str, str]
) -> None:
    doors: dict[str, Time] = {"HTTP": HTTPTime(mock, client), "Python": PythonTime(mock)}
    for number, door in enumerate(order):
        doors[door].advance("1h")
        submit(door)
        assert mock.clock.now - EPOCH == 3600 * (number + 1)
        assert {world.clock.now for world in mock.worlds.values()} == {mock.clock.now}
    for mode, door in zip(("step", "manual"), order, strict=True):
        doors[door].set_mode(mode)
        assert mock.clock.mode == mode
