"""Every exchange, newest last, bounded by number and by bytes so that a server can run for days."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, byte for byte. *at* is on the world's clock, in seconds since the epoch.

    *operation* is what was asked for in the field's terms (submit, poll, result, cancel, …), and *job* is the job that it
    was about, where that can be told.
    """

    at: float
    provider: str
    method: str
    target: str
    request_headers: Headers
    request_body: bytes
    status: int
    response_headers: Headers
    response_body: bytes
    operation: str = ""
    job: str = ""

    @property
    def weight(self) -> int:
        """Bytes held, roughly: bodies and target; headers are small and alike."""
        return len(self.request_body) + len(self.response_body) + len(self.target)


class Journal:
    """The newest exchanges: at most *keep* of them and at most *keep_bytes* of bodies. ``seen`` counts all."""

    def __init__(self, keep: int, keep_bytes: int = 64 * 2**20) -> None:
        self._keep, self._keep_bytes = keep, keep_bytes
        self._exchanges: deque[Exchange] = deque()
        self._held = 0
        self.seen = 0

    def record(self, exchange: Exchange) -> None:
        self.seen += 1
        self._exchanges.append(exchange)
        self._held += exchange.weight
        while self._exchanges and (len(self._exchanges) > self._keep or self._held > self._keep_bytes):
            self._held -= self._exchanges.popleft().weight

    def __iter__(self) -> Iterator[Exchange]:
        return iter(tuple(self._exchanges))

    def __len__(self) -> int:
        return len(self._exchanges)
