"""Replicas and their Redis, played: each step takes as long as was measured, and waits for what comes before it."""

from __future__ import annotations

import heapq
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

LEASE_SECONDS, RENEWALS = 6.0, 4
WITHIN, SHARE = 0.1, 0.99
"""What share of the answers comes within how many seconds, where it is not too much."""


@dataclass(frozen=True)
class Costs:
    """Milliseconds of processor time, but for *sync*, which is how long a disk takes.

    *submit* and *forward* are a replica's for each submit, its own or another's; *write* and *batch* are Redis' for
    each submit and each batch of them, *renew* for each renewal of a lease with the look at others. *client* is that of
    the program that asks.
    """

    submit: float = 2.0
    forward: float = 2.2
    write: float = 0.18
    batch: float = 0.05
    renew: float = 0.2
    sync: float = 0.3
    client: float = 0.3


class Line:
    """A process: it does one thing after another, on one of the *machine*'s processors."""

    def __init__(self, play: Play, machine: Machine) -> None:
        self._play, self._machine = play, machine
        self._waiting: deque[tuple[float, Callable[[], None]]] = deque()
        self._busy = False
        self.used = 0.0

    def do(self, seconds: float, then: Callable[[], None]) -> None:
        """Be busy for *seconds*, after all that waits, *then* go on."""
        self._waiting.append((seconds, then))
        if not self._busy:
            self._begin()

    def _begin(self) -> None:
        self._busy = True
        self._machine.take(self._run)

    def _run(self) -> None:
        seconds, then = self._waiting.popleft()
        self.used += seconds

        def done() -> None:
            self._machine.free()
            self._busy = False
            then()
            if self._waiting and not self._busy:
                self._begin()

        self._play.after(seconds, done)


class Machine:
    """Has so many *processors*, which processes take in their turn; 0 for one each."""

    def __init__(self, processors: int = 0) -> None:
        self._left = processors or sys.maxsize
        self._waiting: deque[Callable[[], None]] = deque()

    def take(self, run: Callable[[], None]) -> None:
        if self._left:
            self._left -= 1
            run()
        else:
            self._waiting.append(run)

    def free(self) -> None:
        self._left += 1
        if self._waiting:
            self.take(self._waiting.popleft())


@dataclass(frozen=True)
class Played:
    """What came of a rate: how busy the busiest replica and Redis were, and what 99 of 100 answers took, in seconds."""

    rate: float
    replica: float
    redis: float
    slowest: float


class Play:
    """*count* replicas with these *costs*, asked *rate* times a second for *seconds*.

    With *by_key*, the balancer sends each request where its world is; else *count - 1* of *count* are sent on.
    """

    def __init__(self, costs: Costs, count: int, *, by_key: bool, processors: int = 0) -> None:
        self._costs, self._by_key = costs, by_key
        self._now, self._order = 0.0, 0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        machine = Machine(processors)
        self._replicas = [Line(self, machine) for _ in range(count)]
        self._kept: list[list[Callable[[], None]]] = [[] for _ in range(count)]
        self._writing = [False] * count
        self._redis = Line(self, machine)
        self._batches: list[tuple[float, Callable[[], None]]] = []
        self._syncing = False
        self._clients = Line(self, machine) if processors else None
        self._times: list[float] = []
        self._random = Random(1)

    def after(self, seconds: float, then: Callable[[], None]) -> None:
        self._order += 1
        heapq.heappush(self._due, (self._now + seconds, self._order, then))

    def run(self, rate: float, seconds: float) -> Played:
        draw = self._random
        for number in range(len(self._replicas)):
            self.after(draw.random() * LEASE_SECONDS / RENEWALS, lambda number=number: self._renew(number, seconds))
        when = draw.expovariate(rate)
        while when < seconds:
            self.after(when, self._submit)
            when += draw.expovariate(rate)
        asked = 0
        while self._due and self._due[0][0] < seconds + WITHIN:
            self._now, _, then = heapq.heappop(self._due)
            asked += then == self._submit
            then()
        times = sorted(self._times) + [float("inf")] * (asked - len(self._times))
        busiest = max(line.used for line in self._replicas) / seconds
        return Played(rate, busiest, self._redis.used / seconds, times[int(SHARE * (len(times) - 1))] if times else 0.0)

    def _renew(self, number: int, seconds: float) -> None:
        self._ask_redis(self._costs.renew / 1e3, lambda: None)
        if self._now < seconds:
            self.after(LEASE_SECONDS / RENEWALS, lambda: self._renew(number, seconds))

    def _submit(self) -> None:
        began, costs, draw = self._now, self._costs, self._random
        owner = draw.randrange(len(self._replicas))
        asked = owner if self._by_key else draw.randrange(len(self._replicas))

        def answered() -> None:
            self._times.append(self._now - began)

        def kept() -> None:
            if asked == owner:
                answered()
            else:
                self._replicas[asked].do(costs.forward / 2e3, answered)

        def arrived() -> None:
            self._replicas[owner].do(costs.submit / 1e3, lambda: self._keep(owner, kept))

        def came() -> None:
            if asked == owner:
                arrived()
            else:
                self._replicas[asked].do(costs.forward / 2e3, arrived)

        if self._clients:
            self._clients.do(costs.client / 1e3, came)
        else:
            came()

    def _keep(self, owner: int, kept: Callable[[], None]) -> None:
        self._kept[owner].append(kept)
        if not self._writing[owner]:
            self._write(owner)

    def _write(self, owner: int) -> None:
        """All that waits is one batch, and what comes meanwhile the next."""
        batch, self._kept[owner] = self._kept[owner], []
        self._writing[owner] = True

        def done() -> None:
            for kept in batch:
                kept()
            self._writing[owner] = False
            if self._kept[owner]:
                self._write(owner)

        self._ask_redis((self._costs.batch + self._costs.write * len(batch)) / 1e3, done)

    def _ask_redis(self, seconds: float, done: Callable[[], None]) -> None:
        self._batches.append((seconds, done))
        if not self._syncing:
            self._turn()

    def _turn(self) -> None:
        """Redis does all that has come, writes it to the disk together, and answers."""
        batches, self._batches = self._batches, []
        self._syncing = True

        def synced() -> None:
            for _, done in batches:
                done()
            self._syncing = False
            if self._batches:
                self._turn()

        self._redis.do(sum(seconds for seconds, _ in batches), lambda: self.after(self._costs.sync / 1e3, synced))


def most(costs: Costs, count: int, *, by_key: bool, processors: int = 0) -> Played:
    """The highest rate at which answers come in time."""
    seconds = 4.0 if count < 100 else 2.0

    def play(rate: float) -> Played:
        return Play(costs, count, by_key=by_key, processors=processors).run(rate, seconds)

    low, high = 1.0, 2.0 * min(count * 1e3 / costs.submit, 1e3 / costs.write)
    best = play(low)
    while high / low > 1.03:
        middle = (low + high) / 2
        played = play(middle)
        if played.slowest < WITHIN:
            low, best = middle, played
        else:
            high = middle
    return best


def arithmetic(costs: Costs, count: int, *, by_key: bool) -> float:
    """The same without chance and without waiting: what is used up first."""
    replica = costs.submit + (0.0 if by_key else costs.forward * (count - 1) / count)
    leases = count * costs.renew / 1e3 / (LEASE_SECONDS / RENEWALS)
    return min(1e3 * count / replica, max(0.0, 1 - leases) * 1e3 / costs.write)
