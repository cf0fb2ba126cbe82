"""Lengths of time as people write them: ``"2h"``, ``"1h30m"``, ``"250ms"``, or a number of seconds."""

from __future__ import annotations

import re
from datetime import timedelta
from reprlib import repr as shortened

from vidmock.problems import BadRequest

Duration = float | str | timedelta

HOUR = 3600.0
DAY = 24 * HOUR

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
LONGEST_SECONDS = 100 * 365 * 86400.0
"""Seconds: a hundred years, which no job and no test takes."""

_CHARACTERS = 100
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)\s*")


def to_seconds(duration: Duration) -> float:
    """*duration* in seconds.

    Raises:
        BadRequest: it is no length of time, below zero, or longer than any; the message shows what is.
    """
    if isinstance(duration, timedelta):
        return _checked(duration.total_seconds(), duration)
    if isinstance(duration, bool):
        raise BadRequest(f"{duration!r} is no length of time. Write '2h', '90s' or a number of seconds")
    if isinstance(duration, (int, float)):
        return _checked(duration, duration)
    text = str(duration).strip().lower()
    parts = _PART.findall(text) if len(text) <= _CHARACTERS else []
    if not parts or _PART.sub("", text):
        raise BadRequest(
            f"{shortened(duration)} is no length of time. "
            "Write '2h', '1h30m', '90s', '250ms', '7d' or a number of seconds"
        )
    return _checked(sum(float(number) * _UNITS[unit] for number, unit in parts), duration)


def _checked(value: float, given: Duration) -> float:
    # Compared before it is made a float, which a whole number can be too large for.
    if not 0 <= value <= LONGEST_SECONDS:
        raise BadRequest(f"a length of time is 0 or more, at most a hundred years, and not {shortened(given)}")
    return float(value)
