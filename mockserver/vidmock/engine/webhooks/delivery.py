"""Webhook deliveries: what is sent, what came of each attempt, and the outbox that holds those of a world."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Protocol, Self

from vidmock.engine.bounded_log import BoundedLog

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


class Outbox:
    """The newest *keep* deliveries, of at most *keep_bytes* of bodies, in the order of their numbers.

    Those still to be attempted are all held besides, in :attr:`planned`. Nobody else changes a delivery.
    """

    def __init__(self, keep: int, keep_bytes: int) -> None:
        self._newest: BoundedLog[Delivery] = BoundedLog(keep, keep_bytes)
        self._planned: dict[int, Delivery] = {}
        self._counted = 0

    def __iter__(self) -> Iterator[Delivery]:
        return iter(self._newest)

    def __reversed__(self) -> Iterator[Delivery]:
        return reversed(self._newest)

    def __len__(self) -> int:
        return len(self._newest)

    @property
    def counted(self) -> int:
        """How many deliveries there were so far."""
        return self._counted

    @property
    def planned(self) -> Mapping[int, Delivery]:
        """The deliveries that have not ended, by number."""
        return MappingProxyType(self._planned)

    def add(self, job_id: str, message: Message, *, held: bool = False) -> Delivery:
        """A new delivery of *message* about a job."""
        self._counted += 1
        delivery = Delivery(job_id, message, number=self._counted, held=held)
        self._newest.add(delivery, len(message.body))
        return delivery

    def plan(self, delivery: Delivery, when: float) -> None:
        """Note that *delivery* is attempted next at *when*."""
        delivery.planned = when
        self._planned[delivery.number] = delivery

    def let_go(self, delivery: Delivery) -> None:
        """Hold *delivery* back no longer."""
        delivery.held = False

    def sign(self, delivery: Delivery, moment: float) -> None:
        """Have *delivery* signed as of *moment*, where it is signed at all."""
        delivery.message = delivery.message.signed(moment)

    def attempted(self, delivery: Delivery, attempt: Attempt) -> None:
        """Note what came of *attempt*."""
        delivery.attempts.append(attempt)

    def finish(self, delivery: Delivery) -> None:
        """Note that *delivery* is attempted no more, or that its next attempt is not planned yet."""
        delivery.planned = None
        self._planned.pop(delivery.number, None)

    def restore(self, deliveries: Iterable[Delivery], counted: int) -> None:
        """Hold *deliveries*, in an outbox that is empty; *counted* there were up to the last of them."""
        for delivery in deliveries:
            self._newest.add(delivery, len(delivery.message.body))
        self._counted = counted

    def restore_signer(self, delivery: Delivery, message: Message) -> None:
        """Have further attempts of *delivery* signed as those of *message* are."""
        delivery.message = replace(delivery.message, signature=message.signature)
