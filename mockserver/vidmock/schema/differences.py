"""Says in which places two schemas of a model demand or state different things, however they are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vidmock.schema.assertions import Assertion, statements_of
from vidmock.schema.equality import same_json


def schema_differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """A line for each statement of which one schema has another than the other; no line where they agree.

    Both are bundled schemas. References count as what they lead to, rules and lints by their names, and words for
    people not at all.

    Raises:
        BadRequest: the parts of one refer to each other so often that it does not end.
    """
    before, after = _by_place(old), _by_place(new)
    told = (_difference(before.get(key), after.get(key)) for key in dict.fromkeys([*before, *after]))
    return [line for line in told if line]


def _by_place(schema: Mapping[str, Any]) -> dict[tuple[str, str], Assertion]:
    return {(each.place, each.keyword): each for each in statements_of(schema)}


def _difference(was: Assertion | None, is_now: Assertion | None) -> str:
    """The line for one statement, as it *was* and as it *is_now*; empty where both say the same."""
    if was is None or is_now is None:
        told, how = (was, "gone") if was else (is_now, "new")
        return f"{told.place}: {how}: {told.words}" if told else ""
    if same_json(was.said, is_now.said):
        return ""
    if was.words == is_now.words:
        return f"{was.place}: judged otherwise, in the same words: {was.words}"
    return f"{was.place}: {was.words} before, {is_now.words} now"
