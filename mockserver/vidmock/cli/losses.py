"""What of a run's money went for nothing, in words: results that nobody collected, files that nobody downloaded."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from vidmock.schema.dollars import dollars

if TYPE_CHECKING:
    from vidmock.engine.world.world import World

MOST_LISTED: Final = 10
"""Lines about single jobs and files; beyond them, only their number is told."""


def losses(worlds: Iterable[World]) -> tuple[list[str], dict[str, Decimal]]:
    """A line for each wasted job and missed file of *worlds*; and their sums, by what became of them."""
    states = [(world.jobs.losses, world.clock.now()) for world in worlds]
    wasted = [one for found, now in states for one in reversed([*found.waste(now)])]
    missed = [one for found, now in states for one in reversed([*found.missed_files(now)])]
    lines = [f"  {dollars(one.amount)} wasted: job {one.job}, {one.why}{one.of and ' of '}{one.of}" for one in wasted]
    lines += [f"  {dollars(one.amount)} never downloaded: {one.name} of job {one.job}" for one in missed]
    if len(lines) > MOST_LISTED:
        lines[MOST_LISTED:] = [f"  and {len(lines) - MOST_LISTED} more"]
    sums = (("wasted", [one.amount for one in wasted]), ("never downloaded", [one.amount for one in missed]))
    return lines, {what: sum(amounts, Decimal(0)) for what, amounts in sums if amounts}
