"""What two Pydantic libraries have in common: they refuse values, each in its own words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vidmock.problems import BadJSON

Item = dict[str, Any]
"""An error as fal sends it."""


@dataclass(frozen=True, slots=True)
class WrongValue(Exception):
    """A value is refused: the error's ``type`` and ``msg``, and its ``ctx`` if it has one."""

    type: str
    msg: str
    ctx: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Library:
    """How one library reads values. Each function returns what the app gets, or raises WrongValue."""

    scalars: Mapping[str, Callable[[Any], Any]]
    """By JSON Schema type."""
    literal: Callable[[Any, Sequence[Any]], Any]
    mapping: Callable[[Any], Mapping[str, Any]]
    sequence: Callable[[Any], Sequence[Any]]
    refuse_none: Callable[[], None]
    """Refuses a null for what may not be null, unless the library calls that a value of a wrong type."""
    missing: WrongValue
    item: Callable[[WrongValue, Any, Sequence[str | int]], Item]
    unreadable: Callable[[BadJSON, str], Item]
    """The item for a body, the given text, that is no JSON."""
