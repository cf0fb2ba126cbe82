"""What happens in the worlds of a server, as it is told to whoever listens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from vidmock.engine.jobs.job import Job
from vidmock.engine.webhooks.delivery import Attempt, Delivery
from vidmock.engine.world.journal import Exchange
from vidmock.engine.world.world import World


@dataclass(frozen=True, slots=True)
class JobAccepted:
    """The beginning of *job*."""

    job: Job


@dataclass(frozen=True, slots=True)
class JobEnded:
    """The end of *job*."""

    job: Job


@dataclass(frozen=True, slots=True)
class WebhookAttempted:
    """An *attempt* of *delivery*, with its receiver's answer."""

    delivery: Delivery
    attempt: Attempt


ActivityEvent = Exchange | JobAccepted | JobEnded | WebhookAttempted


class ActivityListener(Protocol):
    """Receives each event of any world as it happens, and the end of the server."""

    def heard(self, world: World, event: ActivityEvent) -> None: ...

    def over(self) -> None: ...
