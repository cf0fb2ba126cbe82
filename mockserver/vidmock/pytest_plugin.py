"""The pytest plugin: one server, a fresh world of it for each test, virtual time, and the cost of the run.

pytest imports it at every start, so the rest of vidmock is imported only once a test asks for it. PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from vidmock.pytest_guard import Guard

if TYPE_CHECKING:
    from vidmock.engine.world.settings import Settings
    from vidmock.testing.clocks import ClockHandle
    from vidmock.testing.mock_server import MockServer
    from vidmock.testing.mock_world import MockWorld
    from vidmock.testing.process_account import ProcessCosts

MARKER = (
    "vidmock(seed=0, clock='manual', latency=None, scenario=None, behaviours=None, media=None, models=None, "
    "any_model=False, budget=None, virtual=True, leap=True, live=False): how the test's mock behaves. clock: manual, "
    "step, real or scaled:20; latency: how long each job takes, such as '15m'; scenario: an incident by name, or a "
    "file; behaviours: switches of the providers; media: facts about input files; models: files or folders of your "
    "own; any_model: whether any other model is served as well; budget: USD that can be spent; virtual: whether sleeps "
    "of clients in this process advance a manual clock; leap: whether a sleep may last longer while nothing happens; "
    "live: whether the test may reach the providers' real hosts"
)
_OPTIONS = (
    "seed",
    "clock",
    "latency",
    "budget",
    "virtual",
    "leap",
    "scenario",
    "behaviours",
    "media",
    "models",
    "any_model",
    "live",
)
_WORKER_OUTPUT = "vidmock"
"""The key under which a process of pytest-xdist reports its totals."""


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
GUARD: pytest.StashKey[Guard] = pytest.StashKey()
WORLD: pytest.StashKey[tuple[MockWorld, int]] = pytest.StashKey()


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
    config.addinivalue_line("markers", MARKER)
    config.stash[TOTALS] = RunTotals(before=_process_costs())
    _budget(config)
    guard = config.stash[GUARD] = Guard()
    if not config.getoption("vidmock_live"):
        config.pluginmanager.register(guard, "vidmock_guard")
        guard.begin()
    # pytest rewrites the asserts in every module of a distribution that has a plugin, which nearly doubles the time to
    # import ours. There is no public way to prevent that for a package; if this one stops working, imports get slower.
    getattr(getattr(config.pluginmanager, "rewrite_hook", None), "_must_rewrite", set()).discard("vidmock")


@pytest.fixture(scope="session")
def vidmock_server(pytestconfig: pytest.Config) -> Iterator[MockServer]:
    """The server of all tests, in which each has its own world. Override it for other settings."""
    from vidmock.testing.mock_server import MockServer

    option, models = pytestconfig.getoption, _models(pytestconfig)
    any_model = option("vidmock_any_model")
    with MockServer(clock="manual", seed=option("vidmock_seed"), models=models, any_model=any_model) as server:
        yield server


def _models(config: pytest.Config) -> list[str | Path]:
    """The files and folders of models for all tests: of the option, the ini file, or the variable."""
    named = config.getoption("vidmock_models") or config.getini("vidmock_models")
    return list(named) or [place for place in os.environ.get("VIDMOCK_MODELS", "").split(os.pathsep) if place]


@pytest.fixture
def vidmock(request: pytest.FixtureRequest, vidmock_server: MockServer) -> Iterator[MockWorld]:
    """A fresh world with its own API key; its clock stands still until a client sleeps or you advance it."""
    options = _options(request.node)
    request.config.stash[GUARD].watch(vidmock_server)
    settings = _settings(vidmock_server.settings, options)
    key = "vidmock:" + hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:32]
    world = vidmock_server.world(key, settings)
    if "budget" in options:
        world.set_budget(options["budget"])
    request.node.stash[WORLD] = world, settings.seed
    with ExitStack() as stack:
        if options.get("virtual", True) and settings.clock.kind == "manual":
            packages = request.config.getini("vidmock_packages")
            leap = options.get("leap", True)
            stack.enter_context(world.virtual_time(packages=packages, project=request.config.rootpath, leap=leap))
        yield world
    vidmock_server.close(key)


@pytest.fixture
def vidmock_clock(vidmock: MockWorld) -> ClockHandle:
    """The clock of the test's world."""
    return vidmock.clock


@pytest.fixture
def vidmock_env(vidmock: MockWorld) -> Iterator[dict[str, str]]:
    """Points every client at the test's world, by environment variables, which it gives, and in imported modules."""
    from vidmock.server.state_folder import NoStateFolder

    with ExitStack() as stack:
        try:
            variables = stack.enter_context(vidmock.lead_clients())
        except NoStateFolder as problem:
            pytest.fail(str(problem), pytrace=False)
        yield variables


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    outcome: Any = yield
    report: pytest.TestReport = outcome.get_result()
    if report.failed and (found := item.stash.get(WORLD, None)):
        world, seed = found
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
        said = f"the tests would have cost ${totals.spent:f}, more than the budget of ${budget:f} (--vidmock-budget)"
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
    if totals.jobs:
        unfetched = f", never downloaded ${totals.undownloaded:.2f}" if totals.undownloaded else ""
        unpriced = f"; not counted, unknown price: {totals.unpriced} of {totals.jobs} jobs" if totals.unpriced else ""
        terminalreporter.write_line(
            f"vidmock: would have cost ${totals.spent:.2f}, wasted ${totals.wasted:.2f}{unfetched}{unpriced}"
        )
    if budget is not None and totals.spent > budget:
        terminalreporter.write_line(f"vidmock: that is more than the budget of ${budget:.2f}", red=True)


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


def _options(node: pytest.Item) -> dict[str, Any]:
    """The arguments of all markers of a test; those of the nearest one count."""
    options: dict[str, Any] = {}
    for marker in node.iter_markers("vidmock"):
        for name, value in marker.kwargs.items():
            if name not in _OPTIONS:
                raise pytest.UsageError(f"@pytest.mark.vidmock has no {name!r}; it has {', '.join(_OPTIONS)}")
            options.setdefault(name, value)
        if marker.args:
            raise pytest.UsageError("@pytest.mark.vidmock takes named values only, such as seed=1")
    return options


def _settings(base: Settings, options: dict[str, Any]) -> Settings:
    from vidmock.engine.jobs.ledger import parse_budget
    from vidmock.problems import BadRequest
    from vidmock.testing.options import settings_with

    asked = {name: value for name, value in options.items() if name not in ("budget", "virtual", "leap", "live")}
    try:
        parse_budget(options.get("budget"))
        return settings_with(base, **asked)
    except BadRequest as problem:
        raise pytest.UsageError(f"@pytest.mark.vidmock: {problem}") from problem
