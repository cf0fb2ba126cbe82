"""A copy of a program under test, which is given calls on its standard input, and answers on its standard output."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import IO, Any, Final

from vidmock.contract.program_lines import NoAnswer, read_answer

LONGEST_LINE: Final = 2**20
"""Bytes of a line that a program writes; what is longer is no answer."""
LAST_LINES: Final = 5
"""Lines on its standard error that are repeated when it has ended."""
_PATIENCE: Final = 1.0
"""Seconds in which the last lines of one that has ended are read."""
_LOCAL: Final = "127.0.0.1,localhost"

Say = Callable[[str], None]
_Said = Mapping[str, Any] | NoAnswer


class ProgramNotStarted(Exception):
    """There is no such program, or it cannot be run."""


class Program:
    """A copy of the program *argv*. What it prints, answers apart, goes to *say*, line by line.

    An answer is a line with *token*, a space, and JSON. What stands before the token was printed by somebody else.

    Raises:
        ProgramNotStarted: it cannot be run.
    """

    def __init__(self, argv: Sequence[str], token: str, say: Say) -> None:
        self._token, self._say = token, say
        self._said: SimpleQueue[_Said] = SimpleQueue()
        self._last: deque[str] = deque(maxlen=LAST_LINES)
        try:
            self._process = subprocess.Popen(  # noqa: S603 - it is what the user wants run
                argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=_environment(),
                # A group of its own, so that what it has started ends with it.
                start_new_session=True,
            )
        except OSError as error:
            raise ProgramNotStarted(f"{argv[0]}: {(error.strerror or str(error)).lower()}") from error
        assert self._process.stdout
        assert self._process.stderr
        self._readers = (
            Thread(target=self._read, args=(self._process.stdout,), daemon=True),
            Thread(target=self._pass_on, args=(self._process.stderr,), daemon=True),
        )
        for reader in self._readers:
            reader.start()

    def ask(self, call: Mapping[str, Any]) -> Mapping[str, Any]:
        """The answer to *call*, however long it takes.

        Raises:
            NoAnswer: it has ended, or answered something else.
        """
        assert self._process.stdin
        with suppress(OSError):
            # One that has ended cannot be told anything, and its end is read below.
            self._process.stdin.write(json.dumps({**call, "token": self._token}).encode() + b"\n")
            self._process.stdin.flush()
        said = self._said.get()
        if isinstance(said, NoAnswer):
            raise said
        if said["id"] != call["id"]:
            raise NoAnswer(f"the program answered the call {said['id']!r}, and was asked for {call['id']!r}")
        return said

    def end(self) -> None:
        """End it, and whatever it has started."""
        with suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for reader in self._readers:
            reader.join(_PATIENCE)
        if any(reader.is_alive() for reader in self._readers):
            # What it has started has left its group, and holds its output open.
            return
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            with suppress(OSError):
                assert stream
                stream.close()

    def _read(self, stream: IO[bytes]) -> None:
        mark = f"{self._token} ".encode()
        while line := stream.readline(LONGEST_LINE):
            before, found, answer = line.partition(mark)
            if before.strip():
                self._say(before.decode("utf-8", "replace").rstrip())
            if found:
                self._said.put(_read_or_not(answer))
        code = self._process.wait()
        self._readers[1].join(_PATIENCE)
        said = f", and said: {' / '.join(self._last)}" if self._last else ", and said nothing on its standard error"
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        self._said.put(NoAnswer(f"the program {how} before it answered{said}"))

    def _pass_on(self, stream: IO[bytes]) -> None:
        while line := stream.readline(LONGEST_LINE):
            if text := line.decode("utf-8", "replace").rstrip():
                self._last.append(text)
                self._say(text)


def _read_or_not(answer: bytes) -> _Said:
    try:
        return read_answer(answer)
    except NoAnswer as wrong:
        return wrong


def _environment() -> dict[str, str]:
    """The variables of a program: no proxy may come between it and the mock."""
    exempt = {name: ",".join(filter(None, (os.environ.get(name), _LOCAL))) for name in ("NO_PROXY", "no_proxy")}
    return {**os.environ, **exempt}
