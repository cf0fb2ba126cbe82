"""How well a fact is founded: the same six words for models, errors and behaviours."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal, TypeAlias, cast, get_args

EvidenceKind: TypeAlias = Literal["documented", "example", "observed", "client", "inferred", "unstated"]
"""In the provider's pages or published types; in what these print; in live answers; in a client's source; concluded
from one of these; nowhere."""
_SAID: Final = re.compile(r"(?P<kind>[a-z]+)(?:: (?P<where>.+?)(?: \((?P<date>20\d\d(?:-\d\d){0,2})\))?)?", re.DOTALL)


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
        return f"{self.kind}: {self.source}" if self.source else self.kind

    @property
    def source(self) -> str:
        """Where, with the date in brackets, if it is known; empty where nothing says."""
        return f"{self.where}{f' ({self.date})' if self.date else ''}"


def evidence_of(said: Mapping[str, Any]) -> tuple[Evidence, ...]:
    """The ``evidence`` of *said*, a part of a file under ``schemas/``: at least one, the best first."""
    return tuple(Evidence(**each) for each in said["evidence"])


@lru_cache(maxsize=4096)
def read_evidence(said: str) -> Evidence:
    """An ``x-evidence``: a kind, and perhaps a colon, where, and a date in brackets; the files are checked for it."""
    found = _SAID.fullmatch(said)
    kind = cast("EvidenceKind", found["kind"] if found else said)
    return Evidence(kind, (found and found["where"]) or "", found and found["date"])


def stated_evidence(chain: Sequence[Mapping[str, Any]], keyword: str) -> Evidence:
    """What the innermost schema of *chain* that speaks of *keyword* has as its evidence; ``unstated`` where none does.

    An ``x-evidence`` is a text for all that stands beside it, or an object with a text for each keyword. ``reference``
    is for all that the ``$ref`` beside it asserts without evidence of its own.
    """
    for schema in reversed(chain):
        said = schema.get("x-evidence")
        if isinstance(said, Mapping):
            said = said.get(keyword, said.get("reference"))
        if said is not None:
            return read_evidence(said)
    return Evidence("unstated", "")


def weakest_evidence(*kinds: EvidenceKind | None) -> EvidenceKind:
    """The least certain of *kinds*; ``None`` stands for a fact for which none is stated by itself."""
    order = get_args(EvidenceKind)
    return max((kind for kind in kinds if kind), key=order.index)
