"""The webhook deliveries of one world: the newest, and all that are still to be attempted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from vidmock.engine.bounded_log import BoundedLog
from vidmock.engine.webhooks.delivery import Attempt, Delivery, Message


class Outbox:
    """The newest *keep* deliveries, of at most *keep_bytes* of bodies, in the order of their numbers.

    Those still to be attempted are all held besides, in :attr:`planned`. Nobody else changes a delivery.
    """

    def __init__(self, keep: int, keep_bytes: int) -> None:
        self._newest: BoundedLog[Delivery] = BoundedLog(keep, keep_bytes)
        self._planned: dict[int, Delivery] = {}
        self._counted = 0

    def __iter__(self) -> Iterator[Delivery]:
        return iter(self._newest)

    def __reversed__(self) -> Iterator[Delivery]:
        return reversed(self._newest)

    def __len__(self) -> int:
        return len(self._newest)

    @property
    def counted(self) -> int:
        """How many deliveries there were so far."""
        return self._counted

    @property
    def planned(self) -> Mapping[int, Delivery]:
        """The deliveries that have not ended, by number."""
        return MappingProxyType(self._planned)

    def add(self, job_id: str, message: Message, *, held: bool = False) -> Delivery:
        """A new delivery of *message* about a job."""
        self._counted += 1
        delivery = Delivery(job_id, message, number=self._counted, held=held)
        self._newest.add(delivery, len(message.body))
        return delivery

    def plan(self, delivery: Delivery, when: float) -> None:
        """Note that *delivery* is attempted next at *when*."""
        delivery.planned = when
        self._planned[delivery.number] = delivery

    def let_go(self, delivery: Delivery) -> None:
        """Hold *delivery* back no longer."""
        delivery.held = False

    def sign(self, delivery: Delivery, moment: float) -> None:
        """Have *delivery* signed as of *moment*, where it is signed at all."""
        delivery.message = delivery.message.signed(moment)

    def attempted(self, delivery: Delivery, attempt: Attempt) -> None:
        """Note what came of *attempt*."""
        delivery.attempts.append(attempt)

    def finish(self, delivery: Delivery) -> None:
        """Note that *delivery* is attempted no more, or that its next attempt is not planned yet."""
        delivery.planned = None
        self._planned.pop(delivery.number, None)

    def restore(self, deliveries: Iterable[Delivery], counted: int) -> None:
        """Hold *deliveries*, in an outbox that is empty; *counted* there were up to the last of them."""
        for delivery in deliveries:
            self._newest.add(delivery, len(delivery.message.body))
        self._counted = counted

    def restore_signer(self, delivery: Delivery, message: Message) -> None:
        """Have further attempts of *delivery* signed as those of *message* are."""
        delivery.message = replace(delivery.message, signature=message.signature)
