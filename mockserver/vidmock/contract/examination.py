"""Examines a client: every case that is asked for, one after another."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from vidmock.contract.case import Case, Feature
from vidmock.contract.verdict import BAD, CaseReport, CaseVerdict, judge_case
from vidmock.kit.client import MakeClient


@dataclass(frozen=True, slots=True)
class Examination:
    """What became of the cases for the client *name* of *provider*, in *seconds* of the machine's time.

    *expected* are the ids of cases that were known to fail.
    """

    name: str
    provider: str
    reports: tuple[CaseReport, ...]
    expected: frozenset[str]
    seconds: float

    def of(self, verdict: CaseVerdict) -> tuple[CaseReport, ...]:
        """The reports with *verdict*."""
        return tuple(report for report in self.reports if report.verdict == verdict)

    @property
    def failures(self) -> tuple[CaseReport, ...]:
        """Those that failed, and were not known to."""
        return tuple(report for report in self.reports if report.verdict in BAD and report.case.id not in self.expected)

    @property
    def stale(self) -> tuple[str, ...]:
        """The ids that were known to fail, and did not."""
        failed = {report.case.id for report in self.reports if report.verdict in BAD}
        return tuple(sorted(self.expected - failed))

    @property
    def lost(self) -> Decimal:
        """USD that were paid for nothing."""
        return sum((report.lost for report in self.reports), Decimal(0))


def examine(
    name: str,
    provider: str,
    make: MakeClient,
    features: frozenset[Feature],
    cases: Sequence[Case],
    expected: frozenset[str] = frozenset(),
    tell: Callable[[CaseReport], None] = lambda report: None,
) -> Examination:
    """Try *cases* with new clients that *make* makes, which have *features*; *tell* is called as each is done."""
    began = time.monotonic()
    reports = []
    for case in cases:
        reports.append(judge_case(case, provider, make, features))
        tell(reports[-1])
    return Examination(name, provider, tuple(reports), expected, time.monotonic() - began)
