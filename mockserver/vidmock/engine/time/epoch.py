"""The first and the last moment of clocks, in seconds since 1970."""

from __future__ import annotations

from typing import Final

EPOCH: Final = 1767225600.0
"""Where stepped and manual clocks begin: 2026-01-01T00:00:00Z, so that two runs print the same bytes."""
FOREVER: Final = 253402300799.0
"""The last second of the year 9999, the last that Python's calendar has. What never ends is planned for it."""
