"""The command of ``vidmock run``: a process that signals reach, and that is served only once it asks or takes long."""

from __future__ import annotations

import select
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Final

NOT_SEALED, NOT_EXECUTABLE, NOT_FOUND = 125, 126, 127
"""Exit codes: the last two are what shells give for a command that they cannot execute, or do not find."""
LOOKS: Final = (0.001,) * 30
"""For how many seconds each it is looked whether the command has ended or asks for something. Later, it is served."""


class NotStarted(Exception):
    """The command was not started, for a reason for which shells give *code*."""

    def __init__(self, why: str, code: int) -> None:
        super().__init__(why)
        self.code = code


class Command:
    """A process that was started. SIGTERM and SIGHUP are passed on to it.

    A terminal sends Ctrl-C to the command as well, which decides what to do: this process stays for the report.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def wait(self) -> int:
        """Wait for its end: its exit code, and for a signal what shells give for one."""
        code = self._process.wait()
        return 128 - code if code < 0 else code

    def outlasts(self, listener: socket.socket) -> bool:
        """Whether it is to be served: somebody waits at *listener*, or it has not ended after a moment.

        A server takes longer to load than a short command runs. Meanwhile clients wait at the port, which is open.
        """
        for seconds in LOOKS:
            ended = self._process.poll() is not None
            asked, _, _ = select.select([listener], [], [], 0 if ended else seconds)
            if asked or ended:
                return bool(asked)
        return True


@contextmanager
def running(argv: Sequence[str], environ: Mapping[str, str]) -> Iterator[Command]:
    """Run *argv* with the variables *environ*. It is killed if it has not ended by the end.

    Raises:
        NotStarted: it cannot be run.
    """
    process: subprocess.Popen[bytes] | None = None
    early: list[int] = []

    def pass_on(number: int, frame: FrameType | None) -> None:
        # One that comes before the command is there waits for it.
        if process is None:
            early.append(number)
        else:
            process.send_signal(number)

    handlers = {signal.SIGINT: lambda number, frame: None, signal.SIGTERM: pass_on, signal.SIGHUP: pass_on}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        process = _start(argv, environ)
        for number in early:
            process.send_signal(number)
        yield Command(process)
    finally:
        if process is not None and process.poll() is None:
            process.kill()
            process.wait()
        for signalled, handler in before.items():
            signal.signal(signalled, handler)


def _start(argv: Sequence[str], environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(argv, env=environ)  # noqa: S603 - it is what the user wants run
    except FileNotFoundError as error:
        raise NotStarted("command not found", NOT_FOUND) from error
    except OSError as error:
        raise NotStarted(f"cannot be executed: {(error.strerror or str(error)).lower()}", NOT_EXECUTABLE) from error
