"""What fal says of an input that it refuses: Pydantic's errors and limits, or else the one of the app behind it.

The app's errors have ``url`` and ``input``, as seen of Kling O1 in December 2025. fal's toolkit stops at the first.
Limits of numbers and lists have them too, and a ``ctx``, by the page of errors; that all come at once is inferred.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from vidmock.problems import Invalid
from vidmock.providers.exchange.refusals import worded
from vidmock.providers.exchange.renderers import ChoiceOf
from vidmock.providers.fal import behaviours
from vidmock.providers.fal.echo import echoed
from vidmock.providers.fal.error_items import error_item
from vidmock.providers.fal.file_errors import file_error
from vidmock.providers.fal.pydantic_library import Item
from vidmock.schema.errors import known_error
from vidmock.schema.media_rules import MEDIA_KEYWORD
from vidmock.schema.violation import Violation

_DOWNLOAD = "file_download_error"
_LIMITS: Final[Mapping[str, str]] = {
    "minimum": "min",
    "exclusiveMinimum": "min",
    "maximum": "max",
    "exclusiveMaximum": "max",
    "multipleOf": "multiplier",
    "minItems": "min",
    "maxItems": "max",
}
"""Keywords that fal's page of errors has an error for each, and where a violation says the limit."""


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
    items = [*pydantic, *_limits(violations, choice, given)]
    if choice(behaviours.VALIDATION) == "pydantic1":
        items += [
            {"loc": ["body", "root"], "msg": found.message, "type": "value_error"}
            for found in violations
            if found.keyword == "rule"
        ]
    return items or [_app_item(violations, given, choice)]


def _limits(violations: Sequence[Violation], choice: ChoiceOf, given: Mapping[str, Any]) -> Iterator[Item]:
    """What Pydantic 2 says of values beyond a limit of theirs alone, as the page of errors has it."""
    if choice(behaviours.VALIDATION) == "pydantic1":
        return
    for found in violations:
        known = known_error(found.code, "fal") if found.code and found.keyword in _LIMITS else None
        # A model's own error of that limit is the app's.
        context = [*known.beside.get("ctx", ())] if known else []
        if known is None or len(context) != 1:
            continue
        (name,) = context
        limit = found.limits[_LIMITS[found.keyword]]
        item = error_item(worded(known, {name: limit}), choice, given, found.path, found.value)
        yield item | {"ctx": {name: limit}}


def _app_item(violations: Sequence[Violation], given: Mapping[str, Any], choice: ChoiceOf) -> Item:
    files = [found for found in violations if found.keyword == MEDIA_KEYWORD or found.code == _DOWNLOAD]
    if files:
        return file_error(files[0], choice, given)
    first = next((found for found in violations if found.code), violations[0])
    item = {"loc": ["body"], "msg": first.says or first.message, "type": first.code or "input_value_error"}
    item["url"] = f"https://docs.fal.ai/errors#{item['type']}"
    return item | {"input": echoed(given)}
