"""The outbox: the deliveries of a world, which it alone changes."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from vidmock.engine.bounded_log import BoundedLog, find_numbered
from vidmock.engine.memory import Holding
from vidmock.engine.webhooks.delivery import ATTEMPTS_SHOWN, BODY_SHOWN, HEAD_SHOWN, Attempt, Delivery, Message

DELIVERY_SIZE: Final = 3_072 + ATTEMPTS_SHOWN * (2 * HEAD_SHOWN + BODY_SHOWN)
"""Bytes of a delivery beside its body."""


class Outbox:
    """The newest *keep* deliveries, of at most *keep_bytes*, by number; the only one that changes a delivery.

    Deliveries that have not ended are all kept, in :attr:`planned`, and pinned in *holding*.
    """

    kind = "deliveries"

    def __init__(self, keep: int, keep_bytes: int, holding: Holding | None = None) -> None:
        self._holding = holding or Holding()
        self._changes = self._holding.changes
        self._newest: BoundedLog[Delivery] = BoundedLog(keep, keep_bytes, holding=self._holding)
        self._of_job: dict[str, list[Delivery]] = {}
        self._of_provider: dict[str, deque[Delivery]] = defaultdict(deque)
        self._planned: dict[int, Delivery] = {}
        self._held: dict[int, Delivery] = {}
        self._counted = 0

    @property
    def oldest(self) -> int | None:
        """The stamp of the oldest delivery that is not only planned."""
        return self._newest.oldest

    def give_up(self) -> None:
        """Drop the oldest delivery; one that has not ended stays planned."""
        self._drop(self._newest.pop())

    def __iter__(self) -> Iterator[Delivery]:
        return iter(self._newest)

    def __reversed__(self) -> Iterator[Delivery]:
        return reversed(self._newest)

    def __len__(self) -> int:
        return len(self._newest)

    def find(self, number: int) -> Delivery | None:
        """The delivery of that number, if it is still here."""
        return find_numbered(self._newest, number)

    def get(self, number: int) -> Delivery | None:
        """The delivery of that number, if it is still here, or dropped but still planned."""
        return self._planned.get(number) or self.find(number)

    def known(self) -> dict[int, Delivery]:
        """By number, in order: the deliveries that are here, and those that were dropped but are still planned."""
        found = {delivery.number: delivery for delivery in (*self._planned.values(), *self)}
        return dict(sorted(found.items()))

    def about(self, job_id: str) -> Sequence[Delivery]:
        """The deliveries about that job that are still here, oldest first."""
        return tuple(self._of_job.get(job_id, ()))

    def of(self, provider: str) -> Sequence[Delivery]:
        """The provider's own deliveries that are still here, oldest first. It changes with the outbox."""
        return self._of_provider[provider]

    @property
    def counted(self) -> int:
        """How many deliveries were added so far."""
        return self._counted

    @property
    def planned(self) -> Mapping[int, Delivery]:
        """The deliveries that have not ended, by number."""
        return MappingProxyType(self._planned)

    @property
    def held(self) -> Sequence[Delivery]:
        """The planned deliveries that are held back."""
        return tuple(self._held.values())

    def add(self, delivery: Delivery) -> Delivery:
        """Add *delivery*, which is new, and give it its number."""
        self._counted += 1
        delivery.number = self._counted
        self._keep(delivery)
        self._note(delivery)
        if self._changes.on:
            self._changes.note("calls")
        return delivery

    def plan(self, delivery: Delivery, when: float) -> None:
        """Note that the next attempt of *delivery* is at *when*."""
        delivery.planned = when
        if delivery.number not in self._planned:
            self._holding.pin(_size(delivery))
        self._planned[delivery.number] = delivery
        if delivery.held:
            self._held[delivery.number] = delivery
        self._note(delivery)

    def let_go(self, delivery: Delivery) -> None:
        """Note that *delivery* is not held back any more."""
        delivery.held = False
        self._held.pop(delivery.number, None)
        self._note(delivery)

    def sign(self, delivery: Delivery, moment: float) -> None:
        """Sign *delivery* as of *moment*; an unsigned one stays as it is."""
        delivery.message = delivery.message.signed(moment)
        self._note(delivery)

    def attempted(self, delivery: Delivery, attempt: Attempt) -> None:
        """Add *attempt* to *delivery*."""
        tried = delivery.attempts
        tried.append(attempt)
        if len(tried) > ATTEMPTS_SHOWN:
            older = len(tried) - ATTEMPTS_SHOWN - 1
            tried[older] = replace(tried[older], sent=b"", received=b"")
        self._note(delivery)

    def finish(self, delivery: Delivery) -> None:
        """Note that no attempt of *delivery* is planned."""
        delivery.planned = None
        self._held.pop(delivery.number, None)
        if self._planned.pop(delivery.number, None):
            self._holding.pin(-_size(delivery))
        self._note(delivery)

    def restore(self, deliveries: Iterable[Delivery], counted: int) -> None:
        """Fill an empty outbox with *deliveries*, the last of *counted* so far."""
        for delivery in deliveries:
            self._keep(delivery)
        self._counted = counted

    def restore_signer(self, delivery: Delivery, message: Message) -> None:
        """Sign further attempts of *delivery* as *message* is signed."""
        delivery.message = replace(delivery.message, signature=message.signature)

    def _note(self, delivery: Delivery) -> None:
        if self._changes.on:
            self._changes.note("delivery", str(delivery.number))

    def _keep(self, delivery: Delivery) -> None:
        self._of_job.setdefault(delivery.job, []).append(delivery)
        if not delivery.copied:
            self._of_provider[delivery.provider].append(delivery)
        for oldest in self._newest.add(delivery, _size(delivery)):
            self._drop(oldest)

    def _drop(self, delivery: Delivery) -> None:
        """Note that *delivery* is not among the newest any more: of its job's and its provider's, it is the oldest."""
        if not delivery.copied:
            self._of_provider[delivery.provider].popleft()
        self._note(delivery)
        kept = self._of_job[delivery.job]
        del kept[0]
        if not kept:
            del self._of_job[delivery.job]


def _size(delivery: Delivery) -> int:
    return DELIVERY_SIZE + len(delivery.message.body)
