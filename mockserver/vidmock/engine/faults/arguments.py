"""What the arguments of an effect may be: of the type of their defaults, and of a size that makes sense."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Final

from vidmock.engine.time.durations import to_seconds
from vidmock.problems import BadRequest

_DECADE: Final = 10 * 365 * 24 * 3600.0
_RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "seconds": (0.0, _DECADE),
    "retry_after": (0.0, _DECADE),
    "part": (0.0, 1.0),
    "bytes": (1, 2**20),
    "made": (1, 100),
    "times": (2, 100),
    "status": (200, 599),
    "code": (200, 599),
}
"""Least and most of numbers, by name."""
_WORDS: Final[Mapping[str, tuple[re.Pattern[str], str]]] = {
    "state": (re.compile("queued|running"), "queued or running"),
    "type": (re.compile("[ -~]{1,200}"), "a media type, in printable ASCII"),
    "code": (re.compile(r"\S.{0,199}"), "a code"),
    "word": (re.compile(".{1,200}"), "a word"),
    "name": (re.compile(".{1,200}"), "the name of a field"),
}
"""What text must look like, by name; any other may be anything."""
WITHOUT_BODY: Final = frozenset({204, 205, 304})
"""Statuses whose answers have no body."""


def complete_arguments(effect: str, defaults: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """*given*, with *defaults* for what is missing, each of its default's type; text, as in prompts, is read.

    Raises:
        BadRequest: there is no such argument, or not of that value; the message says what would be right.
    """
    arguments = dict(defaults)
    for name, value in given.items():
        if name not in defaults:
            has = f"it has {', '.join(defaults)}" if defaults else "it has none"
            raise BadRequest(f"{effect} has no argument {name!r}; {has}")
        arguments[name] = _typed(f"{effect}'s {name}", name, value, defaults[name])
    return arguments


def _typed(what: str, name: str, value: Any, default: Any) -> Any:
    wanted = type(default)
    if wanted is bool:
        read = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(str(value).lower())
        if read is not None:
            return read
        raise _refused(what, value, f"true or false, by default {str(default).lower()}")
    if wanted is str:
        pattern, wording = _WORDS.get(name, (None, ""))
        if isinstance(value, str | int | float) and (pattern is None or pattern.fullmatch(str(value))):
            return str(value)
        raise _refused(what, value, wording or "text")
    least, most = _RANGES[name]
    number = _number(name, value, wanted)
    if number is None or not least <= number <= most:
        kind = "a whole number" if wanted is int else "a number"
        most_said = "ten years, in seconds or as 2h" if most == _DECADE else f"{most:g}"
        raise _refused(what, value, f"{kind} from {least:g} to {most_said}, by default {default!r}")
    return number


def _number(name: str, value: Any, wanted: type[Any]) -> Any:
    """*value* as an int or float; ``None`` where it is neither, or no finite one."""
    if isinstance(value, bool):
        return None
    try:
        if isinstance(value, str) and name in ("seconds", "retry_after") and value[-1:].isalpha():
            return to_seconds(value)
        if wanted is int:
            return None if isinstance(value, float) and not value.is_integer() else int(value)
        number = float(value)
    except (TypeError, ValueError, OverflowError, BadRequest):
        return None
    return number if math.isfinite(number) else None


def _refused(what: str, value: Any, wanted: str) -> BadRequest:
    shown = repr(value)
    return BadRequest(f"{what} cannot be {shown if len(shown) < 80 else shown[:77] + '…'}; it is {wanted}")
