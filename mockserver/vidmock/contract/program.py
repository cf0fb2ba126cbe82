"""A copy of a program under test, which is given calls on its standard input, and answers on its standard output."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from queue import SimpleQueue
from threading import Lock
from typing import Any, Final

from vidmock.contract.process_group import ProcessGroup, ProcessGroups, Say
from vidmock.contract.program_lines import NoAnswer, read_answer

_LOCAL: Final = "127.0.0.1,localhost"

_Said = Mapping[str, Any] | NoAnswer


class Program:
    """A copy of the program *argv*, one of *groups*. What it prints, answers apart, goes to *say*, line by line.

    An answer is a line with *token*, a space, and JSON. What stands before the token was printed by somebody else.

    Raises:
        ProgramNotStarted: it cannot be run.
    """

    def __init__(self, groups: ProcessGroups, argv: Sequence[str], token: str, say: Say) -> None:
        self._groups, self._token, self._say = groups, token, say
        self._lock = Lock()
        self._asked: dict[str, SimpleQueue[_Said]] = {}
        self._ended: NoAnswer | None = None
        self._group = groups.start(argv, _environment(), say, self._hear, self._is_over)

    def ask(self, call: Mapping[str, Any]) -> Mapping[str, Any]:
        """The answer to *call*, however long it takes.

        Raises:
            NoAnswer: it has ended, or answered something else.
        """
        answer: SimpleQueue[_Said] = SimpleQueue()
        with self._lock:
            if self._ended:
                raise NoAnswer(str(self._ended))
            self._asked[call["id"]] = answer
        self._group.tell(json.dumps({**call, "token": self._token}).encode() + b"\n")
        said = answer.get()
        if isinstance(said, NoAnswer):
            raise said
        return said

    def end(self) -> None:
        """End it, and whatever it has started."""
        self._groups.end(self._group)

    def _hear(self, line: bytes) -> None:
        before, found, answer = line.partition(f"{self._token} ".encode())
        if before.strip():
            self._say(before.decode("utf-8", "replace").rstrip())
        if not found:
            return
        try:
            said = read_answer(answer)
        except NoAnswer as wrong:
            self._answer_all(wrong)
            return
        with self._lock:
            wanted = " or ".join(repr(one) for one in self._asked)
            asked = self._asked.pop(said["id"], None)
        if asked:
            asked.put(said)
        else:
            self._answer_all(NoAnswer(f"the program answered the call {said['id']!r}, and was asked for {wanted}"))

    def _answer_all(self, said: NoAnswer) -> None:
        """What it said belongs to no call, so that no call can hope for an answer any more."""
        with self._lock:
            asked, self._asked = self._asked, {}
        for one in asked.values():
            one.put(said)

    def _is_over(self, group: ProcessGroup) -> None:
        ended = NoAnswer(f"the program {group.how_it_ended()} before it answered, and {group.last_words()}")
        with self._lock:
            self._ended = ended
        self._answer_all(ended)


def _environment() -> dict[str, str]:
    """The variables of a program: no proxy may come between it and the mock."""
    exempt = {name: ",".join(filter(None, (os.environ.get(name), _LOCAL))) for name in ("NO_PROXY", "no_proxy")}
    return {**os.environ, **exempt}
