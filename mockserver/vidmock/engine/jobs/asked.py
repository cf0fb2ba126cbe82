"""What the prompt of a job asks to go wrong: kept with the job, so that it ends with it and is nobody else's."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AskedFault:
    """A fault that a prompt asks for: the inside of its *marker*, and how often its moments came and it struck."""

    marker: str
    seen: int = 0
    fired: int = 0
