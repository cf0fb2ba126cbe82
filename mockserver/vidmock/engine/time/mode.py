"""How the time of a clock passes: what a user chooses, apart from the clock that follows it."""

from __future__ import annotations

from dataclasses import dataclass
from reprlib import repr as shortened
from typing import Literal

from vidmock.problems import BadRequest

_FASTEST = 1e6
_SLOWEST = 1e-6


@dataclass(frozen=True, slots=True)
class Mode:
    """How time passes: ``real``, ``scaled`` (*factor* virtual seconds a second), ``step`` or ``manual``."""

    kind: Literal["real", "scaled", "step", "manual"] = "real"
    factor: float = 1.0

    @classmethod
    def parse(cls, text: str) -> Mode:
        """Read ``real``, ``scaled:20``, ``step`` or ``manual``.

        Raises:
            BadRequest: anything else; the message lists what would be right.
        """
        kind, _, factor = text.partition(":")
        if kind == "scaled":
            try:
                speed = float(factor)
            except ValueError:
                speed = 0.0
            if _SLOWEST <= speed <= _FASTEST:
                return cls("scaled", speed)
            raise BadRequest(
                f"the clock {shortened(text)} needs a factor above 0, for example 'scaled:20', and at most a million"
            )
        if kind in ("real", "step", "manual") and not factor:
            return cls(kind)  # type: ignore[arg-type]  # narrowed by the line above, which mypy does not see
        raise BadRequest(f"no such clock: {shortened(text)}. Use 'real', 'scaled:20', 'step' or 'manual'")

    @property
    def flows(self) -> bool:
        """Whether time passes by itself."""
        return self.kind in ("real", "scaled")

    def __str__(self) -> str:
        return f"scaled:{self.factor!r}".removesuffix(".0") if self.kind == "scaled" else self.kind
