"""Webhook deliveries: messages, and their attempts."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Final, Literal, Protocol, Self

from vidmock.engine.codec import plain_field

MessageHeaders = tuple[tuple[str, str], ...]

ATTEMPTS_SHOWN: Final = 3
"""Attempts of a delivery, the newest, of which it is kept what went over the wire."""
HEAD_SHOWN: Final = 1024
"""Bytes of the head of a request, and of that of its answer, that are kept of each of them."""
BODY_SHOWN: Final = 512
"""Bytes of the answer's body, likewise."""


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

    def unpublished(self) -> Self:
        """A signer with a key that receivers can look up nowhere."""


@dataclass(frozen=True, slots=True)
class Signing:
    """How a message is signed: *age* seconds before it is sent, perhaps *about* another job, or by a *new_key*.

    *proof* says whether the signature or secret fits, is wrong or missing, or is by a key that nobody has published.
    """

    age: float = 0.0
    about: str = ""
    new_key: bool = False
    proof: Literal["right", "wrong", "missing", "unpublished"] = "right"

    def headers(self, signer: Signer, body: bytes, moment: float) -> MessageHeaders:
        """The headers of *body*, sent at *moment*, by *signer*."""
        signer = signer.about(self.about) if self.about else signer
        signer = signer.rotated() if self.new_key else signer
        signer = signer.unpublished() if self.proof == "unpublished" else signer
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
class ReceiverAnswer:
    """What came of a message: *status* is the receiver's HTTP status, or ``None`` with the reason in *error*.

    *sent* is the head of the request as it went over the wire, empty if none did, and *received* that of the answer
    with the beginning of its body behind an empty line: as much as is kept of them.

    One that was *withheld* has not left, and is no attempt: it is to be sent later.
    """

    status: int | None
    error: str = ""
    sent: bytes = b""
    received: bytes = b""
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of a delivery: *status* is the receiver's HTTP status, or ``None`` with the reason in *error*.

    *by_hand* tells an attempt that was asked for from those that the provider makes. *sent* and *received* are those of
    a :class:`ReceiverAnswer`; of older attempts they are dropped.
    """

    at: float
    status: int | None
    error: str = ""
    by_hand: bool = False
    sent: bytes = plain_field(b"", sparse=True)
    received: bytes = plain_field(b"", sparse=True)

    @property
    def accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(slots=True)
class Delivery:
    """One message about one job of *provider*'s, made *at* that moment, with its attempts so far.

    *number* counts the world's deliveries from 1.

    *planned* is when the next attempt begins, or the one under way began, in seconds since the epoch; ``None`` once the
    delivery has ended. A *held* delivery goes out earlier: after the next one of its world. Only its outbox changes it.

    *effect* names the fault that the message has; *copied* is the number of the delivery that it was made of by hand.
    """

    job: str
    message: Message
    attempts: list[Attempt] = field(default_factory=list)
    number: int = 0
    planned: float | None = None
    held: bool = False
    provider: str = ""
    at: float = 0.0
    effect: str = plain_field("", sparse=True)
    copied: int = plain_field(0, sparse=True)

    @property
    def accepted(self) -> bool:
        return any(attempt.accepted for attempt in self.attempts)
