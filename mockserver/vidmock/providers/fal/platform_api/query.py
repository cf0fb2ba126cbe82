"""The query parameters of the platform API: lists, pages, and stretches of time."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar

from starlette.datastructures import QueryParams

from vidmock.engine.time.durations import DAY
from vidmock.problems import BadRequest

MOST_IDS = 50
PAGE, LARGEST_PAGE = 50, 10_000
"""Items on a page by default, and at most."""
_EARLIEST, _LATEST = 1971, 9000
"""Years. Beyond them no arithmetic with dates is safe."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stretch:
    """The time from *start* up to, not including, *end*, in seconds since the epoch."""

    start: float
    end: float

    def __contains__(self, moment: float) -> bool:
        return self.start <= moment < self.end


def listed(query: QueryParams, name: str, *, split: bool = True) -> list[str]:
    """The values of a parameter that may be repeated and, with *split*, may have several values between commas.

    Raises:
        BadRequest: there are more than 50.
    """
    values = [part for value in query.getlist(name) for part in (value.split(",") if split else [value])]
    found = [value for value in map(str.strip, values) if value]
    if len(found) > MOST_IDS:
        raise BadRequest(f"{name}: at most {MOST_IDS} values, not {len(found)}", name)
    return found


def expansions(query: QueryParams, known: Collection[str], default: Sequence[str] = ()) -> list[str]:
    """The values of ``expand``. Raises BadRequest: one of them is not in *known*."""
    asked = listed(query, "expand") or list(default)
    if strange := [value for value in asked if value not in known]:
        raise BadRequest(f"expand: {strange[0][:40]!r} is none of {', '.join(sorted(known))}", "expand")
    return asked


def one_of(query: QueryParams, name: str, known: Sequence[str]) -> str | None:
    """The value of a parameter with a closed list of values, ``None`` without it. Raises BadRequest: none of them."""
    value = query.get(name)
    if value is not None and value not in known:
        raise BadRequest(f"{name}: {value[:40]!r} is none of {', '.join(known)}", name)
    return value


def page_of(items: Iterable[T], query: QueryParams, most: int = LARGEST_PAGE) -> tuple[list[T], dict[str, Any]]:
    """One page of *items*, of which no more are asked for, and the ``next_cursor`` and ``has_more`` of its answer.

    Raises:
        BadRequest: ``limit`` is not a whole number from 1 to *most*, or ``cursor`` is none that was given out.
    """
    limit = PAGE
    if (said := query.get("limit")) is not None:
        limit = int(said) if said.isdecimal() and len(said) < 9 else 0
        if not 1 <= limit <= most:
            raise BadRequest(f"limit: must be a whole number from 1 to {most}, not {said[:40]!r}", "limit")
    number = _page_number(query.get("cursor"))
    found = list(islice(items, (number - 1) * limit, number * limit + 1))
    more = len(found) > limit
    cursor = base64.b64encode(str(number + 1).encode()).decode() if more else None
    return found[:limit], {"next_cursor": cursor, "has_more": more}


def stretch_of(query: QueryParams, now: float, default: float = DAY, most: float = float("inf")) -> Stretch:
    """The time from ``start``, *default* seconds ago without one, up to ``end``, which is now without one.

    Raises:
        BadRequest: one of them is no date, they are in the wrong order, or more than *most* seconds apart.
    """
    end = _moment(query, "end", now)
    start = _moment(query, "start", end - default)
    if start > end:
        raise BadRequest("start: must not be after end", "start")
    if end - start > most:
        raise BadRequest(f"start: at most {most / DAY:g} days before end", "start")
    return Stretch(start, end)


def _page_number(cursor: str | None) -> int:
    if not cursor:
        return 1
    try:
        number = base64.b64decode(cursor, validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        number = ""
    if not number.isdecimal() or len(number) > 8 or int(number) < 1:
        raise BadRequest("cursor: must be the next_cursor of an answer", "cursor")
    return int(number)


def _moment(query: QueryParams, name: str, default: float) -> float:
    text = query.get(name)
    if text is None:
        return default
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        date = datetime.max.replace(tzinfo=UTC)
    if not _EARLIEST <= date.year <= _LATEST:
        raise BadRequest(f"{name}: must be a date such as 2025-01-01 or 2025-01-01T00:00:00Z, not {text[:40]!r}", name)
    return date.replace(tzinfo=date.tzinfo or UTC).timestamp()
