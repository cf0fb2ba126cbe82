"""The permissions to upload that a world has given: one for each URL or number that a client may send a file to."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from vidmock.engine.changes import Changes
from vidmock.engine.world.name_listing import NameListing
from vidmock.problems import BadRequest

MOST_TICKETS: Final = 10_000
"""Tickets of one world; beyond that the oldest are dropped, and nothing can be uploaded with them."""


LONGEST_NAME: Final = 1_024
"""Bytes of the name of a file that is to be uploaded: Google Cloud Storage, behind fal's, has no longer ones."""
LONGEST_TYPE: Final = 255
"""Characters of its media type: RFC 6838, section 4.2, has 127 for each of the two parts."""


def check_file_facts(name: str, content_type: str) -> None:
    """Raise BadRequest if *name* or *content_type* is too long for a ticket, which a world holds for its client."""
    if len(name.encode()) > LONGEST_NAME:
        raise BadRequest(f"the name of a file has at most {LONGEST_NAME} bytes, not {len(name.encode())}", "file_name")
    if len(content_type) > LONGEST_TYPE:
        why = f"a media type has at most {LONGEST_TYPE} characters, not {len(content_type)}"
        raise BadRequest(why, "content_type")


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

    def __init__(self, changes: Changes | None = None) -> None:
        self._changes = changes or Changes()
        self._tickets: OrderedDict[str, UploadTicket] = OrderedDict()
        self._listing: NameListing | None = None

    def __iter__(self) -> Iterator[UploadTicket]:
        return iter(tuple(self._tickets.values()))

    def __getitem__(self, file_id: str) -> UploadTicket:
        """The ticket for that file. Raises KeyError: there is none."""
        return self._tickets[file_id]

    def get(self, file_id: str) -> UploadTicket | None:
        return self._tickets.get(file_id)

    def issue(self, ticket: UploadTicket) -> None:
        """Hold *ticket*, in place of an older one for the same file."""
        self.withdraw(ticket.id)
        self._tickets[ticket.id] = ticket
        if self._changes.on:
            self._changes.renew("ticket", ticket.id)
        if self._listing:
            self._listing.add(ticket.id)
        while len(self._tickets) > MOST_TICKETS:
            self.withdraw(next(iter(self._tickets)))

    def withdraw(self, file_id: str) -> None:
        """Drop the ticket for that file, if there is one."""
        if self._tickets.pop(file_id, None):
            if self._changes.on:
                self._changes.renew("ticket", file_id)
            if self._listing:
                self._listing.discard(file_id)

    def list_in(self, listing: NameListing) -> None:
        """Keep *listing* in step with the tickets, from those that are here now on."""
        self._listing = listing
        for file_id in self._tickets:
            listing.add(file_id)

    def restore(self, tickets: Iterable[UploadTicket]) -> None:
        """Hold *tickets* besides."""
        for ticket in tickets:
            self.issue(ticket)
