"""What happens in the worlds of a server, as it is told to whoever listens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from vidmock.engine.faults.rules import Effect, Moment
from vidmock.engine.jobs.job import Job
from vidmock.engine.webhooks.delivery import Attempt, Delivery
from vidmock.engine.world.journal import Exchange
from vidmock.engine.world.world import World


@dataclass(frozen=True, slots=True)
class JobAccepted:
    """The beginning of *job*."""

    job: Job


@dataclass(frozen=True, slots=True)
class JobChanged:
    """Another future of *job*, which has not ended."""

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


@dataclass(frozen=True, slots=True)
class FaultStruck:
    """An *effect* that struck at a *moment*: by the rule whose id it has, or by a prompt."""

    moment: Moment
    effect: Effect


@dataclass(frozen=True, slots=True)
class WorldChanged:
    """A world that was ``made``, is new again (``reset``), came from a snapshot (``restored``), or is gone."""

    what: Literal["made", "reset", "restored", "gone"]


ActivityEvent = Exchange | JobAccepted | JobChanged | JobEnded | WebhookAttempted | FaultStruck | WorldChanged


class ActivityListener(Protocol):
    """Receives each event of any world as it happens, and the end of the server."""

    def heard(self, world: World, event: ActivityEvent) -> None: ...

    def over(self) -> None: ...
