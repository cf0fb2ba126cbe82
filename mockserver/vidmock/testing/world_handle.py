"""What the handles of every world have: what happened, what shall go wrong, and assertions on it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from vidmock.engine.faults.target import Operation
from vidmock.engine.jobs.ledger import parse_budget
from vidmock.engine.jobs.waste import Waste
from vidmock.engine.world.journal import ELSEWHERE, Exchange
from vidmock.engine.world.label import check_label
from vidmock.problems import BadRequest
from vidmock.schema.dollars import dollars
from vidmock.schema.pricing import UNKNOWN_PRICE
from vidmock.testing.endpoints import Endpoints, FalEndpoints, ProviderEndpoint
from vidmock.testing.faults import FaultsHandle
from vidmock.testing.lints import lints_of
from vidmock.testing.records import JobsHandle, JournalHandle, LedgerHandle
from vidmock.testing.redirect import redirect_clients
from vidmock.testing.scope import Scope
from vidmock.testing.snapshots import restore_scope, save_scope
from vidmock.testing.timeline import format_timeline
from vidmock.testing.virtual_time.virtual_time import VirtualTime
from vidmock.testing.vocabulary import Provider

_KEY_HEADERS = {b"authorization", b"x-api-key"}
_WRONG = (400, 404, 405, 413, 415, 422)
"""Statuses of a submission that say that it was wrong, and not that the time or the account was."""


class WorldHandle:
    """Handles on the worlds of *scope*, whose server is at *endpoints*: all that needs no waiting.

    ``jobs``, ``journal`` and ``ledger`` are what happened; ``faults`` is what shall go wrong.
    """

    faults: FaultsHandle
    jobs: JobsHandle
    journal: JournalHandle
    ledger: LedgerHandle

    def __init__(self, scope: Scope, endpoints: Endpoints) -> None:
        self._scope, self._endpoints = scope, endpoints
        self.faults = FaultsHandle(scope)
        self.jobs, self.journal, self.ledger = JobsHandle(scope), JournalHandle(scope), LedgerHandle(scope)

    @property
    def key(self) -> str | None:
        """The API key that leads to this world; ``None`` for all worlds of a server."""
        return self._scope.key

    @property
    def url(self) -> str:
        return self._endpoints.url

    @property
    def fal(self) -> FalEndpoints:
        return self._endpoints.fal

    @property
    def runpod(self) -> ProviderEndpoint:
        return self._endpoints.runpod

    @property
    def runware(self) -> ProviderEndpoint:
        return self._endpoints.runware

    @property
    def eachlabs(self) -> ProviderEndpoint:
        return self._endpoints.eachlabs

    def environment(self) -> dict[str, str]:
        """Every variable that leads a client here; makes the certificate that they name, if there is none.

        Raises:
            NoStateFolder: there is no folder to keep it in.
        """
        return self._endpoints.environment()

    def lead_clients(self) -> AbstractContextManager[dict[str, str]]:
        """``with mock.lead_clients():`` unmodified clients in this process come here; gives the variables set.

        Raises:
            NoStateFolder: there is no folder for the certificate that they must trust.
        """
        return redirect_clients(self._endpoints)

    def virtual_time(
        self, *, packages: Collection[str] = (), project: Path | None = None, leap: bool = True, hold: bool = False
    ) -> VirtualTime:
        """``with mock.virtual_time():`` what clients in this process sleep passes on the mock's clock, and at once.

        Covers the providers' own clients, the program's own modules (below *project*, by default the working folder)
        and *packages*. With *leap*, clients that keep sleeping while nothing happens sleep until something does.
        With *hold*, no time passes while an answer is held back, so that a client's own limit for it, which passes in
        real time, comes first.
        """
        return VirtualTime(self._scope, packages, project, leap, hold)

    def set_budget(self, budget: str | float | Decimal | None) -> None:
        """Let each world spend no more than this many USD; then the provider says that it is out of balance."""
        found = parse_budget(budget)

        def give() -> None:
            for world in self._scope.worlds():
                world.ledger.set_budget(found)

        self._scope.call(give)

    def set_label(self, label: str) -> None:
        """Call each world *label*, such as the name of a test: so it is shown, and so its money is summed.

        Raises:
            BadRequest: *label* is too long, or has control characters.
        """
        found = check_label(label)

        def give() -> None:
            for world in self._scope.worlds():
                world.set_label(found)

        self._scope.call(give)

    def reset(self) -> None:
        """Forget all that happened and was to happen, faults and budgets included. Time does not go back."""

        def anew() -> None:
            worlds = self._scope.server.engine.worlds
            if self._scope.key is not None:
                (old,) = self._scope.worlds()
                fresh = worlds.new_world(old.key, old.settings)
                fresh.set_label(old.label)
                worlds.open(fresh)
                return
            self.faults.forget()
            for world in self._scope.worlds():
                worlds.close(world.key)

        self._scope.call(anew)

    def snapshot(self) -> dict[str, Any]:
        """The world as plain data, which can be written as JSON. It has every secret that was sent.

        Raises:
            BadRequest: it cannot be told which world is meant, for these are all worlds of a server.
        """
        return save_scope(self._scope)

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Have the world be again what it was at *snapshot*: its jobs, money, faults and journal, and its time.

        Raises:
            BadRequest: it is no snapshot, or it cannot be told which world is meant; nothing is changed.
        """
        restore_scope(self._scope, snapshot)

    def timeline(self) -> str:
        """What happened, line by line: calls, states, deliveries and money."""
        return self._scope.call(lambda: format_timeline(self._scope))

    def assert_called(
        self,
        provider: Provider | None = None,
        operation: Operation | None = None,
        *,
        method: str | None = None,
        path: str | None = None,
        status: int | None = None,
        times: int | None = None,
    ) -> None:
        """Such a request was made: *times* times, or at least once. *path* may have wildcards.

        Raises:
            BadRequest: no such provider or operation, of which there would never be a call.
        """
        __tracebackhide__ = True
        found = len(
            self.journal.filter(provider=provider, operation=operation, method=method, path=path, status=status)
        )
        if found == times or (times is None and found):
            return
        given = (provider, operation, method, path, status)
        wanted = " ".join(str(part) for part in given if part is not None) or "any request"
        self._fail(f"calls of {wanted}: {found}, not {'one or more' if times is None else times}")

    def assert_charged_once(self) -> None:
        """Something was paid for, and no request (same provider, model and input) more than once."""
        __tracebackhide__ = True
        if not self.ledger.spent:
            self._fail("nothing was charged, or all of it was refunded")
        again = [waste for waste in self.ledger.waste() if waste.why == "duplicate"]
        if again:
            doubled = ", ".join(f"{waste.job} ({dollars(waste.amount)}) is {waste.of} again" for waste in again)
            self._fail(f"the same request was charged more than once: {doubled}")

    def assert_no_waste(self) -> None:
        """Every result that was paid for was collected, and none was paid for twice."""
        __tracebackhide__ = True
        if waste := self.ledger.waste():
            parts = ", ".join(f"{each.job} ({dollars(each.amount)}, {each.why}{self._share(each)})" for each in waste)
            self._fail(f"{dollars(self.ledger.wasted)} of {dollars(self.ledger.spent)} was wasted: {parts}")

    def assert_all_downloaded(self) -> None:
        """Every file that was made and paid for was downloaded, and every byte of it.

        Ranges that add up to the file will do, and so will a file inside of an answer. One that the provider has sent
        to the client's own place for it, and that was accepted there, is downloaded, too.
        """
        __tracebackhide__ = True
        if missed := self.ledger.missed_files():
            lines = [
                f"  {each.name} of job {each.job}: {dollars(each.amount)}, "
                f"{'its client was told of it' if each.told else 'nobody was told of it'}"
                for each in missed
            ]
            sums = f"{dollars(self.ledger.undownloaded)} of {dollars(self.ledger.spent)}"
            said = f"{sums} was paid for files that were never downloaded"
            self._fail("\n".join([f"{said}:", *lines]))

    def assert_spend(self, *, at_most: str | float | Decimal) -> None:
        """No more than *at_most* USD was spent, and every job has a price that is known.

        Raises:
            BadRequest: *at_most* is no amount of money.
        """
        __tracebackhide__ = True
        limit, spent = parse_budget(at_most), self.ledger.spent
        if limit is None:
            raise BadRequest("at_most is an amount in USD such as '5.00', and not None", "at_most")
        if spent > limit:
            self._fail(f"{dollars(spent)} was spent, more than {dollars(limit)}")
        if unpriced := sorted({line.model for line in self.ledger.lines() if not line.priced}):
            self._fail(f"what was spent cannot be told: {UNKNOWN_PRICE}: {', '.join(unpriced)}")

    def assert_all_requests_valid(self) -> None:
        """No request broke its model's schema, or was refused for its form, but for those that a fault refused."""
        __tracebackhide__ = True
        wrong = [f"{each.method} {each.target}: {fault}" for each in self.journal for fault in _faults(each)]
        if wrong:
            self._fail("invalid requests:\n  " + "\n  ".join(wrong))

    def assert_no_lints(self) -> None:
        """Every valid request was probably meant as it was sent: no parameter is dropped or without effect."""
        __tracebackhide__ = True
        meant = [f"{each.method} {each.target}: {found}" for each in self.journal for found in lints_of(each)]
        if meant:
            self._fail("taken, and probably not meant:\n  " + "\n  ".join(meant))

    def assert_key_kept(self) -> None:
        """No request that went to another host, where the fault ``other_urls`` led it, had a key with it."""
        __tracebackhide__ = True
        leaks = [f"{each.method} {each.target}" for each in self.journal if _leaks(each)]
        if leaks:
            self._fail("the key was sent to another host than the provider's:\n  " + "\n  ".join(leaks))

    def assert_no_orphans(self) -> None:
        """Every job has ended, and somebody knows of each success."""
        __tracebackhide__ = True
        left = [f"{job.id} is still {job.state}" for job in self.jobs if not job.state.ended]
        left += [
            f"{job.id} was collected by nobody" for job in self.jobs.filter(state="succeeded") if not job.collected
        ]
        if left:
            self._fail(f"orphans: {', '.join(left)}")

    def _share(self, waste: Waste) -> str:
        """How many of a job's videos the waste is about, where it is not about all that it has made."""
        made = sum(output.made for output in self.jobs[waste.job].outputs)
        return f": {len(waste.outputs)} of {made} videos" if 0 < len(waste.outputs) < made else ""

    def _fail(self, what: str) -> NoReturn:
        __tracebackhide__ = True
        raise AssertionError(f"{what}\n\n{self.timeline()}")


def _leaks(exchange: Exchange) -> bool:
    """Whether *exchange*, at another host, had a key: each provider's clients send it in one of these."""
    sent = {name.lower() for name, _ in exchange.request_headers}
    has_key = not _KEY_HEADERS.isdisjoint(sent) or "fal_jwt_token=" in exchange.target
    return exchange.target.startswith(f"{ELSEWHERE}/") and has_key


def _faults(exchange: Exchange) -> list[str]:
    """What is wrong with a submission of the client's own making."""
    found = [str(violation) for judged in exchange.judged for violation in judged.violations]
    if not found and exchange.operation in ("submit", "") and exchange.status in _WRONG and not exchange.fault:
        found.append(f"{exchange.status} {exchange.response_body[:200].decode(errors='replace')}")
    return found
