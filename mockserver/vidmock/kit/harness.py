"""Where a client is put on: a provider's mock, and for each act a world with a key of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from decimal import Decimal
from threading import Barrier, Thread
from typing import Any, Protocol

from vidmock.kit.client import Client, ClientError, Hooked, Result
from vidmock.kit.lossy_proxy import Script
from vidmock.kit.webhook_receiver import ReceivedWebhook
from vidmock.kit.wire import Wire
from vidmock.schema.catalog import Model

DEADLINE = 6000.0
"""Seconds of the mock that a client is given, where a check is not about deadlines: ample on a busy machine."""
SETTLE_SECONDS = 10.0
"""Real seconds to wait for a webhook that is due."""


@dataclass(frozen=True, slots=True)
class Charges:
    """What the provider accepted and took: the inputs in their order, and USD after refunds."""

    inputs: tuple[Mapping[str, Any], ...]
    spent: Decimal

    @property
    def accepted(self) -> int:
        return len(self.inputs)


class Trial:
    """One client in one world, and all that can be seen of it from outside."""

    def __init__(
        self,
        wire: Wire,
        client: Client,
        published: list[Result],
        script: Script,
        bill: Callable[[], Charges],
        take: Callable[[float], ReceivedWebhook],
    ) -> None:
        self.wire, self.client, self.published, self.script, self.bill = wire, client, published, script, bill
        self._take = take
        self._threads: list[Thread] = []

    def generate(self, model: Model, input: Mapping[str, Any], deadline: float = DEADLINE) -> Result:
        return self.client.generate(model.id, input, deadline=deadline)

    def attempt(self, model: Model, input: Mapping[str, Any], deadline: float = DEADLINE) -> Result | ClientError:
        """What comes of it, whether a result or one of the errors that a client may raise."""
        try:
            return self.generate(model, input, deadline)
        except ClientError as error:
            return error

    @property
    def submissions(self) -> list[bytes]:
        """The bodies of the requests that ask for a generation, accepted or not."""
        return [request.body for request in self.script.seen if self.wire.submits(request)]

    def delivery(self) -> ReceivedWebhook:
        """The next webhook call that the provider makes."""
        return self._take(SETTLE_SECONDS)

    def deliver(self, delivery: ReceivedWebhook, copies: int = 1) -> None:
        """Hand *copies* of *delivery* to the client at once, each in a thread; ``settle`` waits for them."""
        barrier = Barrier(copies)

        def hand_over() -> None:
            barrier.wait()
            assert isinstance(self.client, Hooked)
            # Refusing a delivery, in any way, is a right answer; only its effects count.
            with suppress(Exception):
                self.client.handle_webhook(delivery.body, delivery.headers)

        threads = [Thread(target=hand_over) for _ in range(copies)]
        for thread in threads:
            thread.start()
        self._threads += threads

    def settle(self) -> None:
        """Wait until every delivery has been handled."""
        while self._threads:
            self._threads.pop().join()


class Harness(Protocol):
    """One provider, and the client under test."""

    @property
    def wire(self) -> Wire: ...

    @property
    def models(self) -> Sequence[Model]: ...

    @property
    def hooked(self) -> bool:
        """Whether the client takes webhooks."""

    def act(
        self,
        *,
        latency: tuple[float, float] | None = None,
        rhythm: Sequence[float] = (1.0,),
        meanwhile: Callable[[Trial], None] | None = None,
        hooks: bool = False,
    ) -> AbstractContextManager[Trial]:
        """A new world and a new client in it.

        *latency* is how many seconds jobs wait and run; *rhythm* stretches the client's sleeps; *meanwhile* happens
        in its first sleep; with *hooks* it is given a webhook URL.
        """
