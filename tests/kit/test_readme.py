"""What contracts/README.md shows works as it says, and what it lists is what there is."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from vidmock.contract.case import FEATURES
from vidmock.contract.case_files import shipped_cases
from vidmock.contract.examination import examine
from vidmock.contract.script_run import features_of
from vidmock.contract.verdict import BAD
from vidmock.kit import loading
from vidmock.kit.client import ClientError, MakeClient
from vidmock.kit.wire import WIRES

Checks = dict[str, Callable[..., None]]


@pytest.fixture(scope="module")
def readme(contracts: Path) -> str:
    return (contracts / "README.md").read_text()


@pytest.fixture(scope="module")
def adapter(readme: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The example, as a spec for the command line."""
    (code,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    assert sum(1 for line in code.splitlines() if line.strip()) <= 30
    file = tmp_path_factory.mktemp("readme") / "adapter.py"
    file.write_text(code)
    return f"{file}:Adapter"


def test_the_example_fails_what_the_readme_says(adapter: str, readme: str) -> None:
    told = {line.split()[1] for line in _table(readme, "what happens")}
    make = loading.load_client(adapter)
    features = features_of("runpod", make)
    lacking = {"webhooks", "request_timeout", "downloads", "cancels", "interrupts", "resumes"}
    assert FEATURES.keys() - features == lacking
    found = examine(adapter, "runpod", make, features, shipped_cases())
    assert {report.case.id for report in found.reports if report.verdict in BAD} == told


def test_the_readme_lists_every_check_with_its_property(readme: str, checks: Checks) -> None:
    listed = dict(_cells(row) for row in _table(readme, "the property"))
    assert listed == {name: _property(check) for name, check in checks.items()}


def test_the_readme_lists_what_a_client_is_given(readme: str) -> None:
    given = {name: meaning for names, meaning in map(_cells, _table(readme, "what it is")) for name in _quoted(names)}
    assert set(given) == inspect.signature(MakeClient.__call__).parameters.keys() - {"self"}
    assert set(_quoted(given["base_url"])) == {wire.base_url for wire in WIRES.values()}
    assert "`own_time = True`" in given["sleep"]


def test_the_readme_names_every_error_of_a_client(readme: str) -> None:
    (named,) = re.findall(r"errors in `vidmock/kit/client.py`:\n(.*?)\. A client", readme, re.DOTALL)
    assert set(_quoted(named)) == {error.__name__ for error in ClientError.__subclasses__()}


def _property(check: Callable[..., None]) -> str:
    return (check.__doc__ or "").replace("``", "`")


def _quoted(text: str) -> list[str]:
    return re.findall(r"`(.+?)`", text)


def _cells(row: str) -> tuple[str, str]:
    first, second = row.strip("|").split("|")
    return first.strip(), second.strip()


def _table(text: str, head: str) -> list[str]:
    """The rows of the table with *head* in its first line."""
    return re.search(rf"^\|.*{head}.*\n\| ---.*\n((?:\|.*\n)+)", text, re.MULTILINE)[1].splitlines()  # type: ignore[index]  # a missing table fails the test just as well
