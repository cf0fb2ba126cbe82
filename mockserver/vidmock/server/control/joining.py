"""What several servers have answered, as one answer: to a request about all worlds, which are at several of them."""

from __future__ import annotations

import base64
import heapq
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import count, islice
from typing import Any, Final, Protocol

from vidmock.engine import money
from vidmock.server.control.page import LARGEST_PAGE
from vidmock.server.control.refusal import ControlProblem

Query = Mapping[str, str]
"""The query parameters of a request."""
Answers = Mapping[str, Any]
"""By the address of each server that was asked: what it has answered, JSON data or text."""
Cursors = Mapping[str, str]
"""By the address of each server that has more: the name of the entry that its own page ended with; "" for none yet."""

_MARK: Final = "~"
"""The first character of what ``older`` says of several servers; no name of an entry begins with it."""


class Join(Protocol):
    """How the answers of several servers to one request become one."""

    def ask(self, query: Query, address: str) -> Query | None:
        """What the server at *address* is to be asked with; ``None``: nothing. Raises ControlProblem."""

    def join(self, parts: Answers, query: Query) -> Any:
        """The answer to the request with that *query*."""


@dataclass(frozen=True, slots=True)
class JoinedList:
    """A list in pages at *member*, each of whose entries has a *name*. The entry of the last *moment* comes last.

    Numbers in *sums* are summed, and *same* are of whoever is asked first. With *once*, entries of one name are one:
    each server has a world of its own for calls without a key.
    """

    member: str
    name: Callable[[Any], str]
    moment: Callable[[Any], float] = lambda entry: 0.0
    sums: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    once: bool = False

    def ask(self, query: Query, address: str) -> Query | None:
        if not (before := query.get("before", "")):
            return query
        cursor = read_cursors(before).get(address)
        rest = {name: value for name, value in query.items() if name != "before"}
        if cursor is None:
            # All that it has was shown; its sums count on each page.
            return rest | {"limit": "0"} if self.sums else None
        return rest | ({"before": cursor} if cursor else {})

    def join(self, parts: Answers, query: Query) -> Any:
        before = query.get("before", "")
        entries, older = join_pages(
            {address: (said[self.member], said["older"]) for address, said in parts.items()},
            read_cursors(before) if before else {},
            _limit(query),
            self,
        )
        if self.once:
            entries = [*{self.name(entry): entry for entry in entries}.values()]
        joined: dict[str, Any] = {self.member: entries, "older": older}
        joined |= {name: sum(said[name] for said in parts.values()) for name in self.sums}
        return joined | {name: said[name] for said in [*parts.values()][:1] for name in self.same}


def join_pages(
    pages: Mapping[str, tuple[Sequence[Any], str | None]], before: Cursors, limit: int, how: JoinedList
) -> tuple[list[Any], str | None]:
    """One page of *pages* of several servers, oldest first, and what asks for the one before it.

    Each page comes with its ``older``; *before* is where the page after them ended.
    """
    order = count()
    streams = [
        [(-how.moment(entry), place, address, entry) for entry in reversed(entries)]
        for place, (address, (entries, _)) in zip(order, pages.items(), strict=False)
    ]
    shown = [*islice(heapq.merge(*streams, key=lambda one: one[:2]), limit)]
    left: dict[str, str] = {}
    for address, (entries, older) in pages.items():
        of_this = [entry for _, _, where, entry in shown if where == address]
        if older or len(of_this) < len(entries):
            left[address] = how.name(of_this[-1]) if of_this else before.get(address, "")
    return [entry for *_, entry in reversed(shown)], write_cursors(left) if left else None


def write_cursors(cursors: Cursors) -> str:
    """What ``older`` says of several servers."""
    return _MARK + base64.urlsafe_b64encode(json.dumps(cursors).encode()).decode().rstrip("=")


def read_cursors(before: str) -> Cursors:
    """What ``older`` has said, read again. Raises ControlProblem: it is something else."""
    said = before.removeprefix(_MARK)
    try:
        cursors = None if said == before else json.loads(base64.urlsafe_b64decode(said + "=" * (-len(said) % 4)))
    except ValueError:
        cursors = None
    if isinstance(cursors, dict) and all(isinstance(one, str) for one in cursors.values()):
        return cursors
    raise ControlProblem(f"before={before!r} must be what 'older' said: the list is of several servers", where="before")


def _limit(query: Query) -> int:
    return min(int(query.get("limit", LARGEST_PAGE)), LARGEST_PAGE)


class _Whole:
    """Each server is asked the same."""

    def ask(self, query: Query, address: str) -> Query | None:
        return query


@dataclass(frozen=True, slots=True)
class JoinedSums(_Whole):
    """Numbers at *members*, or objects of numbers, which are summed."""

    members: tuple[str, ...]

    def join(self, parts: Answers, query: Query) -> Any:
        return {name: _sum([said[name] for said in parts.values()]) for name in self.members}


def _sum(values: Sequence[Any]) -> Any:
    if not isinstance(values[0], Mapping):
        return sum(values)
    names = dict.fromkeys(name for value in values for name in value)
    return {name: sum(value.get(name, 0) for value in values) for name in names}


@dataclass(frozen=True, slots=True)
class JoinedSoonest(_Whole):
    """A list at *member*, at most *usual* of those with the least *of*, or as many as ``limit`` says."""

    member: str
    of: str
    usual: int

    def join(self, parts: Answers, query: Query) -> Any:
        most = min(int(query.get("limit", self.usual)), LARGEST_PAGE)
        found = [entry for said in parts.values() for entry in said[self.member]]
        return {self.member: sorted(found, key=lambda entry: float(entry[self.of]))[:most]}


@dataclass(frozen=True, slots=True)
class JoinedLedger(_Whole):
    """Sums of money, by several names, and the lists *pages*, by their members."""

    pages: Mapping[str, JoinedList | JoinedLabels]

    def join(self, parts: Answers, query: Query) -> Any:
        said = [*parts.values()]
        older = {name: {address: one["older"][name] for address, one in parts.items()} for name in self.pages}
        pages = {
            name: page.join({at: {name: one[name], "older": older[name][at]} for at, one in parts.items()}, query)
            for name, page in self.pages.items()
        }
        return {
            "total": sum_ledgers([one["total"] for one in said]),
            "providers": _summed_by(("provider",), [entry for one in said for entry in one["providers"]]),
            "models": _summed_by(("provider", "model"), [entry for one in said for entry in one["models"]]),
            **{name: page[name] for name, page in pages.items()},
            "older": {name: page["older"] for name, page in pages.items()},
        }


@dataclass(frozen=True, slots=True)
class JoinedLabels(_Whole):
    """Sums of money by label. One server's older labels are not summed with those that another one still shows."""

    def ask(self, query: Query, address: str) -> Query | None:
        return _LABELS.ask(query, address)

    def join(self, parts: Answers, query: Query) -> Any:
        page = _LABELS.join(parts, query)
        return page | {"labels": _summed_by(("label",), page["labels"])}


_LABELS = JoinedList("labels", lambda entry: str(entry["label"]))
_COUNTS: Final = frozenset({"jobs", "unpriced", "worlds"})


def sum_ledgers(sums: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Sums of money of several servers, as one: counts, and decimal strings."""
    return {
        name: sum(one[name] for one in sums)
        if name in _COUNTS
        else money.format_amount(sum((Decimal(one[name]) for one in sums), Decimal(0)))
        for name in sums[0]
    }


def _summed_by(names: tuple[str, ...], entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """*entries* with the same members *names* as one, where the last of them stands."""
    groups: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for entry in entries:
        group = tuple(str(entry[name]) for name in names)
        groups[group] = [*groups.pop(group, []), {name: value for name, value in entry.items() if name not in names}]
    return [dict(zip(names, group, strict=True)) | sum_ledgers(found) for group, found in groups.items()]


@dataclass(frozen=True, slots=True)
class JoinedEvents:
    """Server-sent events, of all servers as they come; how many were missed is told of those *about* that."""

    about: str


@dataclass(frozen=True, slots=True)
class JoinedLines(_Whole):
    """Lines of JSON, each with the moment of its exchange; the last comes last."""

    def join(self, parts: Answers, query: Query) -> Any:
        lines = [json.loads(line) for said in parts.values() for line in said.splitlines()]
        newest = sorted(lines, key=lambda line: float(line["at"]))[-_limit(query) :]
        return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in newest)


@dataclass(frozen=True, slots=True)
class JoinedArchive(_Whole):
    """HTTP archives: their entries, by when each began."""

    def join(self, parts: Answers, query: Query) -> Any:
        logs = [said["log"] for said in parts.values()]
        entries = sorted((one for log in logs for one in log["entries"]), key=lambda one: str(one["startedDateTime"]))
        return {"log": logs[0] | {"entries": entries[-_limit(query) :]}}
