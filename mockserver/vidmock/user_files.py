"""Reads JSON that people write: what is wrong is a sentence, with its place and what would be right."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from vidmock import strict_json
from vidmock.problems import BadJSON, BadRequest

STANDARD_INPUT: Final = "standard input"
"""What people call the file ``-``."""
REQUEST_FILE_BYTES: Final = 100 * 2**20
"""Bytes of a file of requests that are read: as many as the largest body that a provider takes."""
_MEANING: Final[Mapping[str, str]] = {
    "Expecting value": "a value belongs here: an object, an array, a number, true, false, null, "
    "or a text in double quotes",
    "Expecting property name enclosed in double quotes": "the name of a member belongs here, in double quotes; "
    "or the comma before is one too many",
    "Expecting ':' delimiter": "a colon belongs here, between a member's name and its value",
    "Expecting ',' delimiter": "a comma or the closing bracket belongs here",
    "Illegal trailing comma before end of object": "no comma belongs behind the last member",
    "Illegal trailing comma before end of array": "no comma belongs behind the last item",
    "Unterminated string starting at": "this text has no closing quote",
    "Invalid control character at": "a line break, or the like, is written as \\n inside of a text",
    "Invalid \\escape": "no such escape: a backslash is written as two",
    "Invalid \\uXXXX escape": "four hexadecimal digits belong behind \\u",
    "Extra data": "the JSON has ended before this: one value is the whole text",
}
"""What the messages of Python's parser mean, and what would be right."""


def read_user_file(file: str | Path, most: int = -1) -> bytes:
    """The bytes of *file*, or the first *most* of them. Raises BadRequest: it cannot be read."""
    try:
        with Path(file).open("rb") as opened:
            return opened.read(most)
    except OSError as error:
        raise BadRequest(f"cannot read {file}: {(error.strerror or str(error)).lower()}") from error
    except ValueError as error:
        # A name that no file can have.
        raise BadRequest(f"cannot read {str(file)!r}: {error}") from error


def read_request_file(file: str) -> Any:
    """The JSON in *file*, or in standard input for ``-``.

    Raises:
        BadRequest: there is no such readable file, or it is no JSON; the message says where, and what would be right.
    """
    return as_request(*read_request_text(file))


def read_request_text(file: str) -> tuple[str, bytes]:
    """What people call *file*, or standard input for ``-``, and its bytes.

    Raises:
        BadRequest: there is no such readable file, or it is larger than a request can be.
    """
    if file == "-":
        name, text = STANDARD_INPUT, sys.stdin.buffer.read(REQUEST_FILE_BYTES + 1)
    else:
        name, text = file, read_user_file(file, REQUEST_FILE_BYTES + 1)
    if len(text) > REQUEST_FILE_BYTES:
        raise BadRequest(f"{name} has more than {REQUEST_FILE_BYTES // 2**20} MiB: no provider takes such a request")
    return name, text


def as_request(name: str, text: bytes) -> Any:
    """The JSON of *text*, that of the file *name*. Raises BadRequest: it is none, as :func:`read_request_file`."""
    if not text.strip():
        raise BadRequest(f'{name} is empty: it must be a request, such as {{"prompt": "a kite over dunes"}}')
    try:
        return strict_json.loads(text)
    except BadJSON as problem:
        place = f"line {problem.line}, column {problem.column}: " if problem.line else ""
        raise BadRequest(f"{name} is no JSON: {place}{explain_json(problem)}") from problem


def explain_json(problem: BadJSON) -> str:
    """*problem* in words for whoever is to mend the text, without its place."""
    return _MEANING.get(problem.what, problem.what)
