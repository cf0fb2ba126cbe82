"""What every operation of a client needs: its key, its dice, its history, and what it may still be sure of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from vidmock.integrity.history import ClientEvent, PromptRecord, Sighting, next_moment
from vidmock.integrity.http_client import Reply
from vidmock.integrity.key_session import KeySession
from vidmock.integrity.options import CheckOptions

SHORT = 0.3
"""Real seconds after which a client gives up an answer that a fault may hold back for ever."""


class Actor:
    """Client *number*, which has the key of *session* and looks at the jobs of *others* as well."""

    def __init__(self, number: int, options: CheckOptions, session: KeySession, others: Sequence[KeySession]) -> None:
        self.number, self.options, self.session, self.others = number, options, session, others
        self.random = Random(f"{options.seed} {number}")

    def any(self, fits: Callable[[PromptRecord], bool], session: KeySession | None = None) -> PromptRecord | None:
        """A record that *fits*, of this key or of another *session*."""
        found = [record for record in (session or self.session).history if fits(record)]
        return self.random.choice(found) if found else None

    def sure(self, record: PromptRecord, epoch: int) -> bool:
        """Whether no reset has come between, since *epoch*. A record of another epoch is in doubt for ever.

        So are those that there are by then: the ids of a world that is reset come again, and what was under way may
        have reached another job.
        """
        if not self.session.history.unbroken(epoch):
            for one in (record, *self.session.history):
                one.doubt()
        return record.sure

    def note(
        self,
        record: PromptRecord,
        began: int,
        what: str,
        reply: Reply,
        seen: Sighting | None = None,
        *,
        sure: bool,
        job: str = "",
        band: int = 0,
    ) -> ClientEvent:
        said = f"{reply}" if seen is None else f"{reply.status} {seen}"
        event = ClientEvent(began, next_moment(), self.number, what, said, seen, sure, job, band)
        record.note(event)
        self.session.report.count(what.split(maxsplit=1)[0])
        return event
