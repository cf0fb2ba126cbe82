"""Parameters that a page lists one by one, as the tree that their dotted names make: ``messages[].role``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from vidmock.importer.page import Parameter
from vidmock.problems import BadRequest

MOST_PARAMETERS: Final = 1_000
"""Parameters of a page. The largest has some sixty."""
DEEPEST_PARAMETER: Final = 8
"""Objects inside each other, as a dotted name has them."""

PARAMETER_NAME: Final = re.compile(r"[A-Za-z0-9_$@:+-]{1,80}")
"""What a parameter may be called."""


@dataclass(frozen=True, slots=True)
class FlatParameter:
    """A *parameter* at its dotted *place*; ``[]`` behind a part is for the items of a list."""

    place: str
    parameter: Parameter


def parameter_tree(flat: Sequence[FlatParameter], *, closed: bool = False) -> tuple[Parameter, ...]:
    """The parameters of the top level, with their members; with *closed*, an object has no others.

    Raises:
        BadRequest: there are too many, they are too deep, or a name is no name.
    """
    if len(flat) > MOST_PARAMETERS:
        raise BadRequest(f"the page has more than {MOST_PARAMETERS:,} parameters: no model has")
    split = [(each.place.split("."), each.parameter) for each in flat]
    for parts, parameter in split:
        if len(parts) > DEEPEST_PARAMETER:
            raise BadRequest(f"the parameter {parameter.name[:80]!r} is more than {DEEPEST_PARAMETER} levels deep")
        if not all(PARAMETER_NAME.fullmatch(part.removesuffix("[]")) for part in parts):
            raise BadRequest(f"{parameter.name[:80]!r} is no name of a parameter")
    return _level(split, closed=closed)


def _level(split: list[tuple[list[str], Parameter]], *, closed: bool) -> tuple[Parameter, ...]:
    heads = dict[str, Parameter | None]()
    below = dict[str, list[tuple[list[str], Parameter]]]()
    listed = set[str]()
    for (head, *rest), parameter in split:
        name = head.removesuffix("[]")
        if head.endswith("[]"):
            listed.add(name)
        if rest:
            heads.setdefault(name, None)
            below.setdefault(name, []).append((rest, parameter))
        else:
            heads[name] = parameter
    return tuple(_joined(name, heads[name], below.get(name, []), name in listed, closed) for name in heads)


def _joined(
    name: str, own: Parameter | None, inner: list[tuple[list[str], Parameter]], listed: bool, closed: bool
) -> Parameter:
    if own is None:
        source = inner[0][1].source
        own = Parameter(name, "array" if listed else "object", source=source)
    if not inner:
        return replace(own, name=name)
    kind = "array" if listed or own.type == "array" else "object"
    return replace(own, name=name, type=kind, members=_level(inner, closed=closed), closed=closed)
