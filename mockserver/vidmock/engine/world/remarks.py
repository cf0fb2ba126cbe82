"""What is told of the newest jobs besides what they are: which faults have struck them, what is odd in their inputs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final
from weakref import ref

from vidmock.engine.changes import Changes
from vidmock.engine.world.journal import Exchange
from vidmock.schema.judged import Judged
from vidmock.schema.violation import Violation

REMARKS_KEPT: Final = 1_000
"""Jobs of a key whose faults are remembered, and whose inputs are."""


class Remarks:
    """Of the newest *keep* jobs, by their ids. What it notes of faults is told to *changes*."""

    def __init__(self, changes: Changes | None = None, keep: int = REMARKS_KEPT) -> None:
        self._changes, self._keep = changes or Changes(), keep
        self._struck: OrderedDict[str, tuple[str, ...]] = OrderedDict()
        # The journal holds them, and counts what they take.
        self._judged: OrderedDict[str, ref[Judged]] = OrderedDict()

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

    def judge(self, job_id: str, judged: Judged) -> None:
        """Note what the job was made of; the same input once more, as of a retry, is judged already."""
        held = self._judged.get(job_id)
        before = held() if held else None
        if before is None or before.input is not judged.input:
            self._judged[job_id] = ref(judged)
        if len(self._judged) > self._keep:
            self._judged.popitem(last=False)

    def lints(self, job_id: str) -> Sequence[Violation] | None:
        """What is odd about the input of the job; ``None`` once the call that submitted it is not known any more."""
        held = self._judged.get(job_id)
        judged = held() if held else None
        return None if judged is None else judged.lints

    def restore(self, exchanges: Iterable[Exchange], struck: Mapping[str, Sequence[str]]) -> None:
        """Know again which effects have *struck*, and what the calls of *exchanges* submitted that became jobs."""
        self._struck = OrderedDict((job_id, tuple(names)) for job_id, names in list(struck.items())[-self._keep :])
        for exchange in exchanges:
            if exchange.operation == "submit" and len(exchange.jobs) == len(exchange.judged):
                for job_id, judged in zip(exchange.jobs, exchange.judged, strict=True):
                    self.judge(job_id, judged)

    def _note(self, job_id: str) -> None:
        if self._changes.on:
            self._changes.note("struck", job_id)
