"""The pytest plugin: its options, the stories of failed tests, and the cost of the run.

pytest imports it at every start, so the rest of vidmock is imported only once a test asks for it. PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from vidmock.pytest_guard import GUARD, Guard
from vidmock.pytest_worlds import worlds_of

if TYPE_CHECKING:
    from vidmock.testing.process_account import ProcessCosts

_WORKER_OUTPUT = "vidmock"
"""The key under which a process of pytest-xdist reports its totals."""


pytest_plugins = ("vidmock.pytest_worlds", "vidmock.pytest_story")


@dataclass(slots=True)
class RunTotals:
    """The jobs of the whole run, and the USD that they would have cost; and what this process began with."""

    jobs: int = 0
    spent: Decimal = Decimal(0)
    wasted: Decimal = Decimal(0)
    undownloaded: Decimal = Decimal(0)
    unpriced: int = 0
    before: ProcessCosts | None = None

    def add(self, jobs: int, unpriced: int, spent: Decimal, wasted: Decimal, undownloaded: Decimal) -> None:
        self.jobs += jobs
        self.unpriced += unpriced
        self.spent += spent
        self.wasted += wasted
        self.undownloaded += undownloaded


TOTALS: pytest.StashKey[RunTotals] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("vidmock")
    group.addoption("--vidmock-budget", metavar="USD", help="fail the run if its tests would have cost more")
    group.addoption("--vidmock-seed", type=int, default=0, metavar="N", help="the seed of all ids and the like (0)")
    group.addoption(
        "--vidmock-models",
        action="append",
        default=[],
        metavar="DIR",
        help="your own models for all tests; repeatable",
    )
    group.addoption("--vidmock-any-model", action="store_true", help="serve any model that a test asks for")
    group.addoption("--vidmock-live", action="store_true", help="let all tests reach the providers' real hosts")
    parser.addini("vidmock_models", "files or folders of your own models, for all tests", type="paths", default=[])
    parser.addini(
        "vidmock_packages", "more packages whose sleeps advance the mock's clock", type="linelist", default=[]
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[TOTALS] = RunTotals(before=_process_costs())
    _budget(config)
    guard = config.stash[GUARD] = Guard()
    if not config.getoption("vidmock_live"):
        config.pluginmanager.register(guard, "vidmock_guard")
        guard.begin()
    # pytest rewrites the asserts in every module of a distribution that has a plugin, which nearly doubles the time to
    # import ours. There is no public way to prevent that for a package; if this one stops working, imports get slower.
    getattr(getattr(config.pluginmanager, "rewrite_hook", None), "_must_rewrite", set()).discard("vidmock")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    outcome: Any = yield
    report: pytest.TestReport = outcome.get_result()
    for world, seed in worlds_of(item).values() if report.failed else ():
        timeline = world.timeline()
        # The messages of our own assertions have the timeline.
        repeated = all(line in report.longreprtext for line in timeline.splitlines())
        report.sections.append(("vidmock", f"seed {seed}, key {world.key}" + ("" if repeated else f"\n{timeline}")))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Before any reporter ends its report: a budget that was exceeded is a test that failed."""
    config = session.config
    totals = config.stash[TOTALS]
    if (costs := _process_costs()) is not None:
        costs = costs.since(totals.before) if totals.before else costs
        totals.add(costs.jobs, costs.unpriced, costs.spent, costs.wasted, costs.undownloaded)
    if hasattr(config, "workeroutput"):
        sums = (totals.spent, totals.wasted, totals.undownloaded)
        config.workeroutput[_WORKER_OUTPUT] = [totals.jobs, totals.unpriced, *map(str, sums)]
    elif (budget := _budget(config)) is not None and totals.spent > budget:
        from vidmock.schema.dollars import dollars

        cost, most = dollars(totals.spent), dollars(budget)
        said = f"the tests would have cost {cost}, more than the budget of {most} (--vidmock-budget)"
        place = ("vidmock", None, "budget")
        for report in (
            pytest.TestReport("vidmock::budget", place, {}, "failed", said, "call"),
            pytest.TestReport("vidmock::budget", place, {}, "passed", None, "teardown"),
        ):
            config.hook.pytest_runtest_logreport(report=report)
        if session.exitstatus == 0:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Adds the totals of a process of pytest-xdist that has ended."""
    if found := getattr(node, "workeroutput", {}).get(_WORKER_OUTPUT):
        jobs, unpriced, *sums = found
        node.config.stash[TOTALS].add(jobs, unpriced, *map(Decimal, sums))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    totals, budget = config.stash[TOTALS], _budget(config)
    if not totals.jobs and budget is None:
        return
    from vidmock.schema.dollars import dollars

    if totals.jobs:
        unfetched = f", never downloaded {dollars(totals.undownloaded)}" if totals.undownloaded else ""
        unpriced = f"; not counted, unknown price: {totals.unpriced} of {totals.jobs} jobs" if totals.unpriced else ""
        terminalreporter.write_line(
            f"vidmock: would have cost {dollars(totals.spent)}, wasted {dollars(totals.wasted)}{unfetched}{unpriced}"
        )
    if budget is not None and totals.spent > budget:
        terminalreporter.write_line(f"vidmock: that is more than the budget of {dollars(budget)}", red=True)


def _process_costs() -> ProcessCosts | None:
    """What this process has cost so far; ``None`` while nothing of vidmock is loaded that could cost anything."""
    account = sys.modules.get("vidmock.testing.process_account")
    return account.PROCESS_ACCOUNT.costs() if account else None


def _budget(config: pytest.Config) -> Decimal | None:
    text = config.getoption("vidmock_budget")
    if text is None:
        return None
    from vidmock.engine.money import parse_amount

    try:
        return parse_amount(text)
    except ValueError:
        raise pytest.UsageError(f"--vidmock-budget must be an amount in USD such as 5.00, not {text!r}") from None
