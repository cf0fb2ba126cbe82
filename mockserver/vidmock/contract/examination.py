"""Examines a client: every case that is asked for, one after another."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from vidmock.contract.case import Case, Feature
from vidmock.contract.own_time import lives_in_real_time
from vidmock.contract.tried import Tried
from vidmock.contract.verdict import BAD, CaseReport, CaseVerdict, judge_case

IN_FLIGHT: Final = 8
"""Cases that are tried at once in real time."""


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
    tried: Tried,
    features: frozenset[Feature],
    cases: Sequence[Case],
    expected: frozenset[str] = frozenset(),
    tell: Callable[[CaseReport], None] = lambda report: None,
) -> Examination:
    """Try *cases* with what is *tried*, which has *features*; *tell* is called as each is done.

    Clients that live in real time, and mostly wait, are tried in several cases at once.
    """
    began = time.monotonic()
    reports = []
    with _in_order(tried) as each:
        for report in each(lambda case: judge_case(case, provider, tried, features), cases):
            reports.append(report)
            tell(report)
    return Examination(name, provider, tuple(reports), expected, time.monotonic() - began)


@contextmanager
def _in_order(tried: Tried) -> Iterator[Callable[..., Iterable[CaseReport]]]:
    """What maps cases to reports, in their order."""
    if not lives_in_real_time(tried):
        yield map
        return
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        try:
            yield pool.map
        except BaseException:
            # Whoever is interrupted does not wait for programs that go on.
            getattr(tried, "close", lambda: None)()
            raise
        finally:
            pool.shutdown(cancel_futures=True)
