"""The lines of a ledger in blocks with their sums: what was spent in any stretch of time, without reading each line."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from vidmock.engine.jobs.ledger_line import LedgerLine, Totals

ModelKey = tuple[str, str]
"""A provider and a model."""
_LARGEST: Final = 1024
"""Lines of one block: as many are read at either end of a stretch."""


class _Sums:
    """Totals by model."""

    def __init__(self, totals: Mapping[ModelKey, Totals] | None = None) -> None:
        self.totals = {model: replace(part) for model, part in (totals or {}).items()}

    def count(self, line: LedgerLine, times: int = 1) -> None:
        self.totals.setdefault((line.provider, line.model), Totals()).count(line, times)

    def add(self, other: _Sums, times: int = 1) -> None:
        for model, part in other.totals.items():
            self.totals.setdefault(model, Totals()).add(part, times)


class _Block:
    """Lines one after another, by job, and their sums."""

    def __init__(self, at: float) -> None:
        self.first = self.last = at
        self.lines: dict[str, LedgerLine] = {}
        self.sums = _Sums()

    def put(self, line: LedgerLine) -> None:
        """Have *line* in the place of the one of the same job, which is no longer counted, or behind all others."""
        self.first, self.last = min(self.first, line.at), max(self.last, line.at)
        self.lines[line.job] = line
        self.sums.count(line)

    def is_within(self, start: float, end: float) -> bool:
        return start <= self.first and self.last < end

    def within(self, start: float, end: float) -> _Sums:
        """The sums of the lines from *start* to before *end*."""
        found = _Sums()
        if self.first < end and self.last >= start:
            for line in self.lines.values():
                if start <= line.at < end:
                    found.count(line)
        return found


class Spending:
    """*lines* in the order in which they were charged, which is that of their moments. Its ledger keeps it in step.

    A stretch of time is from its *start* to before its *end*, in seconds since the epoch.
    """

    def __init__(self, lines: Iterable[LedgerLine]) -> None:
        self._blocks: list[_Block] = []
        self._block_of: dict[str, _Block] = {}
        self._whole = _Sums()
        for line in lines:
            self.add(line)

    def add(self, line: LedgerLine) -> None:
        """Add *line*, the newest, of a job that has none."""
        if not self._blocks or len(self._blocks[-1].lines) >= _LARGEST:
            self._blocks.append(_Block(line.at))
        self._block_of[line.job] = self._blocks[-1]
        self._blocks[-1].put(line)
        self._whole.count(line)

    def replace(self, line: LedgerLine) -> None:
        """Have *line* in the place of the one of the same job."""
        block = self._block_of[line.job]
        self._discount(block, line.job)
        block.put(line)
        self._whole.count(line)

    def remove(self, job_id: str) -> None:
        """Remove the line of that job."""
        block = self._block_of.pop(job_id)
        self._discount(block, job_id)
        block.lines.pop(job_id)
        if not block.lines:
            self._blocks.remove(block)

    def totals(self, start: float, end: float) -> Mapping[ModelKey, Totals]:
        """What the lines of a stretch come to, by model; of some models, perhaps nothing."""
        whole = [block for block in self._blocks if block.is_within(start, end)]
        others = [block for block in self._blocks if not block.is_within(start, end)]
        if len(whole) > len(others):
            found = _Sums(self._whole.totals)
            for block in others:
                found.add(block.sums, -1)
        else:
            found = _Sums()
            for block in whole:
                found.add(block.sums)
        for block in others:
            found.add(block.within(start, end))
        return found.totals

    def _discount(self, block: _Block, job_id: str) -> None:
        for sums in (block.sums, self._whole):
            sums.count(block.lines[job_id], -1)

    def paid(
        self, start: float, end: float, models: Collection[ModelKey], *, newest_first: bool = False
    ) -> Iterator[LedgerLine]:
        """The lines of a stretch and of *models* of which something was not refunded. None may change meanwhile."""
        for block in reversed(self._blocks) if newest_first else self._blocks:
            if block.last < start or block.first >= end:
                continue
            if any(model in models and totals.spent for model, totals in block.sums.totals.items()):
                for line in reversed(block.lines.values()) if newest_first else block.lines.values():
                    if start <= line.at < end and line.spent and (line.provider, line.model) in models:
                        yield line
