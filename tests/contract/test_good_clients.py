"""Good clients of other shapes than the reference clients pass every case: the kit accuses nobody who is careful."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from vidmock.contract.case_files import shipped_cases
from vidmock.contract.examination import examine
from vidmock.contract.report import case_lines
from vidmock.contract.script_run import features_of
from vidmock.kit.loading import load_client

if TYPE_CHECKING:
    from vidmock.contract.verdict import CaseReport

FOLDER = Path(__file__).parents[1] / "kit" / "mutants" / "clients"
CLIENTS = {
    "eachlabs_urllib": "eachlabs",
    "fal_asyncio": "fal",
    "fal_signed": "fal",
    "runpod_webhooks": "runpod",
    "runware_urllib": "runware",
}


@pytest.mark.parametrize("name", CLIENTS)
def test_a_careful_client_is_accused_of_nothing(name: str) -> None:
    provider, make = CLIENTS[name], load_client(f"{FOLDER / name}.py:Client")
    wrong: list[str] = []

    def tell(report: CaseReport) -> None:
        if report.verdict not in ("passed", "not applicable"):
            wrong.extend(case_lines(report, 1, 1, expected=False, stories=True))

    examine(name, provider, make, features_of(provider, make), shipped_cases(), tell=tell)
    assert not wrong, "\n".join(wrong)
