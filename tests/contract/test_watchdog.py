"""How long a client is waited for: as long as is said, and longer on a busy machine."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from vidmock.contract import watchdog
from vidmock.contract.watchdog import Watchdog


def counted(load: float) -> Callable[[], tuple[float, float, float]]:
    return lambda: (load, 0.0, 0.0)


def uncounted() -> tuple[float, float, float]:
    raise OSError("nobody counts it here")


@pytest.mark.parametrize(
    ("load", "waits", "ends"),
    [(counted(0.1), 20, 21), (counted(4.0), 39, 41), (counted(1000.0), 59, 61), (uncounted, 20, 21)],
)
def test_a_busy_machine_has_more_time(
    load: Callable[[], tuple[float, float, float]], waits: int, ends: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(watchdog, "monotonic", lambda: now)
    monkeypatch.setattr(os, "getloadavg", load)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    watched = Watchdog(20.0)
    now = 100.0 + waits
    assert not watched.is_over
    now = 100.0 + ends
    assert watched.is_over
