"""A part of the pytest plugin: keeps tests from the providers' real hosts, and tells which of them asked for one.

It is loaded at every start of pytest, so it imports little. PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from vidmock.interception.environment import environment_without_providers
from vidmock.interception.preload.vidmock_names import NAMES, RealHostRefused, provider_of

if TYPE_CHECKING:
    from vidmock.testing.mock_server import MockServer

WHY = (
    "{host} was not contacted: vidmock keeps tests, and the programs that they start, from the providers' real hosts. "
    "Give the test the fixture vidmock_env, which leads clients to the mock, or the client a URL such as "
    "vidmock.{provider}.url. A test that is to reach real hosts, and may cost money, says so: "
    "@pytest.mark.vidmock(live=True), or for a whole run --vidmock-live"
)
"""What a test, or a program that it has started, is told instead of an address."""

_PRELOADED = "vidmock_names"
"""The module that the environment of ``vidmock run`` has Python load at its start."""
_WORKER_OUTPUT = "vidmock_refused"
_OUTSIDE = "outside of tests"


class Guard:
    """Refuses the providers' names until its end, except in tests that are marked as live, and allowed hosts."""

    def __init__(self) -> None:
        self._allowed: Collection[str] = ()
        self._server: MockServer | None = None
        self._by_server: Mapping[str, int] = {}
        self._refused: dict[str, set[str]] = {}
        self._test = _OUTSIDE
        self._live = False
        self._theirs: Mapping[str, str | None] = {}
        self._stack = ExitStack()

    def begin(self) -> None:
        """Refuse from now on, unless ``vidmock run`` or ``vidmock env`` leads this process to a mock already."""
        if os.environ.get("VIDMOCK_URL") and _PRELOADED in sys.modules:
            return
        self._stack.enter_context(NAMES.under(self._rule))
        ours = environment_without_providers(WHY, os.environ)
        self._theirs = {name: os.environ.get(name) for name in ours}
        self._stack.enter_context(_variables(ours))

    def watch(self, server: MockServer) -> None:
        """Let through what *server* may contact, and tell what it refuses from now on, as the story of this test."""
        self._allowed = server.settings.allow_hosts
        self._server, self._by_server = server, server.refused

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._test = item.nodeid
        self._live = any(marker.kwargs.get("live") for marker in item.iter_markers("vidmock"))
        with ExitStack() as stack:
            if self._live:
                stack.enter_context(_variables(self._theirs))
            yield
        self._test, self._live, self._server = _OUTSIDE, False, None

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Iterator[None]:
        outcome: Any = yield
        report: pytest.TestReport = outcome.get_result()
        told = [_why(host) for host in sorted(self._refused.get(item.nodeid, ()))]
        if self._server is not None:
            again = self._server.refused.items()
            hosts = sorted(host for host, times in again if times > self._by_server.get(host, 0))
            told += [f"{host!r} was not contacted: it is not emulated, and not among allow_hosts" for host in hosts]
        if report.failed and told:
            report.sections.append(("vidmock kept this test from real hosts", "\n".join(told)))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(session.config, "workeroutput"):
            found = {test: sorted(hosts) for test, hosts in self._refused.items()}
            session.config.workeroutput[_WORKER_OUTPUT] = found

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Adds what a process of pytest-xdist was kept from."""
        for test, hosts in getattr(node, "workeroutput", {}).get(_WORKER_OUTPUT, {}).items():
            self._refused.setdefault(test, set()).update(hosts)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for test, hosts in sorted(self._refused.items()):
            terminalreporter.write_line(f"vidmock: {test} was kept from {', '.join(sorted(hosts))}", red=True)

    def pytest_unconfigure(self) -> None:
        self._stack.close()

    def _rule(self, host: str) -> None:
        __tracebackhide__ = True
        if not provider_of(host) or self._live or host in self._allowed:
            return
        self._refused.setdefault(self._test, set()).add(host)
        if self._test == _OUTSIDE:
            raise RealHostRefused(_why(host))
        # A client would try a name that does not resolve again, for up to a minute. No client catches this.
        raise pytest.fail.Exception(_why(host))


GUARD: pytest.StashKey[Guard] = pytest.StashKey()


def _why(host: str) -> str:
    return WHY.format(host=host, provider=provider_of(host))


@contextmanager
def _variables(values: Mapping[str, str | None]) -> Iterator[None]:
    """Set *values* (``None``: none) in the environment; at the end, put back those that nobody else has set since."""
    before = {name: os.environ.get(name) for name in values}
    _set(values)
    yield
    _set({name: before[name] for name, value in values.items() if os.environ.get(name) == value})


def _set(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
