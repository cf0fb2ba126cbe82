"""The permissions to upload that a world has given: one for each URL or number that a client may send a file to."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

MOST_TICKETS: Final = 10_000
"""Tickets of one world; beyond that the oldest are dropped, and nothing can be uploaded with them."""


@dataclass(frozen=True, slots=True)
class UploadTicket:
    """The permission to put one file of that *id*, valid *until* then; the file is kept until *expires*.

    Times are in seconds since the epoch on the clock of the world. *signature* is what the request has to show, where
    it does not show a signed ticket.
    """

    id: str
    name: str
    content_type: str
    until: float
    expires: float | None = None
    signature: str = ""


class UploadTickets:
    """The newest tickets of a world, by the ids of their files. They go with the world, as when it is reset."""

    def __init__(self) -> None:
        self._tickets: OrderedDict[str, UploadTicket] = OrderedDict()

    def __iter__(self) -> Iterator[UploadTicket]:
        return iter(tuple(self._tickets.values()))

    def get(self, file_id: str) -> UploadTicket | None:
        return self._tickets.get(file_id)

    def issue(self, ticket: UploadTicket) -> None:
        """Hold *ticket*, in place of an older one for the same file."""
        self._tickets.pop(ticket.id, None)
        self._tickets[ticket.id] = ticket
        while len(self._tickets) > MOST_TICKETS:
            self._tickets.popitem(last=False)

    def withdraw(self, file_id: str) -> None:
        """Drop the ticket for that file, if there is one."""
        self._tickets.pop(file_id, None)

    def restore(self, tickets: Iterable[UploadTicket]) -> None:
        """Hold *tickets* besides."""
        for ticket in tickets:
            self.issue(ticket)
