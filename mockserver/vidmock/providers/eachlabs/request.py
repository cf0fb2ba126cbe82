"""The query parameters of Eachlabs' lists: page, times, and filters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TypeVar

from vidmock.problems import Coded

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list: at most *limit* rows, after the first *offset*."""

    limit: int
    offset: int

    @classmethod
    def read(cls, query: Mapping[str, str], default: int, most: int) -> Page:
        """``limit`` (1 to *most*) and ``offset`` (0 or more) of *query*.

        Raises:
            Coded: either is not such a number.
        """
        return cls(_number(query, "limit", default, 1, most), _number(query, "offset", 0, 0, 10**9))

    def of(self, rows: Iterable[T]) -> list[T]:
        """The rows of this page, which are asked for as far as it goes."""
        return list(islice(rows, self.offset, self.offset + self.limit))


def time_parameter(query: Mapping[str, str], name: str, otherwise: float) -> float:
    """Parameter *name*, an RFC 3339 time, as seconds since the epoch; *otherwise* if it is absent.

    Raises:
        Coded: it is not a time.
    """
    if not (text := query.get(name)):
        return otherwise
    try:
        when = datetime.fromisoformat(text)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise Coded("invalid-parameter", about={"parameter": name}) from None


def choices_parameter(query: Mapping[str, str], name: str, choices: Sequence[str]) -> frozenset[str]:
    """The values of parameter *name*, which stand between commas; none if it is absent or empty.

    Raises:
        Coded: one is not in *choices*; the message has all of them.
    """
    values = frozenset(query.get(name, "").split(",")) - {""}
    if values - set(choices):
        raise Coded("invalid-choice", about={"parameter": name, "choices": tuple(choices)})
    return values


def _number(query: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = query.get(name, str(default))
    # The length is limited because int() refuses thousands of digits.
    if not (text.isascii() and text.isdecimal() and len(text) < 11 and least <= int(text) <= most):
        raise Coded("invalid-parameter", about={"parameter": name})
    return int(text)
