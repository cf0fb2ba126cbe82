"""A client whose calls are coroutines is called from any thread, in one event loop, and is ended with it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from vidmock.kit.client import Refused, Result
from vidmock.kit.coroutine_client import THREAD, make_client

RESULT = Result((b"video",), "a-job")


class Plain:
    """Keeps in which loops it was called, and what became of it."""

    def __init__(self, *, sleep: Callable[[float], Awaitable[None]], seen: list[Any]) -> None:
        self._sleep, self.seen = sleep, seen

    async def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        self.seen.append(asyncio.get_running_loop())
        await self._sleep(deadline)
        return RESULT


@contextmanager
def made(make: Any, sleep: Callable[[float], None] | None = None) -> Iterator[tuple[Any, list[Any]]]:
    """A client, and what it has seen. No thread is left of it."""
    seen: list[Any] = []
    client = make_client(make, sleep=sleep or time_stands, seen=seen)
    try:
        yield client, seen
    finally:
        client.close()
    assert not [each for each in threading.enumerate() if each.name == THREAD]


def time_stands(seconds: float) -> None:
    """No time passes."""


def call(client: Any, deadline: float = 7.0) -> Any:
    return client.generate("a/b", {}, deadline=deadline)


def test_all_calls_run_in_one_loop_and_sleep_beside_each_other() -> None:
    together = threading.Barrier(40, timeout=60)

    def sleep(seconds: float) -> None:
        together.wait()

    with made(Plain, sleep) as (client, seen), ThreadPoolExecutor(40) as pool:
        assert list(pool.map(call, [client] * 40)) == [RESULT] * 40
    assert len(seen) == 40
    assert len(set(seen)) == 1


def test_a_client_of_plain_calls_is_given_a_plain_sleep_and_nothing_around_it() -> None:
    class Sync:
        def __init__(self, *, sleep: Callable[[float], None], seen: list[Any]) -> None:
            sleep(0)

        def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
            return RESULT

    slept: list[float] = []
    assert isinstance(make_client(Sync, sleep=slept.append, seen=[]), Sync)  # type: ignore[arg-type]  # it is given less
    assert slept == [0]


def test_what_makes_no_client_is_told_so() -> None:
    async def make(**given: Any) -> Plain:
        return Plain(**given)

    with pytest.raises(TypeError, match="a plain function is to make the client"):
        make_client(make, sleep=time_stands, seen=[])  # type: ignore[arg-type]  # as it is told
    with pytest.raises(TypeError, match="a dict is made, which has no method generate"):
        make_client(dict, sleep=time_stands)  # type: ignore[arg-type]  # as above


def test_an_interruption_cancels_the_call_as_asyncio_does() -> None:
    class Tidy(Plain):
        async def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
            try:
                return await super().generate(model, input, deadline=deadline)
            except asyncio.CancelledError:
                self.seen.append("cancelled")
                raise

    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    with made(Tidy, interrupted) as (client, seen):
        with pytest.raises(KeyboardInterrupt):
            call(client)
        assert seen[1:] == ["cancelled"]


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (Refused("no"), Refused),
        (KeyboardInterrupt(), KeyboardInterrupt),
        (SystemExit(2), SystemExit),
        (asyncio.CancelledError(), CancelledError),
    ],
    ids=["refused", "interrupted", "exit", "cancelled"],
)
def test_whatever_a_call_raises_comes_back_and_the_loop_goes_on(
    error: BaseException, raised: type[BaseException]
) -> None:
    class Raises(Plain):
        async def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
            if deadline:
                raise error
            return RESULT

    with made(Raises) as (client, _):
        with pytest.raises(raised):
            call(client)
        assert call(client, 0) == RESULT


def test_webhooks_are_handled_in_the_loop_or_by_a_plain_function() -> None:
    class Async(Plain):
        lacks = frozenset({"costs"})

        async def handle_webhook(self, body: bytes, headers: Mapping[str, str]) -> None:
            self.seen.append((asyncio.get_running_loop(), body))

    class Sync(Plain):
        def handle_webhook(self, body: bytes, headers: Mapping[str, str]) -> None:
            self.seen.append(body)

    with made(Async) as (client, seen):
        call(client)
        client.handle_webhook(b"{}", {})
        assert seen[1] == (seen[0], b"{}")
        assert client.lacks == {"costs"}
    with made(Sync) as (client, seen):
        client.handle_webhook(b"{}", {})
        assert seen == [b"{}"]
    with made(Plain) as (client, _):
        assert not hasattr(client, "handle_webhook")


def test_what_a_client_leaves_behind_ends_with_its_loop() -> None:
    over = False

    def until_it_is_over(seconds: float) -> None:
        if over:
            raise SystemExit

    class LeavesATask(Plain):
        async def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
            self._task = asyncio.create_task(self._go_on())
            return RESULT

        async def close(self) -> None:
            self.seen.append("closed")

        async def _go_on(self) -> None:
            try:
                while True:
                    await self._sleep(1)
            finally:
                self.seen.append("ended")

    with made(LeavesATask, until_it_is_over) as (client, seen):
        assert call(client) == RESULT
        over = True
    assert seen == ["closed", "ended"]
