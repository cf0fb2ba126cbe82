"""Error items for files that a model refuses. fal's toolkit reports the first such file only.

The types and their ``ctx`` are documented. The ``loc`` is as observed of other Kling models: the name of the field
without the objects around it, ``["body", "frontal_image_url"]``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vidmock.providers.exchange.refusals import worded
from vidmock.providers.exchange.renderers import ChoiceOf
from vidmock.providers.fal.error_items import error_item
from vidmock.schema.errors import find_error
from vidmock.schema.pointer import value_at
from vidmock.schema.violation import Violation


def file_error(violation: Violation, choice: ChoiceOf, given: Mapping[str, Any]) -> dict[str, Any]:
    """The item for *violation* of the input *given*, which is about a file."""
    known = find_error(violation.code or "value_error", "fal")
    context = _context(violation)
    error = worded(known, context)
    item = error_item(error, choice, given, _field(violation), value_at(given, violation.path))
    return item | ({"ctx": context} if context else {})


def _field(violation: Violation) -> list[str | int]:
    """The innermost name of the path, and the index behind it, if there is one."""
    names = [place for place, part in enumerate(violation.path) if isinstance(part, str)]
    return list(violation.path[names[-1] :])


def _context(violation: Violation) -> dict[str, Any]:
    """The error's ``ctx``, whose members its words mention."""
    limits = violation.limits
    least, most = limits.get("min"), limits.get("max")
    match violation.code:
        case "image_too_small":
            return {"min_height": least, "min_width": least}
        case "image_too_large":
            return {"max_height": most, "max_width": most}
        case "image_aspect_ratio_error":
            return {"min_aspect_ratio": least, "max_aspect_ratio": most}
        case "file_too_large":
            return {"max_size": most}
        case "unsupported_image_format" | "unsupported_video_format":
            return {"supported_formats": [f".{name}" for name in limits.get("allowedValues", ())]}
        case "video_duration_too_long":
            return {"max_duration": most, "provided_duration": violation.value}
        case "video_duration_too_short":
            return {"min_duration": least, "provided_duration": violation.value}
    return {}
