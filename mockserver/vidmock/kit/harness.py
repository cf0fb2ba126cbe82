"""Runs a client against a provider's mock, in trials: each has a new client, and a world of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from decimal import Decimal
from threading import Barrier, Thread
from typing import Any, Protocol

from vidmock.kit.client import Client, ClientError, Result, TakesWebhooks
from vidmock.kit.lossy_proxy import Script
from vidmock.kit.webhook_receiver import ReceivedWebhook
from vidmock.kit.wire import Wire
from vidmock.schema.catalog import Model

DEADLINE = 6000.0
"""The mock's seconds that a client has for a job, where a check is not about deadlines: ample."""
WEBHOOK_SECONDS = 10.0
"""Real seconds to wait for a webhook."""


@dataclass(frozen=True, slots=True)
class Charges:
    """What the provider charged for: the inputs of the accepted jobs in their order, and the USD, less refunds."""

    inputs: tuple[Mapping[str, Any], ...]
    spent: Decimal

    @property
    def accepted(self) -> int:
        """The number of jobs."""
        return len(self.inputs)


class Trial:
    """One client in one world of the mock, and what can be observed of it from outside.

    *published* are the results that the client has published, *script* decides which answers it loses and has the
    requests that it sent, *charges* asks the mock what was charged.
    """

    def __init__(
        self,
        wire: Wire,
        client: Client,
        published: list[Result],
        script: Script,
        charges: Callable[[], Charges],
        take_webhook: Callable[[float], ReceivedWebhook],
    ) -> None:
        self.wire, self.client, self.published, self.script, self.charges = wire, client, published, script, charges
        self._take_webhook = take_webhook
        self._threads: list[Thread] = []

    def generate(self, model: Model, input: Mapping[str, Any], deadline: float = DEADLINE) -> Result:
        return self.client.generate(model.id, input, deadline=deadline)

    def attempt(self, model: Model, input: Mapping[str, Any], deadline: float = DEADLINE) -> Result | ClientError:
        """As :meth:`generate`, but a :class:`ClientError` is returned instead of raised."""
        try:
            return self.generate(model, input, deadline)
        except ClientError as error:
            return error

    @property
    def submissions(self) -> list[bytes]:
        """The bodies of the submissions that the client sent, accepted or not."""
        return [request.body for request in self.script.seen if self.wire.is_submission(request)]

    def next_webhook(self) -> ReceivedWebhook:
        """The next webhook of this trial's jobs. The client has not seen it yet.

        Raises:
            AssertionError: none came.
        """
        return self._take_webhook(WEBHOOK_SECONDS)

    def deliver(self, webhook: ReceivedWebhook, copies: int = 1) -> None:
        """Start to hand *copies* of *webhook* to the client, all at once, each in a thread of its own."""
        barrier = Barrier(copies)

        def handle() -> None:
            barrier.wait()
            assert isinstance(self.client, TakesWebhooks)
            # A client may refuse a webhook with any exception; only the effects are checked.
            with suppress(Exception):
                self.client.handle_webhook(webhook.body, webhook.headers)

        threads = [Thread(target=handle) for _ in range(copies)]
        for thread in threads:
            thread.start()
        self._threads += threads

    def wait_for_deliveries(self) -> None:
        """Wait until the client has handled every webhook that it was given."""
        while self._threads:
            self._threads.pop().join()


class Harness(Protocol):
    """What a check is given: one provider, its models, and the client under test."""

    @property
    def wire(self) -> Wire: ...

    @property
    def models(self) -> Sequence[Model]: ...

    @property
    def takes_webhooks(self) -> bool:
        """Whether the client takes webhooks."""

    def trial(
        self,
        *,
        latency: tuple[float, float] | None = None,
        sleep_factors: Sequence[float] = (1.0,),
        in_first_sleep: Callable[[Trial], None] | None = None,
        webhooks: bool = False,
    ) -> AbstractContextManager[Trial]:
        """A new world of the mock, with a new client.

        *latency* is how many seconds each job waits and runs. The client's sleeps are multiplied by *sleep_factors* in
        turn, and *in_first_sleep* is called in its first one. With *webhooks* the client is given a webhook URL.
        """
