"""The lines of a ledger in blocks with their sums: what was spent in any stretch of time, without reading each line."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from vidmock.engine.jobs.ledger_line import LedgerLine, Totals

ModelKey = tuple[str, str]
"""A provider and a model."""
_LARGEST: Final = 1024
"""Lines of one block: as many are read at either end of a stretch."""


class _Block:
    """Lines one after another, by job, and their totals by model."""

    def __init__(self, at: float) -> None:
        self.first = self.last = at
        self.lines: dict[str, LedgerLine] = {}
        self.totals: dict[ModelKey, Totals] = {}

    def put(self, line: LedgerLine) -> None:
        """Add *line*, or have it in the place of the one of the same job."""
        self._discount(line.job)
        self.first, self.last = min(self.first, line.at), max(self.last, line.at)
        self.lines[line.job] = line
        self.totals.setdefault((line.provider, line.model), Totals()).count(line)

    def remove(self, job_id: str) -> None:
        """Remove the line of that job."""
        self._discount(job_id)
        del self.lines[job_id]

    def _discount(self, job_id: str) -> None:
        line = self.lines.get(job_id)
        if line:
            self.totals[line.provider, line.model].count(line, -1)

    def within(self, start: float, end: float) -> dict[ModelKey, Totals]:
        """The totals of the lines from *start* to before *end*."""
        if start <= self.first and self.last < end:
            return self.totals
        found: dict[ModelKey, Totals] = {}
        for line in self.lines.values():
            if start <= line.at < end:
                found.setdefault((line.provider, line.model), Totals()).count(line)
        return found


class Spending:
    """*lines* in the order in which they were charged, which is that of their moments. Its ledger keeps it in step.

    A stretch of time is from its *start* to before its *end*, in seconds since the epoch.
    """

    def __init__(self, lines: Iterable[LedgerLine]) -> None:
        self._blocks: list[_Block] = []
        self._block_of: dict[str, _Block] = {}
        for line in lines:
            self.add(line)

    def add(self, line: LedgerLine) -> None:
        """Add *line*, the newest, of a job that has none."""
        if not self._blocks or len(self._blocks[-1].lines) >= _LARGEST:
            self._blocks.append(_Block(line.at))
        self._block_of[line.job] = self._blocks[-1]
        self._blocks[-1].put(line)

    def replace(self, line: LedgerLine) -> None:
        """Have *line* in the place of the one of the same job."""
        self._block_of[line.job].put(line)

    def remove(self, job_id: str) -> None:
        """Remove the line of that job."""
        block = self._block_of.pop(job_id)
        block.remove(job_id)
        if not block.lines:
            self._blocks.remove(block)

    def totals(self, start: float, end: float) -> dict[ModelKey, Totals]:
        """What the lines of a stretch come to, by model."""
        found: dict[ModelKey, Totals] = {}
        for block in self._blocks:
            if block.first < end and block.last >= start:
                for model, totals in block.within(start, end).items():
                    found.setdefault(model, Totals()).add(totals)
        return found

    def paid(
        self, start: float, end: float, models: Collection[ModelKey], *, newest_first: bool = False
    ) -> Iterator[LedgerLine]:
        """The lines of a stretch and of *models* of which something was not refunded. None may change meanwhile."""
        for block in reversed(self._blocks) if newest_first else self._blocks:
            paid = any(model in models and totals.spent for model, totals in block.totals.items())
            if paid and block.first < end and block.last >= start:
                for line in reversed(block.lines.values()) if newest_first else block.lines.values():
                    if start <= line.at < end and line.spent and (line.provider, line.model) in models:
                        yield line
