"""A webhook delivery: what is sent, how often it is tried, and what came of each attempt."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Protocol, Self

MessageHeaders = tuple[tuple[str, str], ...]


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


class Signer(Protocol):
    """What makes the headers of a message that is signed; implemented by the dialects that sign."""

    def headers(self, body: bytes, moment: float) -> MessageHeaders:
        """All headers of *body*, signed as of *moment* (seconds since the epoch)."""

    def about(self, job: str) -> Self:
        """The same for a message that names another job."""

    def rotated(self) -> Self:
        """The same with a key that no receiver has met yet, but can look up from now on."""


@dataclass(frozen=True, slots=True)
class Message:
    """One HTTP request to a receiver, byte for byte. *retries* is its own plan, where its provider's is not meant.

    *signature* makes the headers anew, where body or time are signed.
    """

    url: str
    body: bytes
    headers: MessageHeaders = (("content-type", "application/json"),)
    method: str = "POST"
    retries: RetryPlan | None = None
    signature: Signer | None = field(default=None, compare=False, repr=False)

    def signed(self, moment: float) -> Message:
        """The same, signed as of *moment*, where it is signed at all."""
        return replace(self, headers=self.signature.headers(self.body, moment)) if self.signature else self


def json_body(value: object) -> bytes:
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

    *planned* is when it is attempted next, or began to be, in seconds since the epoch; ``None`` once it has ended. One
    that is *held* goes out before that, right after the next one of its world. Only its outbox changes it.
    """

    job: str
    message: Message
    attempts: list[Attempt] = field(default_factory=list)
    number: int = 0
    planned: float | None = None
    held: bool = False

    @property
    def accepted(self) -> bool:
        return any(attempt.accepted for attempt in self.attempts)
