"""Error items for files that a model refuses. fal's toolkit reports the first such file only.

The types and their ``ctx`` are documented. The ``loc`` is as observed of other Kling models: the name of the field
without the objects around it, ``["body", "frontal_image_url"]``.
"""

from __future__ import annotations

from typing import Any

from vidmock.schema.violation import Violation


def file_error(violation: Violation) -> dict[str, Any]:
    """The item for *violation*, which is about a file."""
    message, context = _words(violation)
    item = {"loc": ["body", *_field(violation)], "msg": message, "type": violation.code or "value_error"}
    return item | ({"ctx": context} if context else {})


def _field(violation: Violation) -> list[str | int]:
    """The innermost name of the path, and the index behind it, if there is one."""
    names = [place for place, part in enumerate(violation.path) if isinstance(part, str)]
    return list(violation.path[names[-1] :])


def _words(violation: Violation) -> tuple[str, dict[str, Any]]:
    limits = violation.limits
    least, most = limits.get("min"), limits.get("max")
    match violation.code:
        case "image_too_small":
            return f"The image is smaller than {least}x{least}", {"min_height": least, "min_width": least}
        case "image_too_large":
            return f"The image is larger than {most}x{most}", {"max_height": most, "max_width": most}
        case "image_aspect_ratio_error":
            context = {"min_aspect_ratio": least, "max_aspect_ratio": most}
            return f"The aspect ratio of the image should be between {least} and {most}.", context
        case "file_too_large":
            return f"The file is larger than {most} bytes", {"max_size": most}
        case "file_download_error":
            return "Failed to download the file. Please check if the URL is accessible and try again.", {}
        case "image_load_error":
            return "The image could not be read", {}
        case "unsupported_image_format" | "unsupported_video_format":
            supported = [f".{name}" for name in limits.get("allowedValues", ())]
            kind = "image" if violation.code == "unsupported_image_format" else "video"
            return f"The {kind}'s format is not supported", {"supported_formats": supported}
        case "video_duration_too_long":
            return "The video is too long", {"max_duration": most, "provided_duration": violation.value}
        case "video_duration_too_short":
            return "The video is too short", {"min_duration": least, "provided_duration": violation.value}
    return violation.message, {}
