"""Programs, each with all that it starts: what they say, how they ended, and that they end."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Lock, Thread
from typing import IO, Final

LONGEST_LINE: Final = 2**20
"""Bytes of a line that a program writes; the rest of it is another line."""
LAST_LINES: Final = 5
"""Lines that a program wrote, and that are repeated when it has ended."""
_MARK: Final = "VIDMOCK_PROGRAM"
_ROUNDS: Final = 100
"""A variable by whose value what a program has started is known, wherever it has gone."""
_PROCESSES: Final = Path("/proc")
_PATIENCE: Final = 1.0
"""Seconds in which the last lines of one that has ended are read."""

Say = Callable[[str], None]
Hear = Callable[[bytes], None]
Ended = Callable[["ProcessGroup"], None]


class ProgramNotStarted(Exception):
    """There is no such program, or it cannot be run."""


class ProcessGroup:
    """The program *argv* with the variables *environ*, and whatever it starts. What it prints goes to *say*.

    With *hear*, that is given the lines of its standard output, and *ended* is called with this when there are no more.
    Without, it has nothing on its standard input.

    Raises:
        ProgramNotStarted: it cannot be run.
    """

    def __init__(
        self,
        argv: Sequence[str],
        environ: Mapping[str, str],
        say: Say,
        hear: Hear | None = None,
        ended: Ended = lambda group: None,
    ) -> None:
        self._say, self._is_heard = say, hear is not None
        self._last: deque[str] = deque(maxlen=LAST_LINES)
        self._telling = Lock()
        self._mark = f"{_MARK}={secrets.token_hex(16)}"
        name, _, value = self._mark.partition("=")
        try:
            self._process = subprocess.Popen(  # noqa: S603 - it is what the user wants run
                argv,
                stdin=subprocess.PIPE if hear else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**environ, name: value},
                # A group of its own, so that what it has started ends with it.
                start_new_session=True,
            )
        except OSError as error:
            raise ProgramNotStarted(f"{argv[0]}: {(error.strerror or str(error)).lower()}") from error
        assert self._process.stdout
        assert self._process.stderr
        said, words = self._process.stdout, self._process.stderr
        self._words = Thread(target=_read, args=(words, self._pass_on), daemon=True)
        self._answers = Thread(target=self._answered, args=(said, hear or self._pass_on, ended), daemon=True)
        self._words.start()
        self._answers.start()

    def tell(self, line: bytes) -> None:
        """Write *line* to its standard input. One that has ended cannot be told anything, and its end is heard."""
        assert self._process.stdin
        with self._telling, suppress(OSError, ValueError):
            self._process.stdin.write(line)
            self._process.stdin.flush()

    def wait(self, seconds: float) -> bool:
        """Wait for its own end; whether it came in time."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def how_it_ended(self) -> str:
        """Wait for its end: how it came, as the rest of a sentence about it."""
        code = self._process.wait()
        return f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"

    def last_words(self) -> str:
        """The last that one that has ended has printed, as the rest of that sentence."""
        self._words.join(_PATIENCE)
        if not self._is_heard:
            self._answers.join(_PATIENCE)
        nothing = "nothing on its standard error" if self._is_heard else "nothing"
        return f"said: {' / '.join(self._last)}" if self._last else f"said {nothing}"

    def interrupt(self) -> None:
        """Interrupt it, and whatever it has started, as Ctrl-C does."""
        with suppress(OSError):
            os.killpg(self._process.pid, signal.SIGINT)

    def kill(self) -> None:
        """End it, and whatever it has started."""
        with suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        for _ in range(_ROUNDS):
            # One of them may have started another that was not there yet.
            found = [*_marked(self._mark)]
            for process in found:
                with suppress(OSError):
                    os.kill(process, signal.SIGKILL)
            if not found:
                return

    def end(self) -> None:
        """The same, and wait until nothing of it is left."""
        self.kill()
        self._process.wait()
        for reader in (self._answers, self._words):
            reader.join(_PATIENCE)
        if self._answers.is_alive() or self._words.is_alive():
            # What it has started has left its group, and holds its output open.
            return
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            with suppress(OSError):
                if stream:
                    stream.close()

    def _answered(self, stream: IO[bytes], hear: Hear, ended: Ended) -> None:
        _read(stream, hear)
        ended(self)

    def _pass_on(self, line: bytes) -> None:
        if text := line.decode("utf-8", "replace").rstrip():
            self._last.append(text)
            self._say(text)


def _read(stream: IO[bytes], hear: Hear) -> None:
    while line := stream.readline(LONGEST_LINE):
        hear(line)


def _marked(mark: str) -> Iterator[int]:
    """The processes with *mark* among their variables, where the system shows those: they have left their group."""
    for variables in _PROCESSES.glob("[0-9]*/environ"):
        # Others' are not ours to read, and some end meanwhile.
        with suppress(OSError):
            if mark.encode() in variables.read_bytes().split(b"\0"):
                yield int(variables.parent.name)


class ProcessGroups:
    """The programs that were started here, which ``close`` ends, all at once. After that, none is started."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._started: list[ProcessGroup] = []
        self._closed = False

    def start(
        self,
        argv: Sequence[str],
        environ: Mapping[str, str],
        say: Say,
        hear: Hear | None = None,
        ended: Ended = lambda group: None,
    ) -> ProcessGroup:
        """As :class:`ProcessGroup`. Raises ProgramNotStarted, also when these were closed."""

        def start() -> ProcessGroup:
            with self._lock:
                if self._closed:
                    raise ProgramNotStarted(f"{argv[0]}: no program is started any more")
                group = ProcessGroup(argv, environ, say, hear, ended)
                self._started.append(group)
                return group

        # In a thread: whoever is interrupted meanwhile waits until it is known what there is to be ended.
        with ThreadPoolExecutor(1) as apart:
            return apart.submit(start).result()

    def end(self, group: ProcessGroup) -> None:
        """End *group*, and wait until nothing of it is left."""
        group.end()
        with self._lock, suppress(ValueError):
            self._started.remove(group)

    def close(self) -> None:
        """End all of them."""
        with self._lock:
            started, self._started, self._closed = self._started, [], True
        for group in started:
            group.kill()
        for group in started:
            group.end()
