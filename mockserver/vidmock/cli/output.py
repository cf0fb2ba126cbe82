"""Printing results: for people, or as JSON for scripts."""

from __future__ import annotations

import json
import os
from typing import TextIO

_LONGEST = 2_000
"""Characters of a message: it may repeat what somebody has typed, or a program has made."""


def legible(message: str) -> str:
    """*message* without control codes of terminals, and no longer than anybody would read."""
    lines = "\n".join(line if line.isprintable() else repr(line)[1:-1] for line in message.split("\n"))
    return lines if len(lines) <= _LONGEST else f"{lines[:_LONGEST]}…"


def takes_colours(stream: TextIO) -> bool:
    """Whether *stream* is a terminal whose user wants colours (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR")


def say(text: str) -> None:
    print(text)


def say_json(value: object) -> None:
    say(json.dumps(value, indent=2, ensure_ascii=False, default=str))
