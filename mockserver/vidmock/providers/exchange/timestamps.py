"""Moments as ISO 8601 text."""

from __future__ import annotations

from datetime import UTC, datetime


def iso(moment: float) -> str:
    """*moment* (seconds since the epoch) as ``2026-01-01T00:00:00.000000Z``."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
