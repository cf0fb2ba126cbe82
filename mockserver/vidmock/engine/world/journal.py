"""The journal of a world: its newest exchanges, bounded by number and by bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final

from vidmock import strict_json
from vidmock.engine.bounded_log import BoundedLog, find_numbered
from vidmock.engine.memory import Holding, json_size
from vidmock.problems import BadJSON, UnknownModel
from vidmock.schema.catalog import ModelCatalog
from vidmock.schema.judged import Judged
from vidmock.schema.violation import Violation

ELSEWHERE = "/elsewhere"
"""The path prefix of what is asked of a host that is not the provider's, because a fault had an answer name it."""

EXCHANGE_SIZE: Final = 1_024
"""Bytes of an exchange beside its headers and bodies."""
_HEADER_SIZE: Final = 160
"""Bytes of a header beside its name and value."""

RawHeaders = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, byte for byte. *at* is on the world's clock, in seconds since the epoch.

    *operation* is what was asked for, in the field's terms (submit, poll, result, cancel, …), and *job* is the job that
    it was about, where that can be told; *jobs* are all of them, in a batch. *submitted* are the models and inputs of
    what was handed in, accepted or not, and *became* is the job that each became, "" for none. *fault* is the id of the
    rule that struck. *number* counts the exchanges from 1, *took* is how long the answer took, in seconds of the
    world's clock, and *real* is the machine's clock when it was answered: two runs of the same calls are equal but for
    that. *origin* is how the client addressed us: what its URLs began with, or only their scheme where it believed to
    address the provider. *judged* are the inputs of *submitted* whose models are known here, with the verdicts that
    were or will be found, and *values* what the values in the body take, in bytes, if something was submitted.
    """

    at: float
    provider: str
    method: str
    target: str
    request_headers: RawHeaders
    request_body: bytes
    status: int
    response_headers: RawHeaders
    response_body: bytes
    operation: str = ""
    job: str = ""
    jobs: tuple[str, ...] = ()
    submitted: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    became: tuple[str, ...] = ()
    fault: str = ""
    origin: str = ""
    number: int = 0
    took: float = 0.0
    real: float = field(default=0.0, compare=False)
    judged: tuple[Judged, ...] = field(default=(), compare=False, repr=False)
    values: int = field(default=0, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.submitted and not self.values:
            object.__setattr__(self, "values", json_size(self.request_body))

    @property
    def weight(self) -> int:
        """What it takes, in bytes: headers and bodies, and the values of what was submitted."""
        named = 0
        for name, value in (*self.request_headers, *self.response_headers):
            named += _HEADER_SIZE + len(name) + len(value)
        bodies = len(self.request_body) + len(self.response_body)
        return EXCHANGE_SIZE + len(self.target) + named + bodies + (self.values if self.submitted else 0)


def judged_exchange(exchange: Exchange, catalog: ModelCatalog) -> Exchange:
    """*exchange*, which comes from elsewhere, with the inputs that can be judged by the models of *catalog*."""
    return replace(exchange, judged=tuple(_judged(exchange, catalog))) if exchange.submitted else exchange


def _judged(exchange: Exchange, catalog: ModelCatalog) -> Iterator[Judged]:
    for name, given in exchange.submitted:
        try:
            model = catalog.find(exchange.provider, name, given=given)
            yield Judged(model, given, body=_around(exchange) if model.envelope else None)
        except UnknownModel:
            # A snapshot may come from a server that has more models.
            continue


def _around(exchange: Exchange) -> Mapping[str, Any] | None:
    """The body in which an input was sent, as far as it is one."""
    try:
        body = strict_json.loads(exchange.request_body)
    except BadJSON:
        return None
    return body if isinstance(body, dict) else None


def _made(exchange: Exchange) -> list[tuple[str, Judged]]:
    """The jobs that *exchange* made, each with its input; none where an input is of a model that is not known here."""
    if len(exchange.became) != len(exchange.judged):
        return []
    return [(job_id, judged) for job_id, judged in zip(exchange.became, exchange.judged, strict=True) if job_id]


class Journal:
    """The newest exchanges: at most *keep* of them and *keep_bytes*, which count in *holding*. ``seen`` counts all."""

    kind = "exchanges"

    def __init__(self, keep: int, keep_bytes: int = 64 * 2**20, holding: Holding | None = None) -> None:
        holding = holding or Holding()
        self._changes = holding.changes
        self._exchanges: BoundedLog[Exchange] = BoundedLog(keep, keep_bytes, holding=holding)
        self._judged: dict[str, Judged] = {}
        """By the id of each job that an exchange has made: its input."""
        self._making: tuple[str, Judged] | None = None
        self.seen = 0

    @property
    def oldest(self) -> int | None:
        """The stamp of the oldest exchange."""
        return self._exchanges.oldest

    def give_up(self) -> None:
        """Drop the oldest exchange."""
        gone = self._exchanges.pop()
        self._forget(gone)
        if self._changes.on:
            self._changes.note("exchange", str(gone.number))

    def record(self, exchange: Exchange) -> Exchange:
        """Add *exchange*, and return it with its number."""
        self.seen += 1
        if exchange.number != self.seen:
            exchange = replace(exchange, number=self.seen)
        dropped = self._add(exchange)
        if self._changes.on:
            self._changes.note("calls")
            for changed in (exchange, *dropped):
                self._changes.note("exchange", str(changed.number))
        return exchange

    def clear(self) -> None:
        """Remove all exchanges; their numbering goes on."""
        if self._changes.on:
            for exchange in self._exchanges:
                self._changes.note("exchange", str(exchange.number))
        self._exchanges.clear()
        self._judged.clear()

    def restore(self, exchanges: Iterable[Exchange], seen: int) -> None:
        """Replace all exchanges by *exchanges*, the last of *seen* so far."""
        self._exchanges.clear()
        self._judged.clear()
        for exchange in exchanges:
            self._add(exchange)
        self.seen = seen

    @contextmanager
    def making(self, job_id: str, judged: Judged) -> Iterator[None]:
        """Wrap the beginning of a job, of which is told before its exchange is recorded: know what it is made of."""
        self._making = job_id, judged
        try:
            yield
        finally:
            self._making = None

    def lints(self, job_id: str) -> Sequence[Violation] | None:
        """What is odd about the input of the job; ``None`` where the call that submitted it is not here any more."""
        judged = self._judged.get(job_id)
        if judged is None and self._making and self._making[0] == job_id:
            judged = self._making[1]
        return None if judged is None else judged.lints

    def _add(self, exchange: Exchange) -> list[Exchange]:
        if exchange.became:
            self._judged.update(_made(exchange))
        dropped = self._exchanges.add(exchange, exchange.weight)
        for gone in dropped:
            self._forget(gone)
        return dropped

    def _forget(self, gone: Exchange) -> None:
        for job_id, judged in _made(gone) if gone.became else ():
            # Another job may have the id by now.
            if self._judged.get(job_id) is judged:
                del self._judged[job_id]

    def find(self, number: int) -> Exchange | None:
        """The exchange of that number, if it is still here."""
        return find_numbered(self._exchanges, number)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self._exchanges)

    def __reversed__(self) -> Iterator[Exchange]:
        return reversed(self._exchanges)

    def __len__(self) -> int:
        return len(self._exchanges)
