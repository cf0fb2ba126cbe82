"""A client's part that sleeps by itself, on the mock's clock where that passes for the machine's."""

from __future__ import annotations

import time
from typing import Any


class SleepsByItself:
    """Before a client in the order of its classes: uses neither the sleep nor the clock that it is given."""

    own_time = True

    def __init__(self, **given: Any) -> None:
        super().__init__(**{**given, "sleep": _sleep, "now": _now})


def _sleep(seconds: float) -> None:
    time.sleep(seconds)


def _now() -> float:
    return time.monotonic()
