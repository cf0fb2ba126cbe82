"""Every case of ``contracts/cases`` with the client under test."""

from __future__ import annotations

from typing import Any

import pytest

from vidmock.contract.case import Case
from vidmock.contract.case_files import shipped_cases
from vidmock.contract.report import case_lines
from vidmock.contract.script_run import features_of
from vidmock.contract.verdict import BAD, judge_case

CASES = shipped_cases()


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_a_client_survives(case: Case, harness: Any) -> None:
    """What the provider does in the case costs the client no money and no video."""
    report = judge_case(case, harness.wire.name, harness.make, features_of(harness.wire.name, harness.make))
    said = "\n".join(case_lines(report, 1, 1, expected=False, stories=True))
    if report.verdict in BAD:
        pytest.fail(said, pytrace=False)
    if report.verdict != "passed":
        # It shows nothing of the client: that is no failure, and must not count as passed.
        pytest.skip(said)
