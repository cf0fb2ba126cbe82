"""What is told of the newest jobs besides what they are: which faults have struck them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from vidmock.engine.changes import Changes

REMARKS_KEPT: Final = 1_000
"""Jobs of a key whose faults are remembered."""


class Remarks:
    """Of the newest *keep* jobs, by their ids. What it notes of faults is told to *changes*."""

    def __init__(self, changes: Changes | None = None, keep: int = REMARKS_KEPT) -> None:
        self._changes, self._keep = changes or Changes(), keep
        self._struck: OrderedDict[str, tuple[str, ...]] = OrderedDict()

    def strike(self, job_id: str, effect: str) -> None:
        """Note that the *effect* of that name has struck the job."""
        known = self._struck.setdefault(job_id, ())
        if effect not in known:
            self._struck[job_id] = (*known, effect)
            self._note(job_id)
        if len(self._struck) > self._keep:
            dropped, _ = self._struck.popitem(last=False)
            self._note(dropped)

    def struck(self, job_id: str) -> Sequence[str]:
        """The names of the effects that have struck the job, each once, in the order in which they first did."""
        return self._struck.get(job_id, ())

    def struck_jobs(self) -> Mapping[str, Sequence[str]]:
        """By the id of each job that a fault has struck: the names of the effects."""
        return MappingProxyType(self._struck)

    def restore(self, struck: Mapping[str, Sequence[str]]) -> None:
        """Know again which effects have *struck*."""
        self._struck = OrderedDict((job_id, tuple(names)) for job_id, names in list(struck.items())[-self._keep :])

    def _note(self, job_id: str) -> None:
        if self._changes.on:
            self._changes.note("struck", job_id)
