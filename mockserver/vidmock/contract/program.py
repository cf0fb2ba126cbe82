"""Copies of a program under test, each given calls on its standard input, and answering on its standard output."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any, Final

from vidmock.contract.command_words import command_words
from vidmock.contract.conversation import Conversation
from vidmock.contract.process_group import ProcessGroup, ProcessGroups, Say
from vidmock.contract.program_lines import SHAPE, NoAnswer

_LOCAL: Final = "127.0.0.1,localhost"


class Program:
    """A copy of the program *argv*, one of *groups*. What it prints, answers apart, goes to *say*, line by line.

    An answer is a line with *token*, a space, and JSON. What stands before the token was printed by somebody else.

    Raises:
        ProgramNotStarted: it cannot be run.
    """

    def __init__(self, groups: ProcessGroups, argv: Sequence[str], token: str, say: Say) -> None:
        self._groups, self._token, self._say = groups, token, say
        self.conversation = Conversation(self._send)
        self._group = groups.start(argv, _environment(), say, self._hear, self._is_over)

    def end(self) -> None:
        """End it, and whatever it has started."""
        self._groups.end(self._group)

    def _send(self, message: Mapping[str, Any]) -> None:
        self._group.tell(json.dumps({**message, "token": self._token}).encode() + b"\n")

    def _hear(self, line: bytes) -> None:
        before, found, answer = line.partition(f"{self._token} ".encode())
        _, marked, rest = line.partition(self._token.encode())
        if marked and not found and rest.lstrip().startswith(b"{"):
            self.conversation.refuse(f"the program's line has no space between the token and its answer: {SHAPE}")
        if before.strip():
            self._say(before.decode("utf-8", "replace").rstrip())
        if found:
            self.conversation.hear(answer)

    def _is_over(self, group: ProcessGroup) -> None:
        self.conversation.end(
            NoAnswer(f"the program {group.how_it_ended()} before it answered, and {group.last_words()}")
        )


class Programs:
    """Copies of the program *command*. One that has answered all it was asked is kept for the next client.

    What they print, answers apart, goes to *say*.

    Raises:
        BadRequest: *command* is none.
    """

    def __init__(self, command: str, say: Say) -> None:
        self._argv, self._say = command_words(command, "--command 'node adapter.mjs'"), say
        self._token = f"vidmock-{secrets.token_hex(8)}"
        self._groups = ProcessGroups()
        self._lock = Lock()
        self._idle: list[Program] = []

    def take(self) -> Program:
        """A copy that is asked nothing. Raises ProgramNotStarted."""
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return Program(self._groups, self._argv, self._token, self._say)

    def give_back(self, copy: Program, *, used_up: bool) -> None:
        """Its client needs it no more; one that is *used_up*, or owes an answer, is ended."""
        if used_up or not copy.conversation.is_answered:
            copy.end()
            return
        with self._lock:
            self._idle.append(copy)

    def close(self) -> None:
        """End all copies. Who waits for an answer of one gets none, and no other copy."""
        with self._lock:
            self._idle = []
        self._groups.close()


def _environment() -> dict[str, str]:
    """The variables of a program: no proxy may come between it and the mock."""
    exempt = {name: ",".join(filter(None, (os.environ.get(name), _LOCAL))) for name in ("NO_PROXY", "no_proxy")}
    return {**os.environ, **exempt}
