"""Printing results: for people, or as JSON for scripts."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from vidmock.problems import BadRequest


def say(text: str) -> None:
    print(text)


def say_json(value: object) -> None:
    say(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def read_input(file: str) -> bytes:
    """The bytes of *file*, or of standard input for ``-``.

    Raises:
        BadRequest: there is no such readable file.
    """
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise BadRequest(f"cannot read {file}: {(error.strerror or str(error)).lower()}") from error
