"""How well a fact is founded: the same five words for models, errors and behaviours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast, get_args

EvidenceKind: TypeAlias = Literal["documented", "example", "observed", "client", "inferred"]
"""In the provider's pages or published types; in what these print; in live answers; in a client's source; nowhere."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """*where* is the page, thread or client that says so, and for what is inferred the reason.

    *date* is when the source said so last, as ``2026``, ``2026-08`` or ``2026-08-02``, and ``None`` where that is not
    known.
    """

    kind: EvidenceKind
    where: str
    date: str | None = None

    def __str__(self) -> str:
        return f"{self.kind}: {self.where}{f' ({self.date})' if self.date else ''}"


def evidence_of(said: Mapping[str, Any]) -> tuple[Evidence, ...]:
    """The ``evidence`` of *said*, a part of a file under ``schemas/``: at least one, the best first."""
    return tuple(Evidence(**each) for each in said["evidence"])


def evidence_kind(said: str) -> EvidenceKind:
    """The kind in an ``x-evidence``, which is that word and perhaps a colon and where; the files are checked for it."""
    return cast("EvidenceKind", said.partition(":")[0])


def weakest_evidence(*kinds: EvidenceKind | None) -> EvidenceKind:
    """The least certain of *kinds*; ``None`` stands for a fact for which none is stated by itself."""
    order = get_args(EvidenceKind)
    return max((kind for kind in kinds if kind), key=order.index)
