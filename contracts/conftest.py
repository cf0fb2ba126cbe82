"""The contract suite's options, and its ``harness``: the client under test, and a mock in this process."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest

from vidmock.contract.case import Case
from vidmock.contract.own_time import time_of
from vidmock.engine.jobs.timeline import Latency
from vidmock.kit import loading
from vidmock.kit.client import MakeClient, Result
from vidmock.kit.coroutine_client import make_client
from vidmock.kit.harness import Charges, Harness, Trial
from vidmock.kit.profiles import profile
from vidmock.kit.trial_time import TrialTime
from vidmock.kit.wire import WIRES, Wire
from vidmock.schema.catalog import Model, models
from vidmock.testing.mock_server import MockServer
from vidmock.testing.mock_world import MockWorld

REFERENCES: Final = {name: f"{Path(__file__).parent}/clients/{name}.py:Client" for name in WIRES}
"""The reference client of each provider, in the form of ``--vidmock-client``."""


class LocalHarness:
    """A harness whose trials share one mock, but for those that ask for a latency of their own."""

    def __init__(self, wire: Wire, make: MakeClient, folder: Path, mock: MockServer) -> None:
        self.wire, self.make, self._folder, self._mock = wire, make, folder, mock
        self.models: Sequence[Model] = [model for model in models(wire.name) if model.makes_video]
        self._keys = (f"contract-{number}" for number in itertools.count(1))

    def __repr__(self) -> str:
        return f"<{self.wire.name} and {getattr(self.make, '__name__', self.make)}>"

    @contextmanager
    def trial(
        self, *, latency: tuple[float, float] | None = None, sleep_factors: Sequence[float] = (1.0,)
    ) -> Iterator[Trial]:
        with ExitStack() as stack:
            mock = self._mock
            if latency is not None:
                fixed = Latency(queue=(latency[0],) * 2, run=(latency[1],) * 2)
                mock = stack.enter_context(_mock(fixed))
            key = next(self._keys)
            world = mock.world(key)
            time = TrialTime(lambda: world.clock.now, world.clock.advance, sleep_factors)
            published: list[Result] = []
            client = make_client(
                self.make,
                base_url=f"{mock.url}{self.wire.path}",
                api_key=key,
                folder=Path(stack.enter_context(TemporaryDirectory(dir=self._folder))),
                sleep=time.sleep,
                now=time.now,
                publish=published.append,
                webhook_url=None,
            )
            stack.callback(getattr(client, "close", lambda: None))
            with time_of(self.make, mock):
                yield Trial(client, published, lambda: _charges(world))


def _charges(world: MockWorld) -> Charges:
    return Charges(tuple(record.job.input for record in world.jobs), world.ledger.spent)


def _mock(latency: Latency) -> MockServer:
    return MockServer(seed=1, clock="manual", latency=latency)


@contextmanager
def open_harness(wire: Wire, make: MakeClient, folder: Path) -> Iterator[LocalHarness]:
    """A harness for the clients that *make* makes, with a mock of its own."""
    with _mock(Latency()) as mock:
        yield LocalHarness(wire, make, folder, mock)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("vidmock", "the contract suite")
    group.addoption("--vidmock-client", metavar="MODULE:CALLABLE", help="the callable that makes the client under test")
    group.addoption("--vidmock-provider", choices=sorted(WIRES), help="the provider whose API the client speaks")


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
    with open_harness(WIRES[name], make, tmp_path_factory.mktemp(name)) as made:
        yield made
