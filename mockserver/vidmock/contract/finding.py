"""What is wrong with a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from vidmock.contract.observed import Observed


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: seen on the *wire*, by calls and money alone, or in what the caller was *told*."""

    seen: Literal["wire", "told"]
    what: str

    def __str__(self) -> str:
        return self.what


Judge = Callable[[Observed], Iterator[Finding]]


def wire(what: str) -> Finding:
    return Finding("wire", what)


def told(what: str) -> Finding:
    return Finding("told", what)
