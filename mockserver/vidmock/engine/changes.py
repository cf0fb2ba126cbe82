"""What has changed in a world since it was kept last, for whoever keeps it outside of memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, Literal

PartKind = Literal[
    "world",
    "calls",
    "job",
    "ended",
    "told",
    "downloaded",
    "begun",
    "line",
    "totals",
    "limits",
    "faults",
    "fault",
    "exchange",
    "delivery",
    "upload",
    "ticket",
    "task",
    "due",
    "struck",
]
"""The kinds of parts of a world. Most have a name besides: an id or a number."""
LATER: Final[frozenset[PartKind]] = frozenset(
    {"calls", "told", "downloaded", "begun", "limits", "fault", "exchange", "struck"}
)
"""Parts that no answer promises: of these, what a client did in the last moments before a crash may be lost."""


class Changes:
    """The names of the parts of one world that have changed. Nothing is noted until somebody watches.

    Whoever changes a part asks ``on`` first, so that a world that nobody keeps pays one look at it.
    """

    __slots__ = ("_check", "_noted", "_tell", "on")

    def __init__(self) -> None:
        self.on = False
        self._noted: dict[tuple[PartKind, str], bool] = {}
        self._tell: Callable[[bool], None] = lambda urgent: None
        self._check: Callable[[], None] = lambda: None

    def watch(
        self,
        tell: Callable[[bool], None],
        parts: Iterable[tuple[PartKind, str]] = (),
        check: Callable[[], None] = lambda: None,
    ) -> None:
        """Note changes from now on, *parts* first. *tell* is called with each, and whether an answer promises it.

        *check* raises a Problem while nothing can be kept.
        """
        self.on, self._tell, self._check = True, tell, check
        for part, name in parts:
            self.renew(part, name)

    def unwatch(self) -> None:
        """Note nothing any more."""
        self.on = False
        self._noted.clear()

    def check(self) -> None:
        """Check that what changes now can be kept. Raises Problem: what its watcher says is wrong."""
        self._check()

    def note(self, part: PartKind, name: str = "") -> None:
        """Note that the *part* of that *name* has changed, or is new or gone."""
        self._noted.setdefault((part, name), False)
        self._tell(part not in LATER)

    def renew(self, part: PartKind, name: str) -> None:
        """Note that the *part* of that *name* is gone; if it is there again when it is kept, it is the newest."""
        self._noted.pop((part, name), None)
        self._noted[part, name] = True
        self._tell(part not in LATER)

    @property
    def promised(self) -> bool:
        """Whether something was noted that an answer promises."""
        return any(part not in LATER for part, _ in self._noted)

    def take(self) -> Mapping[tuple[PartKind, str], bool]:
        """What was noted since this was called last, each with whether it begins anew; it is not noted any more."""
        noted, self._noted = self._noted, {}
        return noted

    def restore(self, noted: Mapping[tuple[PartKind, str], bool]) -> None:
        """Note again, first, what was taken and could not be kept."""
        later, self._noted = self._noted, dict(noted)
        for name, anew in later.items():
            if anew:
                self._noted.pop(name, None)
            self._noted[name] = anew or self._noted.get(name, False)
