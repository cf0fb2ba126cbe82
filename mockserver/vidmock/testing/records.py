"""What happened in some worlds, as handles to read: jobs, exchanges, deliveries, money."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

from vidmock.engine.faults.outcomes import forced_outcome
from vidmock.engine.faults.target import Operation, check_operation, check_provider, resolve_model
from vidmock.engine.jobs.job import State
from vidmock.engine.jobs.ledger_line import ZERO, LedgerLine
from vidmock.engine.jobs.waste import MissedFile, Waste
from vidmock.engine.webhooks.delivery import Delivery
from vidmock.engine.world.journal import Exchange
from vidmock.engine.world.world import World
from vidmock.problems import NoSuchJob
from vidmock.testing.job_record import JobRecord, job_record
from vidmock.testing.scope import Scope
from vidmock.testing.vocabulary import OutcomeName, Provider, StateName


class JobsHandle:
    """All jobs that are still held, oldest first."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def __iter__(self) -> Iterator[JobRecord]:
        found = [job for jobs in self._scope.gather(_jobs) for job in jobs]
        return iter(sorted(found, key=lambda seen: seen.job.created))

    def __len__(self) -> int:
        return sum(self._scope.gather(lambda world: len(world.jobs)))

    def __getitem__(self, wanted: int | str) -> JobRecord:
        """The job of that id, or by its place: 0 is the oldest, -1 the newest.

        Raises:
            NoSuchJob: there is none of that id.
            IndexError: there are fewer.
        """
        if isinstance(wanted, int):
            return list(self)[wanted]
        found = self._scope.gather(lambda world: _job(world, wanted))
        seen = [job for job in found if job is not None]
        if not seen:
            raise NoSuchJob(wanted)
        return min(seen, key=lambda record: record.job.created)

    def filter(
        self, *, provider: Provider | None = None, model: str | None = None, state: StateName | State | None = None
    ) -> list[JobRecord]:
        """Those that match.

        Raises:
            BadRequest: no such provider, model or state, of which there would never be a job.
        """
        check_provider(provider or "")
        model = model and resolve_model(model, provider or "", self._scope.catalog)
        state = state and State.parse(state)
        return [
            seen
            for seen in self
            if _matches(seen.provider, provider) and _matches(seen.model, model) and _matches(seen.state, state)
        ]

    def one(
        self, *, provider: Provider | None = None, model: str | None = None, state: StateName | State | None = None
    ) -> JobRecord:
        """The only job that ``filter`` finds.

        Raises:
            AssertionError: there is none, or more than one.
            BadRequest: no such provider, model or state.
        """
        found = self.filter(provider=provider, model=model, state=state)
        assert len(found) == 1, f"wanted one job, and there are {len(found)}: {[seen.id for seen in found]}"
        return found[0]

    def force(self, job_id: str, effect: OutcomeName, **arguments: str | float | bool) -> JobRecord:
        """Change what becomes of a job that has not ended; *arguments* are the effect's own.

        Raises:
            NoSuchJob: it never existed, or it was forgotten.
            BadRequest: no such effect, or none that can happen to a job, or not with these arguments.
            AlreadyEnded: it has ended.
            Problem: it cannot succeed, because its input was refused.
        """

        def force() -> None:
            for world in self._scope.worlds():
                if job := world.jobs.get(job_id):
                    outcome = forced_outcome(job, effect, arguments, world.clock.now())
                    self._scope.server.engine.force(world, job, outcome)
                    return
            raise NoSuchJob(job_id)

        self._scope.call(force)
        return self[job_id]


class JournalHandle:
    """The newest requests with their answers, oldest first."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def __iter__(self) -> Iterator[Exchange]:
        found = [exchange for journal in self._scope.gather(lambda w: list(w.journal)) for exchange in journal]
        return iter(sorted(found, key=lambda exchange: exchange.at))

    def __len__(self) -> int:
        return sum(self._scope.gather(lambda world: len(world.journal)))

    def __getitem__(self, place: int) -> Exchange:
        return list(self)[place]

    def to_har(self, *, secrets: bool = False) -> dict[str, Any]:
        """All of them as an HTTP archive (HAR 1.2), which browsers and other tools read; keys only with *secrets*."""
        from vidmock.server.control.har import har_archive

        def write() -> dict[str, Any]:
            pairs = [(world, exchange) for world in self._scope.worlds() for exchange in world.journal]
            return har_archive(sorted(pairs, key=lambda pair: pair[1].at), reveal=secrets)

        return self._scope.call(write)

    def filter(
        self,
        *,
        provider: Provider | None = None,
        operation: Operation | None = None,
        method: str | None = None,
        path: str | None = None,
        status: int | None = None,
        job: str | None = None,
    ) -> list[Exchange]:
        """Those that match; *path* may have wildcards (``*/status``) and does not look at the query.

        Raises:
            BadRequest: no such provider or operation, of which there would never be a call.
        """
        check_provider(provider or "")
        check_operation(operation or "")
        return [
            exchange
            for exchange in self
            if _matches(exchange.provider, provider)
            and _matches(exchange.operation, operation)
            and _matches(exchange.method, method and method.upper())
            and _matches(exchange.status, status)
            and _matches(exchange.job, job)
            and (path is None or fnmatchcase(exchange.target.partition("?")[0], path))
        ]


class DeliveriesHandle:
    """The newest webhooks, sent or still to be, oldest first."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def __iter__(self) -> Iterator[Delivery]:
        return iter([d for held in self._scope.gather(lambda world: list(world.outbox)) for d in held])

    def __len__(self) -> int:
        return sum(self._scope.gather(lambda world: len(world.outbox)))

    def __getitem__(self, place: int) -> Delivery:
        return list(self)[place]

    def filter(self, *, job: str | None = None) -> list[Delivery]:
        """Those about the job of that id."""
        return [delivery for delivery in self if _matches(delivery.job, job)]


class LedgerHandle:
    """What it would have cost, in USD."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    @property
    def charged(self) -> Decimal:
        return self._sum(lambda world: world.ledger.charged)

    @property
    def refunded(self) -> Decimal:
        return self._sum(lambda world: world.ledger.refunded)

    @property
    def spent(self) -> Decimal:
        return self._sum(lambda world: world.ledger.spent)

    @property
    def unpriced(self) -> int:
        """Jobs whose price is not known: they are in none of the sums."""
        return sum(self._scope.gather(lambda world: world.ledger.unpriced))

    @property
    def wasted(self) -> Decimal:
        """Part of what was spent: for results that nobody collected, and for the same request again."""
        return sum((waste.amount for waste in self.waste()), ZERO)

    @property
    def undownloaded(self) -> Decimal:
        """Part of what was spent: for files that nobody has downloaded whole, whether somebody knew of them or not."""
        return sum((missed.amount for missed in self.missed_files()), ZERO)

    def lines(self) -> list[LedgerLine]:
        return [line for lines in self._scope.gather(lambda world: world.ledger.lines()) for line in lines]

    def waste(self) -> list[Waste]:
        return [waste for found in self._scope.gather(_waste) for waste in found]

    def missed_files(self) -> list[MissedFile]:
        """The files that were made and paid for, and that nobody has downloaded whole."""
        return [missed for found in self._scope.gather(_missed_files) for missed in found]

    def _sum(self, read: Callable[[World], Decimal]) -> Decimal:
        return sum(self._scope.gather(read), ZERO)


def _jobs(world: World) -> list[JobRecord]:
    now = world.clock.now()
    return [job_record(world, job, now) for job in world.jobs.values()]


def _job(world: World, job_id: str) -> JobRecord | None:
    job = world.jobs.get(job_id)
    return None if job is None else job_record(world, job, world.clock.now())


def _waste(world: World) -> tuple[Waste, ...]:
    return tuple(world.jobs.losses.waste(world.clock.now()))[::-1]


def _missed_files(world: World) -> tuple[MissedFile, ...]:
    return tuple(world.jobs.losses.missed_files(world.clock.now()))[::-1]


def _matches(value: object, wanted: object | None) -> bool:
    return wanted is None or value == wanted
