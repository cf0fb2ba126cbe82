"""The contract suite as values: its stage, and its checks by their ids."""

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
    """Each check by its id: as the suite runs them, only that a failure is not made smaller before it is told."""
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
            yield from ((thing, mark) for mark in thing.pytestmark if mark.name == "check")


@pytest.fixture(scope="session")
def put_on(contracts: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., AbstractContextManager[Harness]]:
    """What puts a client on a provider's harness, for the length of a ``with`` block."""
    house: Any = loading.load_module(contracts / "conftest.py").house

    def put(provider: str, make: MakeClient) -> AbstractContextManager[Harness]:
        wire: Wire = WIRES[provider]
        staged: AbstractContextManager[Harness] = house(wire, make, tmp_path_factory.mktemp(provider))
        return staged

    return put
