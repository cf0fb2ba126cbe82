"""Runs pytest within pytest, with our plugin in the inner one only."""

from __future__ import annotations

from collections.abc import Callable

import pytest

PLUGIN = ("--disable-plugin-autoload", "-p", "vidmock.pytest_plugin", "-p", "no:cacheprovider")
"""By its module, so that an installed copy of it does not count, and without the other plugins of this machine."""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[..., pytest.RunResult]:
    """Runs a program of tests with the plugin: ``run(code, "--vidmock-budget", "1")``; fails after *timeout*.

    In a process of its own: what an inner pytest imports in this one it forgets, and not every module bears that.
    """
    monkeypatch.setenv("VIDMOCK_STATE", str(pytester.path / "state"))

    def run(code: str, *arguments: str, timeout: float | None = None) -> pytest.RunResult:
        pytester.makepyfile(code)
        return pytester.runpytest_subprocess(*PLUGIN, *arguments, timeout=timeout)

    return run
