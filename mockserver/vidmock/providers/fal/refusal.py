"""What fal says of an input that it refuses: Pydantic's errors, or else the one of the app behind it.

The app's errors have ``url`` and ``input``, as seen of Kling O1 in December 2025. fal's toolkit stops at the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vidmock.problems import Invalid
from vidmock.providers.exchange.renderers import ChoiceOf
from vidmock.providers.fal import behaviours
from vidmock.providers.fal.echo import echoed
from vidmock.providers.fal.file_errors import file_error
from vidmock.providers.fal.pydantic_library import Item
from vidmock.schema.media_rules import MEDIA_KEYWORD
from vidmock.schema.violation import Violation

_DOWNLOAD = "file_download_error"


class RefusedInput(Invalid):
    """An input is refused at once. *items* are the errors as fal sends them."""

    def __init__(self, violations: Sequence[Violation], items: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(violations)
        self.items = tuple(items)


def refused_items(
    pydantic: Sequence[Mapping[str, Any]], violations: Sequence[Violation], given: Mapping[str, Any], choice: ChoiceOf
) -> list[Mapping[str, Any]]:
    """The errors of the input *given*, which breaks *violations*; *pydantic* are those that Pydantic found.

    Older apps, which the behaviour ``fal.validation`` chooses, checked rules over several fields beside Pydantic, and
    said ``root`` there.
    """
    items = [*pydantic]
    if choice(behaviours.VALIDATION) == "pydantic1":
        items += [
            {"loc": ["body", "root"], "msg": found.message, "type": "value_error"}
            for found in violations
            if found.keyword == "rule"
        ]
    return items or [_app_item(violations, given, choice)]


def _app_item(violations: Sequence[Violation], given: Mapping[str, Any], choice: ChoiceOf) -> Item:
    files = [found for found in violations if found.keyword == MEDIA_KEYWORD or found.code == _DOWNLOAD]
    if files:
        return file_error(files[0], choice, given)
    first = next((found for found in violations if found.code), violations[0])
    item = {"loc": ["body"], "msg": first.says or first.message, "type": first.code or "input_value_error"}
    item["url"] = f"https://docs.fal.ai/errors#{item['type']}"
    return item | {"input": echoed(given)}
