"""What all worlds of this process have cost so far, however they were made, and whether they are still there."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from weakref import WeakSet

from vidmock.engine.jobs.ledger import PROCESS_TOTALS
from vidmock.engine.jobs.ledger_line import ZERO
from vidmock.engine.jobs.losses import LostMoney
from vidmock.engine.world.registry import WorldRegistry
from vidmock.engine.world.world import World


@dataclass(frozen=True, slots=True)
class ProcessCosts:
    """What the jobs of this process have cost, and what of it was for nothing, in USD.

    Of *unpriced* ones the price is not known.
    """

    jobs: int = 0
    spent: Decimal = ZERO
    wasted: Decimal = ZERO
    undownloaded: Decimal = ZERO
    unpriced: int = 0

    def __add__(self, other: ProcessCosts) -> ProcessCosts:
        return ProcessCosts(
            self.jobs + other.jobs,
            self.spent + other.spent,
            self.wasted + other.wasted,
            self.undownloaded + other.undownloaded,
            self.unpriced + other.unpriced,
        )

    def since(self, before: ProcessCosts) -> ProcessCosts:
        """What has come to it since it was *before*."""
        return ProcessCosts(
            self.jobs - before.jobs,
            self.spent - before.spent,
            self.wasted - before.wasted,
            self.undownloaded - before.undownloaded,
            self.unpriced - before.unpriced,
        )


class ProcessAccount:
    """Money is counted as it is charged and refunded; what was for nothing shows when a world closes, or is asked for.

    A restored or forked world brings no charges along: they were counted when they were made. Servers have threads of
    their own, so all of it is for any thread.
    """

    def __init__(self) -> None:
        self._open: WeakSet[WorldRegistry] = WeakSet()
        self._closed = ProcessCosts()
        self._lock = threading.Lock()

    def watch(self, worlds: WorldRegistry) -> None:
        """Count what is for nothing in *worlds*, also in those of them that close."""
        with self._lock:
            self._open.add(worlds)
        worlds.on_close(self._close)

    def settle(self, worlds: WorldRegistry) -> None:
        """Count *worlds* as they are, and watch them no longer: their server has ended."""
        with self._lock:
            if worlds in self._open:
                self._open.discard(worlds)
                self._closed += _lost(worlds)

    def costs(self) -> ProcessCosts:
        """What everything has cost by now."""
        with self._lock:
            charged = PROCESS_TOTALS.read()
            found = self._closed + ProcessCosts(charged.jobs, charged.spent, unpriced=charged.unpriced)
            return sum((_lost(worlds) for worlds in self._open), found)

    def _close(self, worlds: WorldRegistry, world: World) -> None:
        with self._lock:
            if worlds in self._open:
                self._closed += _lost([world])


def _lost(worlds: Iterable[World]) -> ProcessCosts:
    lost = LostMoney()
    for world in worlds:
        for part in world.jobs.losses.sums(world.clock.now()).values():
            lost.add(part)
    return ProcessCosts(wasted=lost.wasted, undownloaded=lost.undownloaded)


PROCESS_ACCOUNT: Final = ProcessAccount()
