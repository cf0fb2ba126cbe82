"""What one of several replicas has counted of the others: worlds that came and went, and requests that were sent on."""

from __future__ import annotations

from collections import Counter
from typing import Literal

WorldMove = Literal["taken", "taken_over", "lost", "undone"]
"""A world was new here, came with what is kept of it, is another replica's now, or is to be read again."""
SentOn = Literal["http", "websocket", "connection"]
"""A request or a WebSocket went on to the replica that has its world; or the whole connection did."""


class ReplicaCounts:
    """The counts of the replica of that *name*; it has none where it is the only one."""

    def __init__(self) -> None:
        self.name = ""
        self.moves: Counter[WorldMove] = Counter()
        self.sent_on: Counter[SentOn] = Counter()

    def join(self, name: str) -> None:
        """Be the replica of that *name* from now on."""
        self.name = name

    def move(self, move: WorldMove) -> None:
        """Count a world that has moved."""
        self.moves[move] += 1

    def send_on(self, what: SentOn) -> None:
        """Count what another replica answers."""
        self.sent_on[what] += 1
