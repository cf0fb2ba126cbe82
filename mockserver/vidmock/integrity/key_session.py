"""One API key in a run: its history, its world through the control API, and how both are compared."""

from __future__ import annotations

from collections.abc import Iterable

from vidmock.integrity.breach import Breach
from vidmock.integrity.checks.balances import balance_breaches
from vidmock.integrity.checks.jobs import job_breaches
from vidmock.integrity.checks.money import money_breaches
from vidmock.integrity.checks.webhooks import webhook_breaches
from vidmock.integrity.control_client import ControlClient
from vidmock.integrity.facts import WorldFacts
from vidmock.integrity.history import KeyHistory, PromptRecord
from vidmock.integrity.http_client import HttpClient
from vidmock.integrity.options import CheckOptions
from vidmock.integrity.report import CheckReport
from vidmock.integrity.webhook_inbox import WebhookInbox

_BUDGETS = (None, None, None, "8.00")
"""In USD, of the keys in turn."""


class KeySession:
    """Key *number* of a run. Several clients may share it."""

    def __init__(
        self, number: int, options: CheckOptions, http: HttpClient, inbox: WebhookInbox, report: CheckReport
    ) -> None:
        key = f"integrity-{options.seed}-{number}"
        mode, budget = options.clocks[number % len(options.clocks)], _BUDGETS[number % len(_BUDGETS)]
        self.history = KeyHistory(key, number, mode, budget)
        self.control = ControlClient(http, key, options.token)
        self.http, self.inbox, self.report = http, inbox, report
        self.interrupted = options.interrupted > 0
        self._token = options.token

    @property
    def key(self) -> str:
        return self.history.key

    def other(self, key: str) -> ControlClient:
        """The control API of another key's world."""
        return ControlClient(self.http, key, self._token)

    async def open(self) -> None:
        """Make the world as new, with the clock and budget of this key."""
        self.forget(self.history.turn())
        await self.control.reset()
        await self._set_up()
        self.history.turn()

    async def _set_up(self) -> None:
        await self.control.set_mode(self.history.mode)
        if self.history.budget is not None:
            await self.control.set_budget(self.history.budget)

    async def audit(self, *, idle: bool = False) -> bool:
        """Compare the world with the history, while nobody uses it; with *idle*, once nothing is due any more.

        Returns whether all is well. What is not is reported, and the world made as new, so that it is reported once.
        """
        self.report.count("audits")
        breaches = [*await self._audit(idle=idle)]
        self.tell(breaches)
        if breaches:
            await self.open()
        elif self.history.mode != "manual":
            await self.control.set_mode(self.history.mode)
        return not breaches

    async def _audit(self, *, idle: bool) -> Iterable[Breach]:
        await self.http.calm()
        await self.settle(idle=idle)
        retried = frozenset(job for record in self.history for job in record.retries)
        facts = await WorldFacts.read(self.control, retried=retried)
        return (
            *job_breaches(self.history, facts, interrupted=self.interrupted),
            *money_breaches(self.history, facts),
            *webhook_breaches(self.history, facts, interrupted=self.interrupted),
            *await balance_breaches(self.history, facts, self.http),
        )

    async def settle(self, *, idle: bool = False) -> None:
        """Stop the clock, and have everything happen that is due by now; with *idle*, all that is ever due."""
        if self.history.mode != "manual":
            await self.control.set_mode("manual")
        await (self.control.run_until_idle() if idle else self.control.advance(0))

    def tell(self, breaches: Iterable[Breach]) -> None:
        for breach in breaches:
            self.report.breach(breach)

    def forget(self, records: Iterable[PromptRecord]) -> None:
        """Let go of what records of an older epoch hold."""
        for record in records:
            if record.box:
                self.inbox.close_box(record.task)

    def breach(self, rule: str, what: str, record: PromptRecord | None = None) -> None:
        self.report.breach(Breach(rule, self.key, what, record))
