"""What fal says of an input that it refuses: Pydantic's errors, or else the one of the app behind it.

The app's errors have ``url`` and ``input``, as seen of Kling O1 in December 2025. fal's toolkit stops at the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vidmock.problems import Invalid
from vidmock.providers.fal.echo import echoed
from vidmock.providers.fal.file_errors import file_error
from vidmock.providers.fal.pydantic_library import Item
from vidmock.schema.media_rules import MEDIA_KEYWORD
from vidmock.schema.pointer import value_at
from vidmock.schema.violation import Violation

_DOWNLOAD = "file_download_error"


class RefusedInput(Invalid):
    """An input is refused at once. *items* are the errors as fal sends them."""

    def __init__(self, violations: Sequence[Violation], items: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(violations)
        self.items = tuple(items)


def refused_items(
    pydantic: Sequence[Mapping[str, Any]], violations: Sequence[Violation], given: Mapping[str, Any], validation: str
) -> list[Mapping[str, Any]]:
    """The errors of the input *given*, which breaks *violations*; *pydantic* are those that Pydantic found.

    *validation* is a value of the behaviour ``fal.validation``: older apps checked rules over several fields beside
    Pydantic, and said ``root`` there.
    """
    items = [*pydantic]
    if validation == "pydantic1":
        items += [
            {"loc": ["body", "root"], "msg": found.message, "type": "value_error"}
            for found in violations
            if found.keyword == "rule"
        ]
    return items or [_app_item(violations, given)]


def _app_item(violations: Sequence[Violation], given: Mapping[str, Any]) -> Item:
    files = [found for found in violations if found.keyword == MEDIA_KEYWORD or found.code == _DOWNLOAD]
    if files:
        item = file_error(files[0])
        return _with_input(item, value_at(given, files[0].path))
    first = next((found for found in violations if found.code), violations[0])
    item = {"loc": ["body"], "msg": first.says or first.message, "type": first.code or "input_value_error"}
    return _with_input(item, given)


def _with_input(item: Item, value: Any) -> Item:
    item["url"] = f"https://docs.fal.ai/errors#{item['type']}"
    return item | {"input": echoed(value)}
