"""Puts a client on a stage: which one is under test, and the mock that it meets."""

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

from vidmock.engine.jobs.timeline import Latency
from vidmock.engine.time.clock import Mode
from vidmock.engine.world.settings import Settings
from vidmock.kit import loading
from vidmock.kit.client import Hooked, MakeClient, Result
from vidmock.kit.harness import Charges, Harness, Trial
from vidmock.kit.lossy_proxy import LossyProxy
from vidmock.kit.profiles import profile
from vidmock.kit.scaled_time import ScaledTime
from vidmock.kit.webhook_receiver import WebhookReceiver
from vidmock.kit.wire import WIRES, Wire
from vidmock.schema.catalog import Model, models
from vidmock.server.server import ThreadedServer

FACTOR: Final = 200.0
"""Seconds of the mock in a real one."""
REFERENCES: Final = {name: f"{Path(__file__).parent}/clients/{name}.py:Client" for name in WIRES}


class Theatre:
    """A mock, the proxy in front of it, and a mailbox for its webhooks, in one event loop."""

    def __init__(self, wire: Wire, latency: Latency) -> None:
        self.mock = ThreadedServer(Settings(seed=1, clock=Mode("scaled", FACTOR), latency=latency))
        url = httpx.URL(self.mock.url)
        self.proxy = LossyProxy(wire, (url.host, url.port or 80))
        self.mailbox = WebhookReceiver()
        self.origin = self.mail = ""

    @contextmanager
    def opened(self) -> Iterator[Theatre]:
        with self.mock:
            self.origin = self.mock.run(self.proxy.open())
            self.mail = self.mock.run(self.mailbox.open())
            try:
                yield self
            finally:
                self.mock.run(self.mailbox.close())
                self.mock.run(self.proxy.close())

    def bill(self, key: str) -> Charges:
        return self.mock.run(self._bill(key))

    async def _bill(self, key: str) -> Charges:
        world = self.mock.engine.worlds.world(key)
        return Charges(tuple(job.input for job in world.jobs.values()), world.ledger.spent)


class House:
    """A provider's stage for one client, with a theatre that stands as long as the session."""

    def __init__(self, wire: Wire, make: MakeClient, folder: Path, theatre: Theatre) -> None:
        self.wire, self.make, self.folder, self.theatre = wire, make, folder, theatre
        self.models: Sequence[Model] = [model for model in models(wire.name) if model.makes_video]
        self._keys = (f"contract-{number}" for number in itertools.count(1))
        with self.act() as act:
            self.hooked = isinstance(act.client, Hooked)

    def __repr__(self) -> str:
        return f"<{self.wire.name} and {getattr(self.make, '__name__', self.make)}>"

    @contextmanager
    def act(
        self,
        *,
        latency: tuple[float, float] | None = None,
        rhythm: Sequence[float] = (1.0,),
        meanwhile: Callable[[Trial], None] | None = None,
        hooks: bool = False,
    ) -> Iterator[Trial]:
        with ExitStack() as stack:
            theatre = self.theatre
            if latency is not None:
                fixed = Latency(queue=(latency[0],) * 2, run=(latency[1],) * 2)
                theatre = stack.enter_context(Theatre(self.wire, fixed).opened())
            key = next(self._keys)
            published: list[Result] = []
            tempo = ScaledTime(FACTOR, rhythm, (lambda: meanwhile(act)) if meanwhile else None)
            client = self.make(
                base_url=f"{theatre.origin}{self.wire.path}",
                api_key=key,
                folder=Path(stack.enter_context(TemporaryDirectory(dir=self.folder))),
                sleep=tempo.sleep,
                now=tempo.now,
                publish=published.append,
                webhook_url=f"{theatre.mail}/{key}" if hooks else None,
            )
            stack.callback(getattr(client, "close", lambda: None))
            take = partial(theatre.mailbox.take, key)
            act = Trial(self.wire, client, published, theatre.proxy.script(key), partial(theatre.bill, key), take)
            yield act
            act.settle()


@contextmanager
def house(wire: Wire, make: MakeClient, folder: Path) -> Iterator[House]:
    """A stage for the clients that *make* makes."""
    with Theatre(wire, Latency()).opened() as theatre:
        yield House(wire, make, folder, theatre)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("vidmock", "the contract suite")
    group.addoption("--vidmock-client", metavar="MODULE:CALLABLE", help="what makes the client under test")
    group.addoption("--vidmock-provider", choices=sorted(WIRES), help="the provider that the client is for")


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


def pytest_report_header(config: pytest.Config) -> list[str]:
    examples = profile().max_examples
    return [
        f"vidmock contracts: {name}: {spec}, {examples} examples a check" for name, spec in under_test(config).items()
    ]


def under_test(config: pytest.Config) -> dict[str, str]:
    """Which client stands for which provider; ours for each unless the command line says otherwise."""
    provider = config.getoption("--vidmock-provider")
    if not provider:
        return REFERENCES
    return {provider: config.getoption("--vidmock-client") or REFERENCES[provider]}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "stage" in metafunc.fixturenames:
        metafunc.parametrize("stage", list(under_test(metafunc.config)), indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A check that is about other providers than the client's is none of its business."""
    foreign = [item for item in items if not _concerns(item)]
    config.hook.pytest_deselected(items=foreign)
    items[:] = [item for item in items if item not in foreign]


def _concerns(item: pytest.Item) -> bool:
    mark = item.get_closest_marker("check")
    if mark is None or "providers" not in mark.kwargs or not isinstance(item, pytest.Function):
        return True
    return item.callspec.params["stage"] in mark.kwargs["providers"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Under a failure, say which property was broken and whom it has cost something before."""
    report = yield
    mark = item.get_closest_marker("check")
    if report.failed and mark is not None and isinstance(item, pytest.Function):
        report.sections.append((mark.args[0], f"{item.function.__doc__}\nSeen: {mark.kwargs['seen']}"))
    return report


@pytest.fixture(scope="session")
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    """The provider's mock with the client under test on it."""
    name: str = request.param
    make = loading.load_client(under_test(request.config)[name])
    with house(WIRES[name], make, tmp_path_factory.mktemp(name)) as made:
        yield made
