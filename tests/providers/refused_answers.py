"""Which errors of a provider's catalogue an answer is: found by status, code and words, not by how it was made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from vidmock.schema.errors import KnownError, known_error, known_errors

_VALUE = re.compile(r"\\\{\w+\\\}")


def entries_of(provider: str, status: int | None, body: Any) -> list[list[KnownError]]:
    """For each thing that is told in *body*, the errors that it can be; an empty list is one that nobody knows.

    *status* is ``None`` on a WebSocket, whose frames have none.
    """
    return [
        [error for error in known_errors(provider) if _fits(error, status, code, words)]
        for code, words in _told(provider, body)
    ]


def pattern_of(error: KnownError) -> re.Pattern[str]:
    """The words of *error* with any values."""
    return re.compile(_VALUE.sub("(?s:.+)", re.escape(error.text)), re.IGNORECASE)


def _fits(error: KnownError, status: int | None, code: str, words: str) -> bool:
    if not (code in ("", "<text>", error.code) or error is known_error(code, error.provider)):
        # A rule of a model of Runware's has a code of its own, and the words of all.
        return bool(error.family) and known_error(code, error.provider) is not None and _worded(error, words)
    return status in (None, error.status) and _worded(error, words)


def _worded(error: KnownError, words: str) -> bool:
    # The words of fal's validation are the library's, and a golden exchange leaves open what it does not know.
    return words == "<text>" or error.form == "pydantic" or bool(pattern_of(error).fullmatch(words))


def _told(provider: str, body: Any) -> Iterator[tuple[str, str]]:
    """Code and words of each thing that is wrong; a code is "" where the provider has none."""
    match provider, body:
        case "runware", _:
            yield from ((item["code"], item["message"]) for item in body["errors"])
        case "fal", str():
            yield "", body
        case "fal", {"error": {"type": kind, "message": words}}:
            yield kind, words
        case "fal", {"detail": list(items)}:
            yield from ((item["type"], item["msg"]) for item in items)
        case "fal", {"detail": str(words)}:
            yield body.get("error_type", body.get("status", "")), words
        case "fal", {"status": word}:
            yield word, next(error.text for error in known_errors("fal") if error.code == word)
        case "runpod", {"detail": words} | {"error": words}:
            yield "", words
        case "eachlabs", {"error": words}:
            yield "", words
        case "eachlabs", _:
            assert body == {}
            yield "", next(error.text for error in known_errors("eachlabs") if error.form == "empty")
        case _:
            raise AssertionError(f"{provider} answers nothing like {body!r}")
