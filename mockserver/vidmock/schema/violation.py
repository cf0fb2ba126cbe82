"""One thing that is wrong with an input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vidmock.schema import pointer
from vidmock.schema.evidence import EvidenceKind


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong with an input, and what would be right.

    *path* is its place; that of a missing member is where it should be. *keyword* is the JSON Schema keyword that
    failed, or ``rule`` for a named rule, ``lint`` for a warning, ``media`` for a file, ``more`` for the last of a list
    that leaves some out: its value is their number. *rule* is the name of the rule, or else the keyword again. *code*
    is the provider's own, where it has one, and *says* its sentence, where that is known. *value* is what was found
    there, and of a file the fact that is wrong. *limits* may hold ``type``, ``min``, ``max``, ``multiplier``,
    ``allowedValues``, and ``parameters``, the names of the places of a rule that has several. *evidence* is
    one of the words of :class:`Evidence`, for just what failed, and *source* the page and section, or the reason.
    """

    path: tuple[str | int, ...]
    rule: str
    keyword: str
    message: str
    code: str | None = None
    limits: Mapping[str, Any] = field(default_factory=dict)
    value: Any = None
    evidence: EvidenceKind = "unstated"
    says: str | None = None
    source: str = ""

    def __str__(self) -> str:
        """The place and the message as one sentence."""
        return self.message if self.keyword == "more" else f"{self.where}: {self.message}"

    @property
    def where(self) -> str:
        """The place as people write it: ``inputs.frameImages[0].frame``; ``the input`` for the whole."""
        return pointer.spoken_path(self.path)

    @property
    def pointer(self) -> str:
        """The place as an RFC 6901 pointer; empty for the whole input."""
        return pointer.to_pointer(self.path)
