"""The contract suite's options, and its ``harness``: the client under test, and a mock in this process."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import httpx
import pytest

from vidmock.contract.case import Case
from vidmock.engine.jobs.timeline import Latency
from vidmock.engine.time.clock_group import ClockGroup
from vidmock.engine.time.mode import Mode
from vidmock.engine.world.settings import Settings
from vidmock.engine.world.world import World
from vidmock.kit import loading
from vidmock.kit.client import MakeClient, Result, TakesWebhooks
from vidmock.kit.harness import Charges, Harness, Trial
from vidmock.kit.lossy_proxy import LossyProxy
from vidmock.kit.profiles import profile
from vidmock.kit.trial_time import TrialTime
from vidmock.kit.webhook_receiver import ReceivedWebhook, WebhookReceiver
from vidmock.kit.wire import WIRES, Wire
from vidmock.problems import BadRequest
from vidmock.schema.catalog import Model, models
from vidmock.server.server import ThreadedServer

CLOCK: Final = Mode("manual")
"""The mock's time passes while a client sleeps, and only then: a busy machine changes no outcome."""
REFERENCES: Final = {name: f"{Path(__file__).parent}/clients/{name}.py:Client" for name in WIRES}
"""The reference client of each provider, in the form of ``--vidmock-client``."""


class Servers:
    """A mock, the proxy in front of it, and a webhook receiver, in one event loop."""

    def __init__(self, wire: Wire, latency: Latency, clock: Mode) -> None:
        self.mock = ThreadedServer(Settings(seed=1, clock=clock, latency=latency))
        url = httpx.URL(self.mock.url)
        self.proxy = LossyProxy(wire, (url.host, url.port or 80))
        self.receiver = WebhookReceiver()
        self.proxy_url = self.receiver_url = ""

    @contextmanager
    def running(self) -> Iterator[Servers]:
        with self.mock:
            self.proxy_url = self.mock.run(self.proxy.open())
            self.receiver_url = self.mock.run(self.receiver.open())
            try:
                yield self
            finally:
                self.mock.run(self.receiver.close())
                self.mock.run(self.proxy.close())

    def charges(self, key: str) -> Charges:
        return self.mock.run(self._charges(key))

    def now(self, key: str) -> float:
        return self.mock.run(self._now(key))

    def advance(self, key: str, seconds: float) -> None:
        """Let *seconds* pass in the world of *key*, with all that is due in them."""
        self.mock.run(self._advance(key, seconds))

    def take_webhook(self, key: str, seconds: float) -> ReceivedWebhook:
        """The next webhook for the client of *key*, after all that is due in its world."""
        self.mock.run(self._run_until_idle(key))
        return self.receiver.take(key, seconds)

    def _world(self, key: str) -> World:
        return self.mock.engine.worlds.world(key)

    async def _charges(self, key: str) -> Charges:
        world = self._world(key)
        return Charges(tuple(job.input for job in world.jobs.values()), world.ledger.spent)

    async def _now(self, key: str) -> float:
        return self._world(key).clock.now()

    async def _advance(self, key: str, seconds: float) -> None:
        await self._world(key).clock.advance(seconds)

    async def _run_until_idle(self, key: str) -> None:
        clock = self._world(key).clock
        await ClockGroup(lambda: (), clock).run_until_idle()


class LocalHarness:
    """A harness whose trials share *servers*, but for those that ask for a latency of their own."""

    def __init__(self, wire: Wire, make: MakeClient, folder: Path, servers: Servers, clock: Mode) -> None:
        self.wire, self.make, self.folder, self.servers, self.clock = wire, make, folder, servers, clock
        self.models: Sequence[Model] = [model for model in models(wire.name) if model.makes_video]
        self._keys = (f"contract-{number}" for number in itertools.count(1))
        with self.trial() as trial:
            self.takes_webhooks = isinstance(trial.client, TakesWebhooks)

    def __repr__(self) -> str:
        return f"<{self.wire.name} and {getattr(self.make, '__name__', self.make)}>"

    @contextmanager
    def trial(
        self,
        *,
        latency: tuple[float, float] | None = None,
        sleep_factors: Sequence[float] = (1.0,),
        in_first_sleep: Callable[[Trial], None] | None = None,
        webhooks: bool = False,
    ) -> Iterator[Trial]:
        with ExitStack() as stack:
            servers = self.servers
            if latency is not None:
                fixed = Latency(queue=(latency[0],) * 2, run=(latency[1],) * 2)
                servers = stack.enter_context(Servers(self.wire, fixed, self.clock).running())
            key = next(self._keys)
            published: list[Result] = []
            client_time = TrialTime(
                partial(servers.now, key),
                partial(servers.advance, key),
                sleep_factors,
                (lambda: in_first_sleep(trial)) if in_first_sleep else None,
            )
            client = self.make(
                base_url=f"{servers.proxy_url}{self.wire.path}",
                api_key=key,
                folder=Path(stack.enter_context(TemporaryDirectory(dir=self.folder))),
                sleep=client_time.sleep,
                now=client_time.now,
                publish=published.append,
                webhook_url=f"{servers.receiver_url}/{key}" if webhooks else None,
            )
            stack.callback(getattr(client, "close", lambda: None))
            take = partial(servers.take_webhook, key)
            trial = Trial(self.wire, client, published, servers.proxy.script(key), partial(servers.charges, key), take)
            yield trial
            trial.wait_for_deliveries()


@contextmanager
def open_harness(wire: Wire, make: MakeClient, folder: Path, clock: Mode = CLOCK) -> Iterator[LocalHarness]:
    """A harness for the clients that *make* makes, with servers of its own, whose worlds have *clock*."""
    with Servers(wire, Latency(), clock).running() as servers:
        yield LocalHarness(wire, make, folder, servers, clock)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("vidmock", "the contract suite")
    group.addoption("--vidmock-client", metavar="MODULE:CALLABLE", help="the callable that makes the client under test")
    group.addoption("--vidmock-provider", choices=sorted(WIRES), help="the provider whose API the client speaks")
    group.addoption(
        "--vidmock-clock",
        default=str(CLOCK),
        metavar="MODE",
        help="how the mock's time passes: manual (while the client sleeps by the sleep that it is given, the default)"
        " or scaled:N (for a client that sleeps by itself: N seconds in a real one)",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "check(id, seen=..., providers=...): which check of the client catalogue a test is, where its failure was seen,"
        " and which providers it is for, if not for all",
    )
    if config.getoption("--vidmock-client") and not config.getoption("--vidmock-provider"):
        raise pytest.UsageError("--vidmock-client also needs --vidmock-provider: which API does the client speak?")
    try:
        for spec in under_test(config).values():
            loading.load_client(spec)
    except loading.ClientNotFound as error:
        raise pytest.UsageError(f"--vidmock-client: {error}") from error
    try:
        Mode.parse(config.getoption("--vidmock-clock"))
    except BadRequest as error:
        raise pytest.UsageError(f"--vidmock-clock: {error}") from error


def pytest_report_header(config: pytest.Config) -> list[str]:
    examples = profile().max_examples
    return [
        f"vidmock contracts: {name}: {spec}, {examples} examples a check" for name, spec in under_test(config).items()
    ]


def under_test(config: pytest.Config) -> dict[str, str]:
    """The client under test for each provider: our reference clients, unless the command line names another one."""
    provider = config.getoption("--vidmock-provider")
    if not provider:
        return REFERENCES
    return {provider: config.getoption("--vidmock-client") or REFERENCES[provider]}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "harness" in metafunc.fixturenames:
        metafunc.parametrize("harness", list(under_test(metafunc.config)), indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselects the checks that are not for the client's provider."""
    others = [item for item in items if not _is_for_its_provider(item)]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]


def _is_for_its_provider(item: pytest.Item) -> bool:
    if not isinstance(item, pytest.Function) or not hasattr(item, "callspec"):
        return True
    given, mark = item.callspec.params, item.get_closest_marker("check")
    if isinstance(case := given.get("case"), Case):
        return any(given["harness"] in script.providers for script in case.scripts)
    return mark is None or "providers" not in mark.kwargs or given["harness"] in mark.kwargs["providers"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Adds to a failure the property that was broken, and where the same failure was seen before."""
    report = yield
    mark = item.get_closest_marker("check")
    if report.failed and mark is not None and isinstance(item, pytest.Function):
        report.sections.append((mark.args[0], f"{item.function.__doc__}\nSeen: {mark.kwargs['seen']}"))
    return report


@pytest.fixture(scope="session")
def harness(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    """One provider's mock, and the client under test."""
    name: str = request.param
    make = loading.load_client(under_test(request.config)[name])
    clock = Mode.parse(request.config.getoption("--vidmock-clock"))
    with open_harness(WIRES[name], make, tmp_path_factory.mktemp(name), clock) as made:
        yield made
