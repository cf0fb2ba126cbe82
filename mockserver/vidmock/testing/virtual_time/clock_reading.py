"""The time as a client reads it in virtual time: a float that reports what it is compared with.

A client that compares the time with its deadline (``time.monotonic() > deadline``) shows in this way when it will act
differently. A sleep must not be stretched beyond that moment.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Self


class ClockReading(float):
    """``scale * (end - start) + shift``, where *end* and *start* are moments on the clock that was read.

    *start* is ``None`` where the reading is a moment itself, and not a difference of two. Each comparison calls *watch*
    with the moment at which it would come out differently, if *end* were read anew (``elapsed > 60``); of a difference
    also if *start* were (``deadline - now < 0``).
    """

    __slots__ = ("_end", "_scale", "_shift", "_start", "_watch")

    _watch: Callable[[float], None]
    _end: float
    _start: float | None
    _scale: float
    _shift: float

    def __new__(
        cls,
        watch: Callable[[float], None],
        end: float,
        start: float | None = None,
        scale: float = 1.0,
        shift: float = 0.0,
    ) -> Self:
        made = super().__new__(cls, scale * (end - (start or 0.0)) + shift)
        made._watch, made._end, made._start, made._scale, made._shift = watch, end, start, scale, shift
        return made

    def __add__(self, other: Any) -> Any:
        return self._moved(1.0, other) if _is_number(other) else NotImplemented

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        if isinstance(other, ClockReading) and self._is_moment and other._is_moment:
            return ClockReading(self._watch, float(self), float(other))
        return self._moved(1.0, -other) if _is_number(other) else NotImplemented

    def __rsub__(self, other: Any) -> Any:
        if not _is_number(other):
            return NotImplemented
        return ClockReading(self._watch, other, float(self)) if self._is_moment else self._moved(-1.0, other)

    def __mul__(self, other: Any) -> Any:
        return self._scaled(other) if _is_number(other) else NotImplemented

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        return self._scaled(1 / other) if _is_number(other) and other else float(self) / other

    def __neg__(self) -> Any:
        return self._scaled(-1.0)

    def __lt__(self, other: Any) -> bool:
        self._compared(other)
        return float.__lt__(self, other)

    def __le__(self, other: Any) -> bool:
        self._compared(other)
        return float.__le__(self, other)

    def __gt__(self, other: Any) -> bool:
        self._compared(other)
        return float.__gt__(self, other)

    def __ge__(self, other: Any) -> bool:
        self._compared(other)
        return float.__ge__(self, other)

    __eq__ = float.__eq__
    __hash__ = float.__hash__

    def __reduce__(self) -> tuple[type[float], tuple[float]]:
        """A copy is a plain float: it may be read where there is no clock any more."""
        return float, (float(self),)

    @property
    def _is_moment(self) -> bool:
        return self._start is None and self._scale == 1

    def _moved(self, sign: float, by: Any) -> ClockReading:
        if self._start is None and sign == 1 and self._scale == 1:
            return ClockReading(self._watch, float(self) + by)
        return ClockReading(self._watch, self._end, self._start, sign * self._scale, sign * self._shift + by)

    def _scaled(self, by: Any) -> ClockReading:
        return ClockReading(self._watch, self._end, self._start, self._scale * by, self._shift * by)

    def _compared(self, other: Any) -> None:
        if isinstance(other, ClockReading) and self._is_moment and other._is_moment:  # noqa: SLF001 - of this class
            self._watch(max(float(self), float(other)))
        elif isinstance(other, (int, float)) and self._scale:
            wanted = (float(other) - self._shift) / self._scale
            if math.isfinite(wanted):
                self._watch((self._start or 0.0) + wanted)
                if self._start is not None:
                    self._watch(self._end - wanted)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float))
