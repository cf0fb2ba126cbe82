"""A webhook delivery: what is sent, how often it is tried, and what came of each attempt."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from vidmock.engine.clock import Timer
from vidmock.engine.job import Job


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """*delays* are the seconds before the second, third, … attempt; *timeout* is the seconds for one attempt.

    *later_timeout* is that of all but the first, where it differs; a status in *final* ends the attempts. With
    *fresh*, each attempt is signed as of its own moment.
    """

    delays: tuple[float, ...]
    timeout: float
    later_timeout: float | None = None
    final: frozenset[int] = frozenset()
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One HTTP request to a receiver, byte for byte. *retries* is its own plan, where its provider's is not meant.

    *renewed* makes the headers as of a moment, where they are signed with the time.
    """

    url: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = (("content-type", "application/json"),)
    method: str = "POST"
    retries: RetryPlan | None = None
    renewed: Callable[[float], tuple[tuple[str, str], ...]] | None = None


def as_json(value: object) -> bytes:
    """*value* as compact UTF-8 JSON, the form most providers send."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class Attempt:
    """*status* is the receiver's HTTP status, or ``None`` with the reason in *error*.

    *by_hand* is one that somebody asked for, beside those that the provider makes.
    """

    at: float
    status: int | None
    error: str = ""
    by_hand: bool = False

    @property
    def accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(slots=True)
class Delivery:
    """One message of one job, and its attempts so far. *number* counts the world's deliveries from 1.

    *planned* is when it is tried next, or began to be, in seconds since the epoch; ``None`` once it has ended.
    """

    job: str
    message: Message
    attempts: list[Attempt] = field(default_factory=list)
    number: int = 0
    planned: float | None = None
    timer: Timer | None = field(default=None, compare=False, repr=False)

    @property
    def accepted(self) -> bool:
        return any(attempt.accepted for attempt in self.attempts)

    def give_up(self) -> None:
        """Have no further attempt made."""
        if self.timer:
            self.timer.cancel()
        self.planned = None


class Announcer(Protocol):
    """What a provider says when a job ends; implemented by its dialect."""

    @property
    def retries(self) -> RetryPlan: ...

    def messages(self, job: Job, now: float) -> tuple[Message, ...]: ...


class Post(Protocol):
    """Sends one message and reports the status, or why there is none; never raises for what a receiver does."""

    async def __call__(self, message: Message, timeout: float) -> tuple[int | None, str]: ...
