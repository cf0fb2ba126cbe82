"""The search finds what no case is about, tells it as shortly as it can be told, and accuses nobody who is careful."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from vidmock import resources
from vidmock.contract import search as searching
from vidmock.contract.case_files import find_cases, read_cases, shipped_cases
from vidmock.contract.history_files import save_history
from vidmock.contract.script_run import features_of
from vidmock.contract.search import HistorySearch
from vidmock.contract.verdict import BAD, judge_case
from vidmock.kit.client import MakeClient, Refused, Result
from vidmock.kit.loading import load_client, load_module
from vidmock.kit.parts.polling import TransientError

if TYPE_CHECKING:
    from contracts.clients.eachlabs import Client as Good
else:
    Good = load_module(resources.folder("contracts") / "clients" / "eachlabs.py").Client


class GivesUpAfterFive(Good):
    """No case has more failures in a row than three."""

    failures = 0

    def fetch_result(self, job: str) -> Result | None:
        try:
            found = super().fetch_result(job)
        except TransientError as error:
            self.failures += 1
            if self.failures == 5:
                raise Refused(f"it failed: {error}") from error
            raise
        self.failures = 0
        return found


class IsSpoiltByAFailure(Good):
    """What one call has met, the next one is told too."""

    broken: ClassVar[bool] = False

    def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        if self.broken:
            raise Refused("the connection is not usable")
        return super().generate(model, input, deadline=deadline)

    def submit(self, model: str, input: Mapping[str, Any]) -> str:
        try:
            return super().submit(model, input)
        except Exception:
            self.broken = True  # type: ignore[misc]  # of this client
            raise


def searched(make: MakeClient, histories: int = 60) -> HistorySearch:
    search = HistorySearch("eachlabs", make, features_of("eachlabs", make))
    search.run(histories)
    return search


@pytest.mark.parametrize("provider", ["eachlabs", "fal", "runpod", "runware"])
def test_a_careful_client_survives_what_is_drawn(provider: str) -> None:
    make = load_client(f"{resources.folder('contracts') / 'clients' / provider}.py:Client")
    search = HistorySearch(provider, make, features_of(provider, make))
    report = search.run(8)
    assert search.found is None, search.told
    assert report.verdict == "passed"
    assert not report.lost


def test_a_burst_that_no_case_has_is_found_and_told_in_one_move(tmp_path: Path) -> None:
    failed = [
        case.id
        for case in find_cases("POLL", shipped_cases())
        if judge_case(case, "eachlabs", GivesUpAfterFive, features_of("eachlabs", GivesUpAfterFive)).verdict in BAD
    ]
    assert "POLL-01" not in failed
    search = searched(GivesUpAfterFive)
    assert search.found
    (fault,) = search.told["scripts"][0]["faults"]
    assert (fault["phase"], len(fault["nth"]), search.told["calls"]) == ("poll", 5, 1)
    assert search.found.lost > 0
    assert search.found.scripts[0].story
    case, test = save_history(search.told, "somewhere:Client", "eachlabs", tmp_path)
    (read,) = read_cases(case)
    assert judge_case(read, "eachlabs", GivesUpAfterFive, features_of("eachlabs", GivesUpAfterFive)).verdict == "failed"
    assert judge_case(read, "eachlabs", Good, features_of("eachlabs", Good)).verdict == "passed"
    assert "'somewhere:Client'" in test.read_text()


def test_a_call_that_spoils_the_next_is_found() -> None:
    search = searched(IsSpoiltByAFailure)
    assert search.told["calls"] == 2


def test_the_saved_test_runs(tmp_path: Path) -> None:
    told = {
        "id": "SEARCH-01",
        "asks": "Nothing happens.",
        "must": "It is well.",
        "severity": "S1",
        "evidence": ["a test"],
        "scripts": [{"faults": []}],
    }
    client = f"{resources.folder('contracts') / 'clients' / 'eachlabs.py'}:Client"
    case, test = save_history(told, client, "eachlabs", tmp_path)
    assert json.loads(case.read_text()) == [told]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(test)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_a_search_ends_however_long_it_could_shorten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "SHORTENINGS", 1)
    search = searched(GivesUpAfterFive)
    assert search.found
    assert search.found.verdict == "failed"
