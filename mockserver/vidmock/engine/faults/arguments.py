"""Arguments of effects: the type, values and default of each, and how it is read from JSON or from text."""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import Any, Final, Generic, TypeVar

from vidmock.engine.faults.rules import Moment
from vidmock.engine.time.durations import to_seconds
from vidmock.problems import BadRequest, did_you_mean

T = TypeVar("T")

_DECADE: Final = 10 * 365 * 24 * 3600.0
_FLAGS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_QUOTED: Final = 80
"""Characters of a value that a message repeats. A longer value gets no suggestion, which would take long to find."""


class Argument(ABC, Generic[T]):
    """One argument of an effect, which is *default* if it is not given.

    *accepts* says in messages which values it may have, after "it is".
    """

    required = False
    """Whether it must be given. Its default is then not one of its values."""

    def __init__(self, default: T, accepts: str) -> None:
        self.default, self.accepts = default, accepts

    @property
    def type(self) -> type[T]:
        return type(self.default)

    @abstractmethod
    def parse(self, value: object, moment: Moment) -> T | None:
        """*value* as the argument's type; ``None`` if the argument cannot have it at *moment*.

        Raises:
            BadRequest: it cannot have it, and the argument has a message of its own for that.
        """

    def known_at(self, value: T, provider: str) -> bool:
        """Whether the argument can have *value*, which some provider has, at *provider*."""
        return True

    def words(self, moment: Moment) -> tuple[str, ...]:
        """The words that the argument may be at *moment*, to suggest one for a misspelt word."""
        return ()

    def hint(self, value: str, moment: Moment) -> str:
        """A suggestion for a *value* that is refused, with a leading space; "" for none."""
        return did_you_mean(value, self.words(moment))

    def read(self, what: str, value: object, moment: Moment) -> T:
        """*value* as the argument's type. Raises BadRequest, whose message calls the argument *what*."""
        parsed = self.parse(value, moment)
        if parsed is None:
            raise self.refusal(what, value, moment)
        return parsed

    def refusal(self, what: str, value: object, moment: Moment) -> BadRequest:
        """Says that *what*, as the message calls the argument, cannot be *value* at *moment*, and what it can be."""
        quoted = repr(value)
        hint = self.hint(str(value), moment) if len(quoted) < _QUOTED else ""
        quoted = quoted if len(quoted) < _QUOTED else quoted[: _QUOTED - 3] + "…"
        return BadRequest(f"{what} cannot be {quoted}; it is {self.accepts}{self._by_default()}{hint and '.'}{hint}")

    @property
    def schema(self) -> dict[str, Any]:
        """What values it may have in JSON, as JSON Schema, for programs that ask people: with words to offer."""
        values, offered = self._values(), self.words(Moment("before", ""))
        examples = {"examples": list(offered)} if offered and "enum" not in values else {}
        return {**values, "description": self.accepts, **examples}

    def _values(self) -> dict[str, Any]:
        return {}

    def from_text(self, text: str) -> object:
        """The value that *text* is in a prompt, for :meth:`read`."""
        return text

    def _by_default(self) -> str:
        if isinstance(self.default, str):
            return ""
        return f", by default {str(self.default).lower() if isinstance(self.default, bool) else repr(self.default)}"


class Flag(Argument[bool]):
    """True or false; as text also ``yes`` and ``no``, ``1`` and ``0``."""

    def __init__(self, *, default: bool) -> None:
        super().__init__(default, "true or false")

    def _values(self) -> dict[str, Any]:
        return {"type": "boolean"}

    def parse(self, value: object, moment: Moment) -> bool | None:
        return _FLAGS.get(str(value).lower())


class Count(Argument[int]):
    """A whole number from *least* to *most*."""

    def __init__(self, default: int, *, least: int, most: int) -> None:
        super().__init__(default, f"a whole number from {least} to {most}")
        self._least, self._most = least, most

    def _values(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self._least, "maximum": self._most}

    def parse(self, value: object, moment: Moment) -> int | None:
        if isinstance(value, float) and not value.is_integer():
            return None
        number = _finite(int, value)
        return number if number is not None and self._least <= number <= self._most else None


class Part(Argument[float]):
    """A part of a whole, from 0 to 1."""

    def __init__(self, default: float) -> None:
        super().__init__(default, "a number from 0 to 1")

    def _values(self) -> dict[str, Any]:
        return {"type": "number", "minimum": 0, "maximum": 1}

    def parse(self, value: object, moment: Moment) -> float | None:
        number = _finite(float, value)
        return number if number is not None and 0 <= number <= 1 else None


class Seconds(Argument[float]):
    """A length of time in seconds, at most ten years; as text also with a unit, such as ``2h``."""

    def __init__(self, default: float) -> None:
        super().__init__(default, "a number from 0 to ten years, in seconds or as 2h")

    def _values(self) -> dict[str, Any]:
        return {"type": ["number", "string"], "minimum": 0, "maximum": _DECADE}

    def parse(self, value: object, moment: Moment) -> float | None:
        if isinstance(value, str) and value[-1:].isalpha():
            with suppress(BadRequest):
                value = to_seconds(value)
        number = _finite(float, value)
        return number if number is not None and 0 <= number <= _DECADE else None


class Choice(Argument[str]):
    """One of *choices*."""

    def __init__(self, *choices: str, default: str) -> None:
        super().__init__(default, " or ".join(choices))
        self._choices = choices

    def _values(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self._choices)}

    def parse(self, value: object, moment: Moment) -> str | None:
        return value if isinstance(value, str) and value in self._choices else None

    def words(self, moment: Moment) -> tuple[str, ...]:
        return self._choices


class Text(Argument[str]):
    """Text that *pattern* matches as a whole; *accepts* says the same in words. A number counts as its digits."""

    def __init__(self, default: str = "", accepts: str = "text", pattern: str = "(?s:.*)") -> None:
        super().__init__(default, accepts)
        self._pattern = re.compile(pattern)

    def _values(self) -> dict[str, Any]:
        return {"type": "string"}

    def parse(self, value: object, moment: Moment) -> str | None:
        if not isinstance(value, str | int | float):
            return None
        return str(value) if self._pattern.fullmatch(str(value)) else None


def _finite(kind: Any, value: object) -> Any:
    """*value* as *kind*, int or float; ``None`` if it is not a number, or not a finite one."""
    if isinstance(value, bool):
        return None
    try:
        number = kind(value)
        return number if math.isfinite(number) else None
    except (TypeError, ValueError, OverflowError):
        return None
