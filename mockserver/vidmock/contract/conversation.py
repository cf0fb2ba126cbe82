"""What is said to one copy of a program under test, and what it answers, in whatever order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from queue import SimpleQueue
from threading import Lock
from typing import Any, Final

from vidmock.contract.program_lines import NoAnswer, read_answer

ProgramMessage = Mapping[str, Any]
Send = Callable[[ProgramMessage], None]


class Conversation:
    """Asks one copy of a program, and hears its answers. *send* takes a message to it, from any thread."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._lock: Final = Lock()
        self._asked: dict[str, SimpleQueue[ProgramMessage | NoAnswer]] = {}
        self._ended: NoAnswer | None = None
        self._publish: Callable[[str], None] = lambda job: None

    def ask(self, message: ProgramMessage) -> ProgramMessage:
        """The answer to *message*, however long it takes.

        Raises:
            NoAnswer: it has ended, or answered something else.
        """
        answer: SimpleQueue[ProgramMessage | NoAnswer] = SimpleQueue()
        with self._lock:
            if self._ended:
                raise NoAnswer(str(self._ended))
            self._asked[message["id"]] = answer
        self._send(message)
        said = answer.get()
        if isinstance(said, NoAnswer):
            raise said
        return said

    def tell(self, message: ProgramMessage) -> None:
        """Say what needs no answer of its own."""
        self._send(message)

    def report(self, publish: Callable[[str], None]) -> None:
        """Call *publish* with the id of each job that the program has published, from now on."""
        self._publish = publish

    @property
    def is_answered(self) -> bool:
        """Whether it owes no answer, so that it may be asked by somebody else."""
        with self._lock:
            return not self._asked and not self._ended

    def hear(self, text: bytes) -> str:
        """Take *text*, which the program has written as an answer: what is wrong with it, or nothing."""
        try:
            said = read_answer(text)
        except NoAnswer as wrong:
            return self._answer_all(wrong)
        if "published" in said:
            self._publish(said["published"])
            return ""
        with self._lock:
            wanted = " or ".join(repr(one) for one in self._asked)
            asked = self._asked.pop(said["id"], None)
        if not asked:
            other = f"the program answered the call {said['id']!r}, and was asked for {wanted or 'nothing'}"
            return self._answer_all(NoAnswer(other))
        asked.put(said)
        return ""

    def refuse(self, why: str) -> None:
        """It has written what is no answer, and was meant to be one."""
        self._answer_all(NoAnswer(why))

    def end(self, why: NoAnswer) -> None:
        """It answers nothing any more."""
        with self._lock:
            self._ended = self._ended or why
        self._answer_all(why)

    def _answer_all(self, said: NoAnswer) -> str:
        """What it said belongs to no call, so that no call can hope for an answer any more. Returns why."""
        with self._lock:
            asked, self._asked = self._asked, {}
        for one in asked.values():
            one.put(said)
        return str(said)
