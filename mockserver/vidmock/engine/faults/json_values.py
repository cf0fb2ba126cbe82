"""Arguments that are JSON: any value, or an object of several."""

from __future__ import annotations

import json
import math
from typing import Any, Final

from vidmock import strict_json
from vidmock.engine.faults.arguments import Argument
from vidmock.engine.faults.rules import Moment
from vidmock.problems import BadJSON

_DEEPEST: Final = 32
"""Levels of arrays and objects inside each other, at most."""


class JsonValue(Argument[object]):
    """Any JSON value. As text, what is not JSON is a string."""

    def __init__(self, default: object, accepts: str = "a JSON value; text that is not JSON is a string") -> None:
        super().__init__(default, accepts)

    @property
    def type(self) -> type[object]:
        return object

    def parse(self, value: object, moment: Moment) -> object:
        return value

    def accepts_value(self, value: object) -> bool:
        return _is_json(value)

    def read(self, what: str, value: object, moment: Moment) -> object:
        # Unlike those of the others, this value may be null.
        if not self.accepts_value(value):
            raise self.refusal(what, value, moment)
        return value

    def from_text(self, text: str) -> object:
        try:
            return strict_json.loads(text, _DEEPEST)
        except BadJSON:
            return text

    def _by_default(self) -> str:
        return f", by default {json.dumps(self.default)}"


class JsonObject(JsonValue):
    """An object: names with a JSON value each."""

    def __init__(self, accepts: str) -> None:
        super().__init__({}, accepts)

    def _values(self) -> dict[str, Any]:
        return {"type": "object"}

    def accepts_value(self, value: object) -> bool:
        return isinstance(value, dict) and _is_json(value)


def _is_json(value: Any, deepest: int = _DEEPEST) -> bool:
    """Whether *value* is made of what JSON has, with no more than so many levels."""
    if isinstance(value, list | tuple):
        return deepest > 0 and all(_is_json(item, deepest - 1) for item in value)
    if isinstance(value, dict):
        return deepest > 0 and all(isinstance(key, str) and _is_json(item, deepest - 1) for key, item in value.items())
    return value is None or isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))
