"""What was probably meant by a value that is only spelt otherwise than the schema has it: ``1280x720``, ``yes``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from vidmock.problems import LONGEST_MISSPELT
from vidmock.schema.text_pattern import compile_pattern

_SWITCHES: Final[Mapping[str, bool]] = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}
_SEPARATOR: Final = re.compile(r"[^A-Za-z0-9]+")
_BETWEEN_NUMBERS: Final = re.compile(r"(?<=[0-9])\s*[^0-9.]{1,3}\s*(?=[0-9])")
_PATH: Final = re.compile(
    r"(\.{0,2}/|~/|[A-Za-z]:\\|file:)?[^:?*\n]*\.(png|jpe?g|webp|gif|mp4|mov|webm|mp3|wav|m4a)", re.IGNORECASE
)


def switch_meant(value: Any) -> bool | None:
    """``true`` for a word or number that says yes, ``false`` for one that says no, ``None`` for any other."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value) if isinstance(value, int) else value[:LONGEST_MISSPELT]
    return _SWITCHES.get(text.strip().casefold())


def text_meant(value: Any, schema: Mapping[str, Any]) -> str | None:
    """*value*, numbers with something in between, written as the pattern and the examples of *schema* have it."""
    if "pattern" not in schema:
        return None
    takes = compile_pattern(schema["pattern"])
    return next((text for text in _texts(value, schema) if takes(text)), None)


def is_path(value: Any) -> bool:
    """Whether *value* seems to be the name of a file on the sender's own disk."""
    return isinstance(value, str) and len(value) < _LONGEST_PATH and _PATH.fullmatch(value) is not None


_LONGEST_PATH: Final = 1024


def _texts(value: Any, schema: Mapping[str, Any]) -> Iterator[str]:
    """*value* with the separators of each example."""
    examples = [*schema.get("examples", ()), *(schema[name] for name in ("default",) if name in schema)]
    for example in examples:
        between = _SEPARATOR.findall(example) if isinstance(example, str) else []
        if len(set(between)) != 1:
            continue
        (separator, *_) = between
        if isinstance(value, str) and len(value) <= LONGEST_MISSPELT:
            # A separator may be a sign that a pattern of replacement would read as its own.
            yield separator.join(_BETWEEN_NUMBERS.split(value.strip()))
        parts = [*value.values()] if isinstance(value, dict) else value if isinstance(value, list | tuple) else []
        if len(parts) == len(between) + 1 and all(type(part) is int for part in parts):
            yield separator.join(map(str, parts))
