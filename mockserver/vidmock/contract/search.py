"""Searches for a history that a client does not survive, and for the shortest one: always the same, and bounded."""

from __future__ import annotations

import json
from typing import Any, Final

import hypothesis

from vidmock.contract.asked_model import asking
from vidmock.contract.case import Case, Feature
from vidmock.contract.case_files import case_from_json
from vidmock.contract.histories import FOUND, histories
from vidmock.contract.many import many
from vidmock.contract.paid_calls import PaidCall
from vidmock.contract.verdict import BAD, CaseReport, ScriptReport, judge_case
from vidmock.kit.client import MakeClient

SHORTENINGS: Final = 150
"""Runs, at most, in which a history that was found is made shorter."""
_HUNG: Final = 30
"""As many of these runs does one count in which the client hangs: it takes so long."""


class _Lost(Exception):
    """A client has not survived."""


class HistorySearch:
    """The histories that were tried with clients of *provider*, which *make* makes; what each came to is kept."""

    def __init__(
        self, provider: str, make: MakeClient, features: frozenset[Feature], paid: PaidCall | None = None
    ) -> None:
        self._provider, self._make, self._features = provider, make, features
        self._paid = paid
        self._tried: dict[str, CaseReport] = {}
        self._left = SHORTENINGS
        self.found: CaseReport | None = None
        self.told: dict[str, Any] = {}
        """The case that was found, as a file of cases has it."""

    def run(self, histories_at_most: int) -> CaseReport:
        """The report of the shortest history that was lost; where none was, one that passed."""

        @hypothesis.settings(
            max_examples=histories_at_most,
            derandomize=True,
            database=None,
            deadline=None,
            report_multiple_bugs=False,
            phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(histories(self._provider, self._features))
        def survives(told: dict[str, Any]) -> None:
            self._try(told)

        try:
            survives()
        except _Lost:
            assert self.found is not None
            return self.found
        return _passed(self._provider, self._tried)

    def _try(self, told: dict[str, Any]) -> None:
        key = json.dumps(told)
        if key not in self._tried:
            if self.found and self._left <= 0:
                return
            case = case_from_json(told)
            case = asking(case, self._paid) if self._paid else case
            report = judge_case(case, self._provider, self._make, self._features)
            self._tried[key] = report
            if self.found:
                self._left -= _HUNG if report.verdict == "hung" else 1
        if self._tried[key].verdict in BAD:
            self.found, self.told = self._tried[key], told
            raise _Lost


def _passed(provider: str, tried: dict[str, CaseReport]) -> CaseReport:
    drawn = many(len(tried), "history is", "histories are")
    case = Case(
        id=FOUND,
        asks=f"{drawn} drawn, of failures, delays, deadlines and calls in a row.",
        must="No money and no video is lost, and the caller is told what is true.",
        severity="S1",
        evidence=(),
        needs=frozenset(),
        scripts=(),
        documented={},
    )
    script = next((report.scripts[0].script for report in tried.values()), None)
    scripts = () if script is None else (ScriptReport(script, "passed"),)
    return CaseReport(case, provider, scripts)
