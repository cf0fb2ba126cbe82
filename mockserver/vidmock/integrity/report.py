"""What a run has found: breaches as they come, and figures at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from vidmock.integrity.breach import Breach
from vidmock.integrity.options import CheckOptions


class CheckReport:
    """Counts what was done, and says each breach once through *say*, with the line that runs the same again."""

    def __init__(self, options: CheckOptions, say: Callable[[str], None] = print) -> None:
        self.done: Counter[str] = Counter()
        self.breaches: list[Breach] = []
        self._options, self._say = options, say

    @property
    def over(self) -> bool:
        """Whether enough is wrong."""
        return len(self.breaches) >= self._options.most

    def count(self, what: str) -> None:
        """Count that *what* was done once more."""
        self.done[what] += 1

    def breach(self, breach: Breach) -> None:
        self.breaches.append(breach)
        self._say(f"{breach}\n    seed {self._options.seed}; to run it again: {self._options.line}\n")

    def progress(self, left: float | None) -> str:
        """How far a run is that has so many seconds *left*; ``None`` where it ends after its operations."""
        to_go = "" if left is None else f", {max(left, 0):,.0f} s to go"
        return f"integrity: {self.done.total():,} operations, {len(self.breaches)} breaches{to_go}"

    def summary(self, seconds: float) -> str:
        """The figures of a run that took so many *seconds*."""
        counted = ", ".join(f"{number:,} {what}" for what, number in sorted(self.done.items()))
        verdict = f"{len(self.breaches)} breaches" if self.breaches else "no breach"
        total = sum(self.done.values())
        return f"{verdict} in {total:,} operations of {self._options.clients} clients, {seconds:,.0f} s: {counted}"
