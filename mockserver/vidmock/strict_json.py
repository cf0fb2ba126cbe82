"""Reads JSON as RFC 8259 defines it, without what Python's parser also accepts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, NoReturn

from vidmock.problems import BadJSON

DEEPEST: Final = 128
"""Levels of arrays and objects inside each other, at most, so that all code may recurse through a value."""
_WINDOW: Final = 2**20
"""Characters of a text that are searched in one go, at least two: nothing else runs in the process meanwhile."""
_NO_SPACE: Final = re.compile(r"[^ \t\n\r]")
_ESCAPED_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")
_INSIDE: Final = re.compile(r'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_WORD: Final = re.compile(r"[^\s\"{}\[\],:]++|[{}\[\],:\"]")


class _Refused(Exception):
    """Raised by the parser's hooks, which do not know the position. A second reading then finds it."""


def loads(text: str | bytes, deepest: int = DEEPEST, most: int | None = None) -> Any:
    """The value of *text*; ``bytes`` must be UTF-8.

    Raises:
        BadJSON: bad syntax, NaN or an infinity (also as ``1e999``), a key twice in one object, bytes that are not
            UTF-8, a lone surrogate, a number too large for a double, more than *deepest* levels, or more than *most*
            values.
    """
    source = _decoded(text)
    if most is not None and source.count(",") >= most and _commas_up_to(most, source) >= most:
        raise BadJSON(f"more than {most} values")
    try:
        value = _value(source)
    except json.JSONDecodeError as problem:
        raise BadJSON(problem.msg, problem.lineno, problem.colno, problem.pos) from None
    except _Refused:
        raise _located(source) from None
    except RecursionError:
        raise BadJSON("nested too deeply") from None
    except ValueError:
        raise BadJSON("a number has too many digits") from None
    if _has_escaped_surrogate(source) and _has_lone_surrogate(value):
        raise _located(source)
    if source.count("[") + source.count("{") > deepest and _is_deeper(value, deepest):
        raise BadJSON(f"nested too deeply: more than {deepest} levels")
    return value


def _value(source: str) -> Any:
    """As the parser's own ``decode``, which would pass over any number of spaces in one go."""
    value, end = _DECODER.raw_decode(source, _behind_spaces(source, 0))
    end = _behind_spaces(source, end)
    if end != len(source):
        raise json.JSONDecodeError("Extra data", source, end)
    return value


def _behind_spaces(source: str, at: int) -> int:
    """The place of the first character from *at* on that is no space."""
    for start in range(at, len(source), _WINDOW):
        if found := _NO_SPACE.search(source, start, start + _WINDOW):
            return found.start()
    return len(source)


def _commas_up_to(most: int, source: str) -> int:
    """The number of commas outside of strings; beyond *most*, no more are counted, nor behind so many strings."""
    found = at = 0
    for _ in range(2 * most + 2):
        start = source.find('"', at)
        if start < 0:
            return found + source.count(",", at)
        found += source.count(",", at, start)
        at = _string_end(source, start)
        if found >= most:
            break
    return found


def _string_end(source: str, start: int) -> int:
    """The place behind the string that begins at *start*; behind the text, where it does not end."""
    at = start + 1
    while inside := _INSIDE.match(source, at, at + _WINDOW):
        at = inside.end()
        # Without its window, the pattern would go on: a backslash has been parted from what it escapes.
        if at < len(source) and source[at] == '"':
            return at + 1
        if at >= len(source) - 1:
            break
    return len(source)


def _has_escaped_surrogate(source: str) -> bool:
    width = len(r"\ud800")
    return any(
        _ESCAPED_SURROGATE.search(source, at, at + _WINDOW + width) for at in range(0, max(len(source), 1), _WINDOW)
    )


def _has_lone_surrogate(value: Any) -> bool:
    """Whether a string in *value* cannot be written as UTF-8."""
    level = [value]
    while level:
        try:
            for each in level:
                for text in (each, *(each if isinstance(each, dict) else ())):
                    if isinstance(text, str):
                        text.encode()
        except UnicodeEncodeError:
            return True
        level = [item for each in level for item in _items(each)]
    return False


def _is_deeper(value: Any, deepest: int) -> bool:
    """Whether *value* has more than *deepest* levels. This does not recurse: the value may be too deep for that."""
    level = [value]
    for _ in range(deepest):
        level = [item for each in level for item in _items(each) if isinstance(item, dict | list)]
        if not level:
            return False
    return True


def _items(value: Any) -> Iterable[Any]:
    """The items of an array, the values of an object, and nothing for any other value."""
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _decoded(text: str | bytes) -> str:
    try:
        if isinstance(text, str):
            if not text.isascii():
                text.encode()
            return text
        return text.decode()
    except UnicodeDecodeError as problem:
        before = problem.object[: problem.start]
        line = before.count(b"\n") + 1
        column = len(before.rpartition(b"\n")[2].decode()) + 1
        raise BadJSON("not UTF-8", line, column) from None
    except UnicodeEncodeError as problem:
        raise _at("a lone surrogate cannot be written as UTF-8", problem.object, problem.start) from None


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Refused
    return members


def _finite(digits: str) -> float:
    number = float(digits)
    if number - number != 0:
        raise _Refused
    return number


def _whole(digits: str) -> int:
    number = int(digits)
    try:
        float(number)
    except OverflowError:
        raise _Refused from None
    return number


def _constant(_name: str) -> NoReturn:
    raise _Refused


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_members, parse_float=_finite, parse_int=_whole, parse_constant=_constant
)


def _located(source: str) -> BadJSON:
    return _first_fault(source) or BadJSON("not strict JSON")


def _first_fault(source: str) -> BadJSON | None:
    return next(_faults(source), None)


def _faults(source: str) -> Iterator[BadJSON]:
    """Each fault with its position, by a second and slower reading.

    The text is one that the parser accepted or a hook refused, so every token before the first fault is well formed.
    """
    open_objects: list[set[str] | None] = []
    key_next = False
    at = 0
    while found := _WORD.search(source, at):
        word, start, at = found.group(), found.start(), found.end()
        if word == "{":
            open_objects.append(set())
            key_next = True
        elif word == "[":
            open_objects.append(None)
            key_next = False
        elif word in "}]":
            del open_objects[-1:]
            key_next = False
        elif word == ",":
            key_next = bool(open_objects) and open_objects[-1] is not None
        elif word == ":":
            key_next = False
        elif word == '"':
            at = _string_end(source, start)
            yield from _string_faults(source, source[start:at], start, open_objects[-1] if key_next else None)
        elif "nan" in word.lower() or "inf" in word.lower():
            yield _at(f"{word} is not JSON, which has no such number", source, start)
        elif word not in ("true", "false", "null") and _too_large(word):
            yield _at(f"{word:.40} is too large for a double", source, start)


def _string_faults(source: str, word: str, start: int, keys: set[str] | None) -> Iterator[BadJSON]:
    try:
        string = str(json.loads(word))
    except json.JSONDecodeError:
        return
    try:
        string.encode()
    except UnicodeEncodeError:
        yield _at("a lone surrogate cannot be written as UTF-8", source, start)
    if keys is not None:
        if string in keys:
            yield _at(f"the key {string!r} appears twice in one object", source, start)
        keys.add(string)


def _too_large(word: str) -> bool:
    try:
        return float(word) in (float("inf"), float("-inf"))
    except ValueError:
        return False


def _at(what: str, source: str, index: int) -> BadJSON:
    return BadJSON(what, source.count("\n", 0, index) + 1, index - source.rfind("\n", 0, index), index)
