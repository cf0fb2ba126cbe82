"""Runs pytest inside of pytest, with our plugin only in the inner one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

PLUGIN = ("--disable-plugin-autoload", "-p", "vidmock.pytest_plugin", "-p", "no:cacheprovider")
"""The plugin is named by its module, so that an installed copy is not used, and no other plugin is loaded."""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[..., pytest.RunResult]:
    """Runs the tests in *code* with the plugin: ``run(code, "--vidmock-budget", "1")``; fails after *timeout* seconds.

    The inner pytest has a process of its own. In this one it would import modules again, which some do not survive.
    """
    monkeypatch.setenv("VIDMOCK_STATE", str(pytester.path / "state"))

    def run(code: str, *arguments: str, timeout: float | None = None) -> pytest.RunResult:
        pytester.makepyfile(code)
        return pytester.runpytest_subprocess(*PLUGIN, *arguments, timeout=timeout)

    return run
