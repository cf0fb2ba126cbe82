"""Runs a client against a provider's mock, in trials: each has a new client, and a world of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from vidmock.kit.client import Client, ClientError, MakeClient, Result
from vidmock.kit.wire import Wire
from vidmock.schema.catalog import Model

DEADLINE = 6000.0
"""The mock's seconds that a client has for a job, where a check is not about deadlines: ample."""


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
    """One client in one world of the mock: *published* is what it has published, *charges* asks what was charged."""

    def __init__(self, client: Client, published: list[Result], charges: Callable[[], Charges]) -> None:
        self.client, self.published, self.charges = client, published, charges

    def generate(self, model: Model, input: Mapping[str, Any], deadline: float = DEADLINE) -> Result:
        return self.client.generate(model.id, input, deadline=deadline)

    def attempt(self, model: Model, input: Mapping[str, Any], deadline: float = DEADLINE) -> Result | ClientError:
        """As :meth:`generate`, but a :class:`ClientError` is returned instead of raised."""
        try:
            return self.generate(model, input, deadline)
        except ClientError as error:
            return error


class Harness(Protocol):
    """What a check is given: one provider, its models, and the client under test."""

    @property
    def wire(self) -> Wire: ...

    @property
    def models(self) -> Sequence[Model]: ...

    @property
    def make(self) -> MakeClient:
        """Makes the client under test."""

    def trial(
        self, *, latency: tuple[float, float] | None = None, sleep_factors: Sequence[float] = (1.0,)
    ) -> AbstractContextManager[Trial]:
        """A new world of the mock, with a new client.

        *latency* is how many seconds each job waits and runs. The client's sleeps are multiplied by *sleep_factors* in
        turn.
        """
