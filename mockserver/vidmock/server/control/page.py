"""One page of a list: the newest entries, or those before one that was shown, so that no answer grows without end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

from vidmock.server.control.refusal import ControlProblem
from vidmock.server.control.request import ControlRequest

T = TypeVar("T")

LARGEST_PAGE = 1000
"""Entries on a page at most, and where a request does not say."""


@dataclass(frozen=True, slots=True)
class ListPage(Generic[T]):
    """*entries*, oldest first; *older* is what ``before`` asks for the page before them, ``None`` if there is none."""

    entries: list[T]
    older: str | None


def page_of_list(request: ControlRequest, newest_first: Iterable[T], name: Callable[[T], str]) -> ListPage[T]:
    """The newest entries, as many as the query parameter ``limit`` says; before the one whose name ``before`` says.

    Raises:
        ControlProblem: ``limit`` is no number, or no entry has the name.
    """
    limit, before = min(request.count("limit", LARGEST_PAGE), LARGEST_PAGE), request.query("before")
    entries = iter(newest_first)
    if before and not any(name(entry) == before for entry in entries):
        raise ControlProblem(f"before={before!r} must be what 'older' said, or an entry of the list", where="before")
    shown = list(islice(entries, limit))
    more = bool(shown) and any(True for _ in entries)
    return ListPage(shown[::-1], name(shown[-1]) if more else None)
