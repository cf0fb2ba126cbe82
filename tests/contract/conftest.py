"""How clients are judged here: by one case."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from vidmock.contract import command_runs, real_time, script_run
from vidmock.contract.case_files import find_cases, shipped_cases
from vidmock.contract.script_run import features_of
from vidmock.contract.verdict import CaseReport, judge_case
from vidmock.kit.client import MakeClient

Judged = Callable[..., CaseReport]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no client that hangs."""
    monkeypatch.setattr(script_run, "WATCHDOG", 300.0)
    monkeypatch.setattr(command_runs, "COMMAND_WATCHDOG", 300.0)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs of a moment: what is tried in real time does not hang on their length."""
    monkeypatch.setattr(real_time, "SHORTER", 2000.0)
    monkeypatch.setattr(real_time, "LONGEST_QUEUE", 0.0)


@pytest.fixture(scope="session")
def judged() -> Judged:
    """The report of one case: ``judged("POLL-01", Client)``."""
    known = shipped_cases()

    def judge(case: str, make: MakeClient, provider: str = "eachlabs") -> CaseReport:
        (found,) = find_cases(case, known)
        return judge_case(found, provider, make, features_of(provider, make))

    return judge
