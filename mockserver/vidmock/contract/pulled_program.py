"""Copies of a program that come by themselves: over HTTP they ask what is next, and post what they answer."""

from __future__ import annotations

import time
from collections import Counter
from queue import Empty, SimpleQueue
from threading import Condition
from typing import Final

from vidmock.contract.conversation import Conversation, ProgramMessage
from vidmock.contract.process_group import ProgramNotStarted
from vidmock.contract.program_lines import NoAnswer

MOST_COPIES: Final = 64
"""Names of copies; another one is turned away."""
GONE: Final = 60.0
"""Seconds without a copy that is at work or asks, after which there is none any more."""
_LOOK: Final = 0.5
"""Seconds between looks at whether something is there."""


class Over(Exception):
    """Nothing is asked any more."""


class TooManyCopies(Exception):
    """There are ``MOST_COPIES`` already."""


class PulledProgram:
    """A copy of the program."""

    def __init__(self) -> None:
        self._next: SimpleQueue[ProgramMessage] = SimpleQueue()
        self.conversation = Conversation(self._next.put)

    def next(self, seconds: float) -> ProgramMessage | None:
        """What it is told next, within so many seconds."""
        try:
            return self._next.get(timeout=seconds)
        except Empty:
            return None


class PulledPrograms:
    """The copies that ask, by the names that they give themselves. A copy is to be had when it asks."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._copies: dict[str, PulledProgram] = {}
        self._asking: Counter[PulledProgram] = Counter()
        self._taken: set[PulledProgram] = set()
        self._over = False

    def take(self) -> PulledProgram:
        """A copy that is asked nothing, as soon as one asks what is next.

        Raises:
            ProgramNotStarted: none has asked, and none was at work, for as long as it takes to be gone.
        """
        ends = time.monotonic() + GONE
        with self._changed:
            while not (
                free := [copy for copy in self._copies.values() if self._asking[copy] and copy not in self._taken]
            ):
                if self._taken:
                    ends = time.monotonic() + GONE
                if self._over or time.monotonic() > ends:
                    raise ProgramNotStarted("no program asks what is next any more")
                self._changed.wait(_LOOK)
            self._taken.add(free[0])
            return free[0]

    def give_back(self, copy: PulledProgram, *, used_up: bool) -> None:
        """Its client needs it no more. Nobody can end it: what was asked of one that owes an answer is forgotten.

        One that is *used_up* is to be had again, for there is no other.
        """
        with self._changed:
            self._taken.discard(copy)
            if not copy.conversation.is_answered:
                self._copies = {name: other for name, other in self._copies.items() if other is not copy}
            self._changed.notify_all()

    def close(self) -> None:
        """Ask nothing any more."""
        with self._changed:
            self._over = True
            copies, self._copies = self._copies, {}
            self._changed.notify_all()
        for copy in copies.values():
            copy.conversation.end(NoAnswer("the program was not waited for any more"))

    def wait_for_one(self) -> None:
        """Wait until a copy asks, however long that takes."""
        with self._changed:
            while not any(self._asking.values()):
                self._changed.wait(_LOOK)

    def next(self, name: str, seconds: float) -> ProgramMessage | None:
        """What the copy *name* is told next, within so many seconds.

        Raises:
            Over: nothing any more.
            TooManyCopies: there are too many of them.
        """
        copy = self._called(name)
        with self._changed:
            self._asking[copy] += 1
            self._changed.notify_all()
        try:
            ends = time.monotonic() + seconds
            while not self._over and (left := ends - time.monotonic()) > 0:
                if message := copy.next(min(left, _LOOK)):
                    return message
        finally:
            with self._changed:
                self._asking[copy] -= 1
        if self._over:
            raise Over
        return None

    def hear(self, name: str, answer: bytes) -> str:
        """Take what the copy *name* answers: what is wrong with it, or nothing."""
        return self._called(name).conversation.hear(answer)

    def _called(self, name: str) -> PulledProgram:
        with self._changed:
            if self._over:
                raise Over
            if name not in self._copies:
                if len(self._copies) >= MOST_COPIES:
                    raise TooManyCopies
                self._copies[name] = PulledProgram()
            return self._copies[name]
