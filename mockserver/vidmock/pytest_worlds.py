"""The plugin's worlds: one server, and a world of it for each test, module or run, in which time is virtual.

pytest imports it at every start, so the rest of vidmock is imported only once a test asks for it. PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from vidmock.pytest_guard import GUARD

if TYPE_CHECKING:
    from vidmock.engine.world.settings import Settings
    from vidmock.testing.clocks import ClockHandle
    from vidmock.testing.mock_server import MockServer
    from vidmock.testing.mock_world import MockWorld
    from vidmock.testing.virtual_time.virtual_time import VirtualTime
    from vidmock.testing.webhook_receiver import WebhookReceiver

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
_WIDER = ("vidmock_session", "vidmock_module")
"""Fixtures whose worlds outlive a test, the widest first."""


@dataclass(slots=True)
class _Time:
    """Whose virtual time it is in this process: one world's at a time. *wide* begins that of a wider world, by fixture.

    A wider world's time passes in the tests that have its fixture, and no narrower one.
    """

    now: VirtualTime | None = None
    wide: dict[str, Callable[[], VirtualTime]] = field(default_factory=dict)

    @contextmanager
    def during(self, begin: Callable[[], VirtualTime]) -> Iterator[None]:
        """Have the time of *begin* pass, until another one does, or the test is over."""
        self.end()
        mine = self.now = begin().__enter__()
        try:
            yield
        finally:
            if self.now is mine:
                self.now = None
                mine.__exit__(None, None, None)

    def resume(self, names: list[str]) -> None:
        """Begin the time of the narrowest world that is there already, of the fixtures *names*."""
        known = [self.wide[name] for name in _WIDER if name in names and name in self.wide]
        if known:
            self.now = known[-1]().__enter__()

    def end(self) -> None:
        """End whatever time passes. That it stood still was told to whoever slept."""
        if (ended := self.now) is not None:
            self.now = None
            ended.__exit__(None, (error := RuntimeError()), error.__traceback__)


TIME: pytest.StashKey[_Time] = pytest.StashKey()
WORLDS: pytest.StashKey[dict[str, tuple[MockWorld, int]]] = pytest.StashKey()
"""Of a test, module or session: its worlds by fixture, with their seeds."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)
    config.stash[TIME] = _Time()


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    time = item.config.stash[TIME]
    time.resume(getattr(item, "fixturenames", []))
    yield
    time.end()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    outcome: Any = yield
    own = {name for marker in item.own_markers if marker.name == "vidmock" for name in (*marker.kwargs, *marker.args)}
    if outcome.excinfo is None and own - {"live"} and not worlds_of(item):
        _options(item)
        item.warn(
            pytest.PytestWarning(
                f"@pytest.mark.vidmock changes nothing here: {item.name} has no mock. Give it the fixture vidmock "
                f"(def {getattr(item, 'originalname', item.name)}(vidmock): …), or vidmock_env"
            )
        )


def worlds_of(item: pytest.Item) -> dict[str, tuple[MockWorld, int]]:
    """The worlds of the fixtures that *item* has, with their seeds."""
    holders = [item.session, item.getparent(pytest.Module), item]
    names = {*getattr(item, "fixturenames", ()), "vidmock"}
    found: dict[str, tuple[MockWorld, int]] = {}
    for holder in holders:
        if holder is not None:
            found |= {name: world for name, world in holder.stash.get(WORLDS, {}).items() if name in names}
    return found


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
    with _world(request, vidmock_server, "vidmock") as world:
        yield world


@pytest.fixture(scope="module")
def vidmock_module(request: pytest.FixtureRequest, vidmock_server: MockServer) -> Iterator[MockWorld]:
    """A world of all tests of a module: what one of them pays for, the next ones find. ``pytestmark`` changes it."""
    with _world(request, vidmock_server, "vidmock_module") as world:
        yield world


@pytest.fixture(scope="session")
def vidmock_session(request: pytest.FixtureRequest, vidmock_server: MockServer) -> Iterator[MockWorld]:
    """A world of the whole run, or of each process of pytest-xdist."""
    with _world(request, vidmock_server, "vidmock_session") as world:
        yield world


@contextmanager
def _world(request: pytest.FixtureRequest, server: MockServer, name: str) -> Iterator[MockWorld]:
    """A new world of *server* for the node of *request*, which has the fixture *name*; it is forgotten at the end."""
    node, config = request.node, request.config
    options = _options(node)
    config.stash[GUARD].watch(server)
    settings = _settings(server.settings, options)
    told = node.nodeid if name == "vidmock" else f"{name}:{node.nodeid}"
    key = "vidmock:" + hashlib.sha256(told.encode()).hexdigest()[:32]
    world = server.world(key, settings)
    world.set_label(_label(told))
    if "budget" in options:
        world.set_budget(options["budget"])
    node.stash.setdefault(WORLDS, {})[name] = world, settings.seed
    time = config.stash[TIME]

    def begin() -> VirtualTime:
        packages, leap = config.getini("vidmock_packages"), options.get("leap", True)
        return world.virtual_time(packages=packages, project=config.rootpath, leap=leap)

    with ExitStack() as stack:
        if options.get("virtual", True) and settings.clock.kind == "manual":
            if name in _WIDER:
                time.wide[name] = begin
                stack.callback(time.wide.pop, name)
            stack.enter_context(time.during(begin))
        yield world
    del node.stash[WORLDS][name]
    server.close(key)


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


@pytest.fixture
def vidmock_hook(vidmock: MockWorld) -> Iterator[WebhookReceiver]:
    """A receiver of webhooks at ``vidmock_hook.url``, which keeps what came and judges the signatures."""
    with vidmock.receive_webhooks() as receiver:
        yield receiver


def _options(node: Any) -> dict[str, Any]:
    """The arguments of all markers of a test, or of what has tests; those of the nearest one count."""
    options: dict[str, Any] = {}
    for marker in node.iter_markers("vidmock"):
        for name, value in marker.kwargs.items():
            if name not in _OPTIONS:
                raise pytest.UsageError(f"@pytest.mark.vidmock has no {name!r}; it has {', '.join(_OPTIONS)}")
            options.setdefault(name, value)
        if marker.args:
            raise pytest.UsageError("@pytest.mark.vidmock takes named values only, such as seed=1")
    return options


def _label(told: str) -> str:
    """The id of a test as a label; of one that is too long, the end, which says which it is."""
    from vidmock.engine.world.label import LONGEST_LABEL
    from vidmock.engine.world.seen_text import seen_part

    told = seen_part(told)
    return told if len(told) <= LONGEST_LABEL else f"…{told[1 - LONGEST_LABEL :]}"


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
