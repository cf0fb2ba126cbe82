"""The contract suite's checks as functions, by their ids, and its harness."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from types import ModuleType
from typing import Any

import hypothesis
import pytest

from vidmock import resources
from vidmock.kit import loading
from vidmock.kit.client import MakeClient
from vidmock.kit.harness import Harness
from vidmock.kit.wire import WIRES, Wire

Check = Callable[..., None]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "check(id, seen=..., providers=...): as in contracts/conftest.py")


@pytest.fixture(scope="session")
def contracts() -> Path:
    return resources.folder("contracts")


@pytest.fixture(scope="session")
def checks(contracts: Path) -> dict[str, Check]:
    """Each check by its id, as the suite runs it, except that a failing example is not shrunk."""
    current = hypothesis.settings.get_current_profile_name()
    hypothesis.settings.register_profile("mutants", max_examples=100, phases=[hypothesis.Phase.generate])
    hypothesis.settings.load_profile("mutants")
    try:
        modules = [loading.load_module(file) for file in sorted(contracts.glob("test_*.py"))]
    finally:
        hypothesis.settings.load_profile(current)
    return {mark.args[0]: check for module in modules for check, mark in _marked(module)}


def _marked(module: ModuleType) -> Iterator[tuple[Check, pytest.Mark]]:
    for name, thing in vars(module).items():
        if name.startswith("test_"):
            yield from ((thing, mark) for mark in getattr(thing, "pytestmark", ()) if mark.name == "check")


@pytest.fixture(scope="session")
def harness_for(
    contracts: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., AbstractContextManager[Harness]]:
    """Makes a harness, to be used in a ``with`` block, for a provider and a callable that makes clients."""
    open_harness: Any = loading.load_module(contracts / "conftest.py").open_harness

    def make_harness(provider: str, make: MakeClient) -> AbstractContextManager[Harness]:
        wire: Wire = WIRES[provider]
        made: AbstractContextManager[Harness] = open_harness(wire, make, tmp_path_factory.mktemp(provider))
        return made

    return make_harness
