"""Webhook deliveries: messages, attempts, and the outbox that keeps the deliveries of a world."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, Literal, Protocol, Self

from vidmock.engine.bounded_log import BoundedLog, find_numbered
from vidmock.engine.memory import Holding

DELIVERY_SIZE: Final = 3_072
"""Bytes of a delivery beside its body."""

MessageHeaders = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """When a delivery is attempted again: *delays* are the seconds before the second, third, … attempt.

    *timeout* is the seconds for one attempt, *later_timeout* those for all but the first, where they differ. A status
    in *final* ends the attempts. With *fresh*, each attempt is signed as of its own moment, and not of the first one's.
    """

    delays: tuple[float, ...]
    timeout: float
    later_timeout: float | None = None
    final: frozenset[int] = frozenset()
    fresh: bool = True


class Signer(Protocol):
    """Makes the headers of a signed message. Implemented by the dialects that sign."""

    def headers(self, body: bytes, moment: float) -> MessageHeaders:
        """All headers of *body*, signed as of *moment* (seconds since the epoch)."""

    def about(self, job: str) -> Self:
        """A signer for the same message about another job."""

    def rotated(self) -> Self:
        """A signer with a new key, which receivers can look up from now on."""


@dataclass(frozen=True, slots=True)
class Signing:
    """How a message is signed: *age* seconds before it is sent, perhaps *about* another job, or by a *new_key*.

    *proof* says whether the signature or secret fits, is wrong, or is missing.
    """

    age: float = 0.0
    about: str = ""
    new_key: bool = False
    proof: Literal["right", "wrong", "missing"] = "right"

    def headers(self, signer: Signer, body: bytes, moment: float) -> MessageHeaders:
        """The headers of *body*, sent at *moment*, by *signer*."""
        signer = signer.about(self.about) if self.about else signer
        signer = signer.rotated() if self.new_key else signer
        return self.tampered(signer.headers(body, moment - self.age))

    def tampered(self, headers: MessageHeaders) -> MessageHeaders:
        """*headers* without each signature or secret, or with its last character turned into another of its kind."""
        if self.proof == "missing":
            return tuple((name, value) for name, value in headers if not _is_secret(name))
        if self.proof == "wrong":
            return tuple((name, _wrong(value) if _is_secret(name) else value) for name, value in headers)
        return headers


_AS_IT_SHOULD_BE = Signing()


def _is_secret(name: str) -> bool:
    return any(word in name for word in ("signature", "secret"))


def _wrong(value: str) -> str:
    return value[:-1] + ("0" if value[-1:] != "0" else "1")


@dataclass(frozen=True, slots=True)
class Message:
    """One HTTP request to a receiver, byte for byte. *retries* is its own plan, where it is not its provider's.

    Who accepts it has been told of the results in *tells*, by their ids (``None``: of all of its job), and has the file
    of the output *file*, if its body is one. *signature* makes the headers whenever it is sent, as *signing* says.
    """

    url: str
    body: bytes
    headers: MessageHeaders = (("content-type", "application/json"),)
    method: str = "POST"
    retries: RetryPlan | None = None
    tells: tuple[str, ...] | None = None
    file: str = ""
    signing: Signing = _AS_IT_SHOULD_BE
    signature: Signer | None = field(default=None, compare=False, repr=False)

    @property
    def receiver(self) -> str:
        """The host and port of the URL, as they stand there."""
        return self.url.partition("://")[2].partition("/")[0].rpartition("@")[2].lower()

    def changed(self, body: bytes) -> Message:
        """The message with *body*, from which nobody learns what was meant."""
        return replace(self, body=body, tells=(), file="")

    def signed(self, moment: float) -> Message:
        """The message as it is sent when the receiver's clock shows *moment*; without a signature it stays as it is."""
        signer = self.signature
        return replace(self, headers=self.signing.headers(signer, self.body, moment)) if signer else self


def json_body(value: object) -> bytes:
    """*value* as compact UTF-8 JSON, the form most providers send."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of a delivery: *status* is the receiver's HTTP status, or ``None`` with the reason in *error*.

    *by_hand* tells an attempt that was asked for from those that the provider makes.
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
    """One message about one job of *provider*'s, made *at* that moment, with its attempts so far.

    *number* counts the world's deliveries from 1.

    *planned* is when the next attempt begins, or the one under way began, in seconds since the epoch; ``None`` once the
    delivery has ended. A *held* delivery goes out earlier: after the next one of its world. Only its outbox changes it.
    """

    job: str
    message: Message
    attempts: list[Attempt] = field(default_factory=list)
    number: int = 0
    planned: float | None = None
    held: bool = False
    provider: str = ""
    at: float = 0.0

    @property
    def accepted(self) -> bool:
        return any(attempt.accepted for attempt in self.attempts)


class Outbox:
    """The newest *keep* deliveries, of at most *keep_bytes*, by number; the only one that changes a delivery.

    Deliveries that have not ended are all kept, in :attr:`planned`, and pinned in *holding*.
    """

    kind = "deliveries"

    def __init__(self, keep: int, keep_bytes: int, holding: Holding | None = None) -> None:
        self._holding = holding or Holding()
        self._newest: BoundedLog[Delivery] = BoundedLog(keep, keep_bytes, holding=self._holding)
        self._of_job: dict[str, list[Delivery]] = {}
        self._of_provider: dict[str, deque[Delivery]] = defaultdict(deque)
        self._planned: dict[int, Delivery] = {}
        self._held: dict[int, Delivery] = {}
        self._counted = 0

    @property
    def oldest(self) -> int | None:
        """The stamp of the oldest delivery that is not only planned."""
        return self._newest.oldest

    def give_up(self) -> None:
        """Drop the oldest delivery; one that has not ended stays planned."""
        self._drop(self._newest.pop())

    def __iter__(self) -> Iterator[Delivery]:
        return iter(self._newest)

    def __reversed__(self) -> Iterator[Delivery]:
        return reversed(self._newest)

    def __len__(self) -> int:
        return len(self._newest)

    def find(self, number: int) -> Delivery | None:
        """The delivery of that number, if it is still here."""
        return find_numbered(self._newest, number)

    def about(self, job_id: str) -> Sequence[Delivery]:
        """The deliveries about that job that are still here, oldest first."""
        return tuple(self._of_job.get(job_id, ()))

    def of(self, provider: str) -> Sequence[Delivery]:
        """The deliveries about the provider's jobs that are still here, oldest first. It changes with the outbox."""
        return self._of_provider[provider]

    @property
    def counted(self) -> int:
        """How many deliveries were added so far."""
        return self._counted

    @property
    def planned(self) -> Mapping[int, Delivery]:
        """The deliveries that have not ended, by number."""
        return MappingProxyType(self._planned)

    @property
    def held(self) -> Sequence[Delivery]:
        """The planned deliveries that are held back."""
        return tuple(self._held.values())

    def add(
        self, job_id: str, message: Message, *, held: bool = False, provider: str = "", at: float = 0.0
    ) -> Delivery:
        """A new delivery of *message* about a job of *provider*'s, which is made *at* that moment."""
        self._counted += 1
        delivery = Delivery(job_id, message, number=self._counted, held=held, provider=provider, at=at)
        self._keep(delivery)
        return delivery

    def plan(self, delivery: Delivery, when: float) -> None:
        """Note that the next attempt of *delivery* is at *when*."""
        delivery.planned = when
        if delivery.number not in self._planned:
            self._holding.pin(_size(delivery))
        self._planned[delivery.number] = delivery
        if delivery.held:
            self._held[delivery.number] = delivery

    def let_go(self, delivery: Delivery) -> None:
        """Note that *delivery* is not held back any more."""
        delivery.held = False
        self._held.pop(delivery.number, None)

    def sign(self, delivery: Delivery, moment: float) -> None:
        """Sign *delivery* as of *moment*; an unsigned one stays as it is."""
        delivery.message = delivery.message.signed(moment)

    def attempted(self, delivery: Delivery, attempt: Attempt) -> None:
        """Add *attempt* to *delivery*."""
        delivery.attempts.append(attempt)

    def finish(self, delivery: Delivery) -> None:
        """Note that no attempt of *delivery* is planned."""
        delivery.planned = None
        self._held.pop(delivery.number, None)
        if self._planned.pop(delivery.number, None):
            self._holding.pin(-_size(delivery))

    def restore(self, deliveries: Iterable[Delivery], counted: int) -> None:
        """Fill an empty outbox with *deliveries*, the last of *counted* so far."""
        for delivery in deliveries:
            self._keep(delivery)
        self._counted = counted

    def restore_signer(self, delivery: Delivery, message: Message) -> None:
        """Sign further attempts of *delivery* as *message* is signed."""
        delivery.message = replace(delivery.message, signature=message.signature)

    def _keep(self, delivery: Delivery) -> None:
        self._of_job.setdefault(delivery.job, []).append(delivery)
        self._of_provider[delivery.provider].append(delivery)
        for oldest in self._newest.add(delivery, _size(delivery)):
            self._drop(oldest)

    def _drop(self, delivery: Delivery) -> None:
        """Note that *delivery* is not among the newest any more: of its job's and its provider's, it is the oldest."""
        self._of_provider[delivery.provider].popleft()
        kept = self._of_job[delivery.job]
        del kept[0]
        if not kept:
            del self._of_job[delivery.job]


def _size(delivery: Delivery) -> int:
    return DELIVERY_SIZE + len(delivery.message.body)
