"""Reads JSON and YAML files that people write, with the line of each part, for error messages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from vidmock import strict_json
from vidmock.problems import BadJSON, BadRequest
from vidmock.user_files import explain_json, read_user_file

Location = tuple[str | int, ...]
_SPACE = re.compile(r"\s*")
_PLAIN = ("bool", "float", "int", "null", "str")


def read_located(file: Path) -> tuple[Any, Callable[[Location], int]]:
    """Read *file*: its value, and a function from a location to its line (from 1), or to that of the nearest parent.

    Raises:
        BadRequest: it cannot be read, or is not what its name says; the message has the line.
    """
    try:
        text = read_user_file(file).decode()
    except UnicodeDecodeError as error:
        raise BadRequest(f"cannot read {file}: it is not UTF-8") from error
    value, lines = (_yaml if file.suffix in (".yaml", ".yml") else _json)(text, str(file))

    return value, lambda place: nearest_line(lines, place)


def nearest_line(lines: Mapping[Location, int], place: Location) -> int:
    """The line of *place*, or of the nearest part around it that there is."""
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)


def _json(text: str, name: str) -> tuple[Any, dict[Location, int]]:
    try:
        value = strict_json.loads(text)
    except BadJSON as problem:
        raise BadRequest(f"{name}, line {problem.line}: {explain_json(problem)}") from problem
    return value, lines_of(text)


def lines_of(text: str) -> dict[Location, int]:
    """The line of each part of *text*, which is well-formed JSON."""
    lines: dict[Location, int] = {}
    _Walk(text, lines).value(0, ())
    return lines


class _Walk:
    """Walks through well-formed JSON text and records the line of each part."""

    def __init__(self, text: str, lines: dict[Location, int]) -> None:
        self._text, self._lines = text, lines
        self._decode = json.JSONDecoder().raw_decode
        self._counted, self._line = 0, 1

    def value(self, at: int, place: Location) -> int:
        """Record the value that begins at or after offset *at*; return the offset where it ends."""
        at = self._skip(at)
        self._lines.setdefault(place, self._line_at(at))
        if self._text[at] not in "{[":
            return int(self._decode(self._text, at)[1])
        closing, number = "}" if self._text[at] == "{" else "]", 0
        at = self._skip(at + 1)
        while self._text[at] != closing:
            part: str | int = number
            if closing == "}":
                part, end = self._decode(self._text, at)
                self._lines[(*place, part)] = self._line_at(at)
                at = self._skip(end) + 1
            at = self._skip(self.value(at, (*place, part)))
            at = self._skip(at + 1) if self._text[at] == "," else at
            number += 1
        return at + 1

    def _line_at(self, at: int) -> int:
        """The line of offset *at*, which is never before one that was asked for."""
        self._line += self._text.count("\n", self._counted, at)
        self._counted = at
        return self._line

    def _skip(self, at: int) -> int:
        match = _SPACE.match(self._text, at)
        assert match
        return match.end()


def _yaml(text: str, name: str) -> tuple[Any, dict[Location, int]]:
    yaml: Any = import_module("yaml")  # It ships without types.
    lines: dict[Location, int] = {}
    try:
        # The loader in C is ten times as quick, and not everywhere.
        node = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        return (None if node is None else _Nodes(yaml, name, lines).value(node, ())), lines
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadRequest(f"{name}, line {line}: {error.problem}") from error
    except yaml.YAMLError as error:
        raise BadRequest(f"{name}: {error}") from error
    except RecursionError:
        raise BadRequest(f"{name}, line {max(lines.values(), default=1)}: nested too deeply") from None


class _Nodes:
    """Converts YAML nodes into JSON values, and refuses with its line what JSON cannot express."""

    def __init__(self, yaml: Any, name: str, lines: dict[Location, int]) -> None:
        self._name, self._lines = name, lines
        self._scalars = yaml.constructor.SafeConstructor()
        self._above: list[Any] = []

    def value(self, node: Any, place: Location) -> Any:
        self._lines.setdefault(place, node.start_mark.line + 1)
        if node in self._above:
            raise self._refused(node, "an alias inside of what it stands for")
        self._above.append(node)
        try:
            if node.id == "mapping":
                return self._mapping(node, place)
            if node.id == "sequence":
                return [self.value(item, (*place, number)) for number, item in enumerate(node.value)]
            return self._scalar(node)
        finally:
            self._above.pop()

    def _mapping(self, node: Any, place: Location) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, item in node.value:
            name = key.value if key.id == "scalar" else ""
            if not key.tag.endswith(":str") or name in found:
                what = f"the key {name!r} appears twice" if name in found else f"the key {name!r} is no text: quote it"
                raise self._refused(key, what)
            self._lines[(*place, name)] = key.start_mark.line + 1
            found[name] = self.value(item, (*place, name))
        return found

    def _scalar(self, node: Any) -> Any:
        kind = node.tag.rpartition(":")[2]
        if kind not in _PLAIN:
            raise self._refused(node, f"{node.value!r} means a {kind} in YAML: quote it")
        return self._scalars.construct_object(node)

    def _refused(self, node: Any, what: str) -> BadRequest:
        return BadRequest(f"{self._name}, line {node.start_mark.line + 1}: {what}")
