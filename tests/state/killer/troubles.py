"""What happens to replicas and to their Redis: killed, stopped, cut off, held up, ended and started again."""

from __future__ import annotations

import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from math import inf
from pathlib import Path
from random import Random

import httpx
import redis
from tests.state.redis_server import RedisServer
from tests.state.relay import Relay
from tests.state.replica_process import Replica

LEASE = 3.0
"""Real seconds of a lease here."""
LONGEST_STOP = 2.5 * LEASE
"""Real seconds for which a replica stands still, at most."""
LONGEST = 14_400.0
"""Real seconds after which a replica is ended, whatever becomes of this program."""
LOOK_SECONDS = 0.1
SLOW = LEASE / 10
"""Real seconds of an answer after which its server, or the machine, is in trouble that nobody made."""
STARTS = 50
"""Times that a replica is started which cannot reach Redis."""
EVERYBODY = 0
"""In place of a process, for what happens to all of them."""


@dataclass(slots=True)
class Trouble:
    """A *process* is in trouble from *began* until *ended*: real moments."""

    process: int
    began: float
    ended: float = inf


class TroubleLog:
    """Who was in trouble when."""

    def __init__(self) -> None:
        self._all: list[Trouble] = []
        self._lock = threading.Lock()

    def begin(self, process: int) -> Trouble:
        """Note that *process* is in trouble from now on."""
        trouble = Trouble(process, time.monotonic())
        with self._lock:
            self._all.append(trouble)
        return trouble

    def was(self, process: int, began: float) -> None:
        """Note that *process* was in trouble from *began* until now."""
        with self._lock:
            self._all.append(Trouble(process, began, time.monotonic()))

    def between(self, process: int, first: float, last: float) -> bool:
        """Whether *process*, or everybody, was in trouble at any moment from *first* to *last*."""
        with self._lock:
            return any(
                one.process in (process, EVERYBODY) and one.began <= last and one.ended >= first for one in self._all
            )


class Cluster:
    """Three replicas, each with a way of its own to their *redis*; and what is done to them."""

    def __init__(self, server: RedisServer, replicas: Sequence[Replica], relays: Sequence[Relay]) -> None:
        self.redis, self.replicas, self.relays = server, replicas, relays
        self.log = TroubleLog()

    @property
    def processes(self) -> list[int]:
        return [replica.pid for replica in self.replicas]

    def trouble(self, what: str, number: int, draw: Random) -> tuple[float, Callable[[], None]]:
        """Begin *what*, to the replica of that *number*; return how long it lasts, and how it ends."""
        return _TROUBLES[what](self, number, draw)

    def killed(self, number: int, draw: Random) -> tuple[float, Callable[[], None]]:
        """It is ended with no warning; what it has done is never over."""
        self.log.begin(self.replicas[number].pid)
        self.replicas[number].kill()
        return draw.uniform(0, 1.5 * LEASE), lambda: self._start(number)

    def _start(self, number: int) -> None:
        """Start a replica, again where it has ended because it could not reach Redis, as whoever runs it does."""
        for tries in range(STARTS, -1, -1):
            try:
                self.replicas[number].again()
            except AssertionError:
                if not tries:
                    raise
            else:
                return
            self.replicas[number].kill()

    def stopped(self, number: int, draw: Random) -> tuple[float, Callable[[], None]]:
        """It stands still, often beyond its lease, and goes on."""
        replica, trouble = self.replicas[number], self.log.begin(self.replicas[number].pid)
        replica.send(signal.SIGSTOP)

        def end() -> None:
            replica.send(signal.SIGCONT)
            _over(trouble)

        return draw.uniform(0.3, LONGEST_STOP), end

    def cut_off(self, number: int, draw: Random) -> tuple[float, Callable[[], None]]:
        """It reaches Redis no more, and then it does."""
        relay, trouble = self.relays[number], self.log.begin(self.replicas[number].pid)
        relay.cut()

        def end() -> None:
            relay.mend()
            _over(trouble)

        return draw.uniform(0.3, LONGEST_STOP), end

    def held_up(self, number: int, draw: Random) -> tuple[float, Callable[[], None]]:
        """What it says to Redis arrives late: when it has given that up, and has perhaps lost its worlds."""
        relay, trouble = self.relays[number], self.log.begin(self.replicas[number].pid)
        relay.stop()

        def end() -> None:
            relay.go_on()
            _over(trouble)

        return draw.uniform(0.3, LONGEST_STOP), end

    def without_redis(self, number: int, draw: Random) -> tuple[float, Callable[[], None]]:
        """Redis is ended with no warning, and starts again from its file."""
        trouble = self.log.begin(EVERYBODY)
        self.redis.kill()

        def end() -> None:
            self.redis.start()
            _over(trouble)

        return draw.uniform(0.2, 1.5 * LEASE), end


_TROUBLES = {
    "killed": Cluster.killed,
    "stopped": Cluster.stopped,
    "cut off": Cluster.cut_off,
    "held up": Cluster.held_up,
    "Redis ended": Cluster.without_redis,
}
TROUBLES = (*_TROUBLES,)


class Watch(threading.Thread):
    """Notes trouble of the machine's own: a replica, or Redis, that does not answer for a while, until *over*."""

    def __init__(self, there: Cluster, over: threading.Event) -> None:
        super().__init__()
        self._there, self._over = there, over
        self.slow = 0
        """How often somebody was slow."""

    def run(self) -> None:
        with ThreadPoolExecutor() as threads, httpx.Client(timeout=LONGEST_STOP) as http:
            while not self._over.wait(LOOK_SECONDS):
                looks = [threads.submit(self._look, http, replica.url, replica.pid) for replica in self._there.replicas]
                looks.append(threads.submit(self._ask_redis))
                for look in looks:
                    look.result()

    def _look(self, http: httpx.Client, url: str, process: int) -> None:
        began = time.monotonic()
        with suppress(httpx.TransportError):
            http.get(f"{url}/_vidmock/health")
        self._judge(process, began)

    def _ask_redis(self) -> None:
        began = time.monotonic()
        with (
            suppress(redis.RedisError),
            redis.Redis.from_url(self._there.redis.url, retry=None, socket_timeout=LONGEST_STOP) as client,
        ):
            # It is on the disk when it is answered, as what replicas say.
            client.set("killer", "looks")
        self._judge(EVERYBODY, began)

    def _judge(self, process: int, began: float) -> None:
        if time.monotonic() - began > SLOW:
            self.slow += 1
            self._there.log.was(process, began)


def _over(trouble: Trouble) -> None:
    trouble.ended = time.monotonic()


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Start it, and end it afterwards. Raises AssertionError: a replica has printed a defect."""
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vk")))
        server = stack.enter_context(RedisServer(place))
        relays = [stack.enter_context(Relay(server.socket)) for _ in range(3)]
        replicas = [
            Replica(relay.url, place / "certificates", LONGEST, lease=LEASE, host=f"127.0.0.{11 + number}", more=())
            for number, relay in enumerate(relays)
        ]
        said: list[str] = []
        for replica in replicas:
            stack.callback(_end, replica, said)
            replica.begin()
        yield Cluster(server, replicas, relays)
        stack.close()
        for text in said:
            assert "Traceback" not in text, text[text.index("Traceback") - 500 :][:4000]


def _end(replica: Replica, said: list[str]) -> None:
    said.append(replica.end())


def make_trouble(there: Cluster, draw: Random, note: Callable[[str], None]) -> None:
    """Do one or two things of those that happen, and wait until they are over."""
    first, second = draw.sample(range(len(there.replicas)), 2)
    chosen = [(draw.choice(TROUBLES), first)]
    if draw.random() < 0.3:
        chosen.append((draw.choice([one for one in TROUBLES if one != chosen[0][0]]), second))
    begun = []
    for what, number in chosen:
        note(what)
        begun.append(there.trouble(what, number, draw))
    with ThreadPoolExecutor() as threads:
        for over in [threads.submit(_later, seconds, end) for seconds, end in begun]:
            over.result()


def _later(seconds: float, end: Callable[[], None]) -> None:
    time.sleep(seconds)
    end()
