"""Several processes that do the same work: started, followed, replaced when they die, and ended together."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NoReturn

_END_SECONDS: Final = 10.0
"""Real seconds that a worker has to end, once it is asked to."""
_YOUNG_SECONDS: Final = 2.0
"""Real seconds: one that ends earlier is not replaced at once."""
_LOOK_SECONDS: Final = 0.2
_READY: Final = b"."
_AT_ONCE: Final = 65_536


@dataclass(frozen=True)
class Seat:
    """What a worker has of its supervisor: a *name* of its own, and *life*, which is readable once that is gone."""

    name: str
    life: int
    _tell: int

    def ready(self) -> None:
        """Say that the work has begun."""
        os.write(self._tell, _READY)


@dataclass(frozen=True)
class _Worker:
    number: int
    pid: int
    name: str
    told: int
    began: float = field(default_factory=time.monotonic)


class Supervisor:
    """Has *count* processes do *work*, which returns what this process is to know at its end.

    *say* is called with a line for people, *ended* with the name of each that has died.
    """

    def __init__(
        self, count: int, work: Callable[[Seat], bytes], say: Callable[[str], None], ended: Callable[[str], None]
    ) -> None:
        self._count, self._work, self._say, self._ended = count, work, say, ended
        self._workers: dict[int, _Worker] = {}
        self._started = 0
        self._lives, self._life = os.pipe()
        self._watched = {signal.SIGINT, signal.SIGTERM, signal.SIGCHLD}

    def run(self, begun: Callable[[], None]) -> tuple[int, list[bytes]]:
        """Run until SIGINT or SIGTERM, or until one does not even begin; *begun* is called once all have.

        Returns the exit code, and what each said at its end. In a worker, it raises SystemExit instead.
        """
        self._before = signal.pthread_sigmask(signal.SIG_BLOCK, self._watched)
        # Elsewhere than on Linux, one that is ignored by default is not waited for either.
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        for number in range(1, self._count + 1):
            self._start(number)
        code = self._begin(*self._workers.values())
        if code == 0:
            begun()
        while code == 0 and signal.sigwait(self._watched) == signal.SIGCHLD:
            code = self._replace()
        return self._end(code)

    def _start(self, number: int) -> _Worker:
        self._started += 1
        name, (told, tell) = f"{os.getpid()}-{self._started}", os.pipe()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        pid = os.fork()
        if not pid:
            os.close(told)
            self._be(Seat(name, self._lives, tell), tell)
        os.close(tell)
        self._workers[pid] = worker = _Worker(number, pid, name, told)
        return worker

    def _be(self, seat: Seat, tell: int) -> NoReturn:
        """Be a worker."""
        # The end of its supervisor closes what nobody else may hold open.
        for descriptor in (self._life, *(worker.told for worker in self._workers.values())):
            os.close(descriptor)
        # Ctrl-C in a terminal reaches all of them: the supervisor ends each in its time.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, self._before)
        with os.fdopen(tell, "wb") as said:
            text = self._work(seat)
            with contextlib.suppress(OSError):
                said.write(text)
                said.flush()
        raise SystemExit(0)

    def _begin(self, *workers: _Worker) -> int:
        """Wait until *workers* have begun; 0, or the exit code of one that has not."""
        for worker in workers:
            if os.read(worker.told, 1) != _READY:
                return self._reap(worker) or 1
        return 0

    def _replace(self) -> int:
        """Start others in place of those that have died; 0, or the exit code of one that does not begin."""
        for worker in tuple(self._workers.values()):
            if os.waitid(os.P_PID, worker.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                continue
            code = self._reap(worker)
            self._ended(worker.name)
            how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
            self._say(f"worker {worker.number} {how}: another one takes its place")
            if time.monotonic() - worker.began < _YOUNG_SECONDS:
                time.sleep(_YOUNG_SECONDS / 2)
            if code := self._begin(self._start(worker.number)):
                return code
        return 0

    def _reap(self, worker: _Worker) -> int:
        del self._workers[worker.pid]
        os.close(worker.told)
        return os.waitstatus_to_exitcode(os.waitpid(worker.pid, 0)[1])

    def _end(self, code: int) -> tuple[int, list[bytes]]:
        for worker in self._workers.values():
            os.kill(worker.pid, signal.SIGTERM)
        said = {worker.told: b"" for worker in self._workers.values()}
        talking, over = set(said), time.monotonic() + _END_SECONDS
        while talking:
            for told in select.select([*talking], [], [], _LOOK_SECONDS)[0]:
                part = os.read(told, _AT_ONCE)
                said[told] += part
                if not part:
                    talking.discard(told)
            if time.monotonic() > over or signal.SIGINT in signal.sigpending():
                for worker in self._workers.values():
                    os.kill(worker.pid, signal.SIGKILL)
        for worker in tuple(self._workers.values()):
            self._reap(worker)
        for descriptor in (self._lives, self._life):
            os.close(descriptor)
        return code, [each for each in said.values() if each]
