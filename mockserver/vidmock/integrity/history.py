"""What the clients of one API key have done and seen: the history that is judged."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from vidmock.integrity.fault_menu import NO_FAULT, PlannedFault
from vidmock.integrity.gate import QuietGate
from vidmock.integrity.webhook_inbox import WebhookBox

_ORDER = itertools.count(1)
MOST_EVENTS = 60
"""Of one job; the oldest are dropped beyond that, so that a long run stays small."""


def next_moment() -> int:
    """A number that grows from call to call: what began or ended before something else."""
    return next(_ORDER)


@dataclass(frozen=True, slots=True)
class Sighting:
    """What an answer tells of a job: *rank* 0 queued, 1 running, 2 ended; ``None`` where it does not say.

    *end* is ``succeeded``, ``failed``, ``cancelled`` or, where some of its videos were made and some have failed,
    ``partly``; empty before the end, and where the answer leaves it open.
    *results* are the URLs of its videos. An answer that knows no such job is not *found*.
    """

    found: bool = True
    rank: int | None = None
    end: str = ""
    results: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClientEvent:
    """One operation of a *client* on a *job*, from *began* to *ended*. *sure* if nothing can have bent what was *seen*.

    *band* counts the beginnings and ends of retries until then: what is of two bands is not compared.
    """

    began: int
    ended: int
    client: int
    what: str
    said: str
    seen: Sighting | None = None
    sure: bool = True
    job: str = ""
    band: int = 0

    def __str__(self) -> str:
        doubt = "" if self.sure else "  (in doubt)"
        return f"[{self.began}-{self.ended}] client {self.client}: {self.what} -> {self.said}{doubt}"


@dataclass(slots=True)
class PromptRecord:
    """One prompt, which no other submission has, and what the clients know of the jobs that were made of it.

    *name* begins the prompt. There may be *least* to *most* jobs of it, of which the clients know the *ids*; each may
    end in one of the ways *ends*. *asked* says whether a client has asked for any of them. The *files* of a job are
    those that a client has read of in a whole result; *downloaded* are the jobs whose files were all read as well.
    *retries* says how often which job was run again, *redelivered* how many webhooks were asked for by hand.
    """

    name: str
    provider: str
    fault: PlannedFault = NO_FAULT
    box: WebhookBox | None = None
    url: str = ""
    task: str = ""
    ids: list[str] = field(default_factory=list)
    least: int = 0
    most: int = 0
    ends: set[str] = field(default_factory=set)
    retries: dict[str, int] = field(default_factory=dict)
    band: int = 0
    forced: bool = False
    sure: bool = True
    asked: bool = False
    files: dict[str, tuple[str, ...]] = field(default_factory=dict)
    downloaded: set[str] = field(default_factory=set)
    redelivered: int = 0
    events: list[ClientEvent] = field(default_factory=list)

    @property
    def rewinds(self) -> bool:
        """Whether its job may go back to the queue."""
        return self.fault.rewinds

    @property
    def prompt(self) -> str:
        return f"{self.name} {self.fault.marker}".rstrip()

    def copy(self) -> PromptRecord:
        return replace(
            self,
            ids=[*self.ids],
            ends={*self.ends},
            retries={**self.retries},
            files={**self.files},
            downloaded={*self.downloaded},
            events=[*self.events],
        )

    def submit(self) -> None:
        """A submit is sent: there may be one job more, unless a fault refuses it."""
        self.most += not self.fault.refuses

    def accept(self, job: str = "") -> None:
        """A submit was accepted, and told of *job*, or its answer was lost."""
        self.least += 1
        self.learn(job)

    def learn(self, job: str) -> None:
        """The clients know of *job*, unless that is empty."""
        self.ids += [job] if job else []

    def refuse(self) -> None:
        """The provider itself refused a submit: there is no job of it."""
        self.most -= 1

    def carry_over(self) -> None:
        """A submit was under way while its world was reset: nobody knows whether there is a job of it."""
        self.least, self.most = 0, max(self.most, 1)
        self._forget_ids()

    def lose(self) -> None:
        """Its world was reset while its clients used it: its jobs may be gone."""
        self.least, self.sure = 0, False
        self._forget_ids()

    def _forget_ids(self) -> None:
        """The ids of a world that is reset come again: they may be those of other records by now."""
        self.ids.clear()
        self.files.clear()

    def doubt(self) -> None:
        """Nothing that is known of it is sure any more."""
        self.sure = False

    def ask(self) -> None:
        """A client asks for one of its jobs."""
        self.asked = True

    def cancel(self) -> None:
        """A client cancels one of its jobs. Some providers answer with the job as it is."""
        self.ask()
        self.ends |= {"cancelled"}

    def turn(self) -> None:
        """A retry begins or ends: what was seen before is not compared with what is seen from now on."""
        self.band += 1

    def run_again(self, job: str) -> None:
        """*job* runs anew, and what it had made is gone."""
        self.retries[job] = self.retries.get(job, 0) + 1
        self.files.pop(job, None)
        self.downloaded.discard(job)
        self.ends |= {"succeeded", "failed"}

    def force(self, ends: set[str]) -> None:
        """Somebody decides how one of its jobs ends."""
        self.ends |= ends
        self.forced = True

    def send_again(self) -> None:
        """A webhook of it is asked for by hand."""
        self.redelivered += 1

    def find(self, job: str, files: tuple[str, ...]) -> None:
        """A client has read of the *files* of *job*, in a whole result."""
        self.files[job] = files

    def note(self, event: ClientEvent) -> None:
        self.events.append(event)
        del self.events[:-MOST_EVENTS]

    def __str__(self) -> str:
        asked = f", asked for {self.fault}" if self.fault is not NO_FAULT else ""
        hook = f", webhook answered {self.box.plan}" if self.box else ""
        return f"{self.provider} job {', '.join(self.ids) or 'without an id'} of prompt {self.name!r}{asked}{hook}"


class KeyHistory:
    """What the clients of one API key know of its world since that was last reset.

    An *epoch* ends with each reset: what began in another one than it ended in is in doubt.
    """

    def __init__(self, key: str, number: int, mode: str, budget: str | None) -> None:
        self.key, self.number, self.mode, self.budget = key, number, mode, budget
        self.epoch = 0
        self._resetting = False
        self.gate = QuietGate()
        self._records: dict[str, PromptRecord] = {}
        self._named = 0

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[PromptRecord]:
        return iter(self._records.values())

    def find(self, prompt: str) -> PromptRecord | None:
        """The record of that prompt."""
        return self._records.get(" ".join(prompt.split()[:3]))

    def known(self) -> list[PromptRecord]:
        """The records whose job has an id."""
        return [record for record in self._records.values() if record.ids]

    def keep(self, record: PromptRecord) -> None:
        """Add *record*; one of an older epoch comes into this one."""
        self._records[record.name] = record

    def name(self) -> str:
        """The name of a record, which no other of any epoch has."""
        self._named += 1
        return f"kite k{self.number} n{self._named}"

    def turn(self) -> list[PromptRecord]:
        """Begin another epoch, without records; returns those that there were."""
        self.epoch += 1
        left, self._records = [*self._records.values()], {}
        return left

    def unbroken(self, epoch: int) -> bool:
        """Whether no reset has begun since *epoch*, and none was under way then."""
        return epoch == self.epoch and not self._resetting

    def begin_reset(self) -> list[PromptRecord]:
        """A reset begins while clients use the world, and ends with :meth:`doubt`; returns the records until now."""
        self._resetting = True
        return self.turn()

    def doubt(self) -> None:
        """Begin another epoch with the same records, of whose jobs nobody knows whether they are still there."""
        self.epoch, self._resetting = self.epoch + 1, False
        for record in self:
            record.lose()

    def save(self) -> SavedHistory:
        """All records as they are now."""
        return SavedHistory(
            tuple(
                (
                    record.copy(),
                    len(record.box.arrivals) if record.box else 0,
                )
                for record in self._records.values()
            )
        )

    def restore(self, saved: SavedHistory) -> list[PromptRecord]:
        """Go back to *saved*; returns the records that have come since."""
        self.epoch += 1
        left, self._records = self._records, {record.name: record for record, _ in saved.records}
        for record, arrived in saved.records:
            if record.box:
                record.box.shorten(arrived)
        return [record for name, record in left.items() if name not in self._records]


@dataclass(frozen=True, slots=True)
class SavedHistory:
    """Copies of records, each with how many webhooks had come."""

    records: tuple[tuple[PromptRecord, int], ...]
