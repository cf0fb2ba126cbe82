"""Waste: what was paid for and not collected, or twice; and files that were paid for and not downloaded."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal


@dataclass(frozen=True, slots=True)
class Waste:
    """*job* cost *amount* USD for nothing; *of* is the job that it is a duplicate of.

    *outputs* are the ids of those that nobody was told of, where it is ``uncollected``.
    """

    job: str
    amount: Decimal
    why: Literal["uncollected", "duplicate"]
    of: str = ""
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MissedFile:
    """The file of an *output* of *job*, called *name*, which cost *amount* USD and was never downloaded whole.

    *told* says whether a client knew of it.
    """

    job: str
    output: str
    name: str
    amount: Decimal
    told: bool
