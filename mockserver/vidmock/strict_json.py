"""Reads JSON as RFC 8259 defines it, without what Python's parser also accepts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, NoReturn

from vidmock.problems import BadJSON

DEEPEST: Final = 128
"""Levels of arrays and objects inside each other, at most, so that all code may recurse through a value."""
_ESCAPED_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")
_STRING: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s"{}\[\],:]+', re.DOTALL)


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
        value = _DECODER.decode(source)
    except json.JSONDecodeError as problem:
        raise BadJSON(problem.msg, problem.lineno, problem.colno, problem.pos) from None
    except _Refused:
        raise _located(source) from None
    except RecursionError:
        raise BadJSON("nested too deeply") from None
    except ValueError:
        raise BadJSON("a number has too many digits") from None
    if _ESCAPED_SURROGATE.search(source) and (fault := _first_fault(source)):
        raise fault
    if source.count("[") + source.count("{") > deepest and _is_deeper(value, deepest):
        raise BadJSON(f"nested too deeply: more than {deepest} levels")
    return value


def _commas_up_to(most: int, source: str) -> int:
    """The number of commas outside of strings; beyond *most*, no more are counted."""
    found = at = 0
    for string in _STRING.finditer(source):
        found += source.count(",", at, string.start())
        at = string.end()
        if found >= most:
            return found
    return found + source.count(",", at)


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
    for token in _TOKEN.finditer(source):
        word, start = token.group(), token.start()
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
        elif word.startswith('"'):
            yield from _string_faults(source, word, start, open_objects[-1] if key_next else None)
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
