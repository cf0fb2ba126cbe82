"""Makes clients, and calls those whose calls are coroutines as if they were not: in an event loop of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import suppress
from inspect import isawaitable, iscoroutine, iscoroutinefunction, signature
from threading import Event, Thread
from typing import Any, Final

from vidmock.kit.client import MakeClient, Result

SLEEPERS: Final = 200
"""Tasks of one client that sleep at once, at most."""
THREAD: Final = "vidmock-client-loop"
"""The name of the thread of a loop."""
CLOSES_IN: Final = 5.0
"""Real seconds that a client has to close itself, and its loop to end what it has left open."""


def make_client(make: MakeClient, *, sleep: Callable[[float], None], **given: Any) -> Any:
    """A client that *make* makes, whose methods can be called from any thread. It is *given* the rest.

    Where its ``generate`` is a coroutine function, its *sleep* is one too.

    Raises:
        TypeError: what is made is no client.
    """
    loops: list[ClientLoop] = []

    def either(seconds: float) -> Any:
        return (loops[0].sleep if loops else sleep)(seconds)

    client: Any = make(sleep=either, **given)
    if iscoroutine(client):
        client.close()
        raise TypeError("a plain function is to make the client: what needs an event loop is opened by its first call")
    if not callable(getattr(client, "generate", None)):
        raise TypeError(f"a {type(client).__name__} is made, which has no method generate")
    with suppress(ValueError):
        # Where that can be known: of what is not written in Python, it cannot.
        taken = signature(client.generate)
        try:
            taken.bind("model", {}, deadline=1.0)
        except TypeError as error:
            raise TypeError(f"its generate{taken} is called as generate(model, input, deadline=…): {error}") from None
    if not iscoroutinefunction(client.generate):
        return client
    loops.append(ClientLoop(sleep))
    return CoroutineClient(client, loops[0])


class CoroutineClient:
    """A *client* whose calls are coroutines. They run in *loop*, which is its own."""

    def __init__(self, client: Any, loop: ClientLoop) -> None:
        self.lacks: Collection[str] = getattr(client, "lacks", frozenset())
        self._client, self._loop = client, loop
        if hasattr(client, "handle_webhook"):
            self.handle_webhook = self._handle_webhook
        if hasattr(client, "resume"):
            self.resume = self._resume

    def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        made: Result = self._loop.run(self._client.generate(model, input, deadline=deadline))
        return made

    def close(self) -> None:
        """Close the client, if that can be done, and end what it has left behind in its loop."""
        try:
            closed = getattr(self._client, "close", lambda: None)()
            if isawaitable(closed):
                self._loop.run(closed, CLOSES_IN)
        finally:
            self._loop.end()

    def _resume(self, job: str, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        made: Result = self._loop.run(self._client.resume(job, model, input, deadline=deadline))
        return made

    def _handle_webhook(self, body: bytes, headers: Mapping[str, str]) -> None:
        handled = self._client.handle_webhook(body, headers)
        if isawaitable(handled):
            self._loop.run(handled)


class ClientLoop:
    """An event loop in a thread of its own, whose tasks may *sleep*."""

    def __init__(self, sleep: Callable[[float], None]) -> None:
        self._blocking_sleep = sleep
        self._sleepers = ThreadPoolExecutor(SLEEPERS)
        self._calls: set[asyncio.Task[Any]] = set()
        self._interrupted = False
        self._begun = Event()
        self._thread = Thread(target=lambda: asyncio.run(self._live()), name=THREAD, daemon=True)
        self._thread.start()
        self._begun.wait()

    async def _live(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        self._begun.set()
        await self._over.wait()

    def run(self, work: Awaitable[Any], timeout: float | None = None) -> Any:
        """What *work* comes to. Raises TimeoutError: not after so many real seconds."""
        try:
            answer, ended = asyncio.run_coroutine_threadsafe(self._call(work), self._loop).result(timeout)
        except CancelledError:
            if self._interrupted:
                raise KeyboardInterrupt from None
            raise
        if ended:
            raise ended
        return answer

    async def _call(self, work: Awaitable[Any]) -> tuple[Any, BaseException | None]:
        call = asyncio.current_task()
        assert call is not None
        self._calls.add(call)
        try:
            return await work, None
        except (KeyboardInterrupt, SystemExit) as ended:
            # A loop ends with a task that raises one of these.
            return None, ended
        finally:
            self._calls.discard(call)

    async def sleep(self, seconds: float) -> None:
        """As ``asyncio.sleep``. Where it is interrupted, the calls are cancelled, as asyncio does of Ctrl-C."""
        try:
            await self._loop.run_in_executor(self._sleepers, self._blocking_sleep, seconds)
        except KeyboardInterrupt:
            self._interrupted = True
            for call in self._calls:
                call.cancel()
            await asyncio.sleep(0)
        except SystemExit:
            # There is no time any more. The loop is about to end.
            await asyncio.Event().wait()

    def end(self) -> None:
        """Cancel all tasks that are left."""
        self._loop.call_soon_threadsafe(self._over.set)
        self._sleepers.shutdown(wait=False, cancel_futures=True)
        self._thread.join(CLOSES_IN)
