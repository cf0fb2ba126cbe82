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


def values_meant(value: Any) -> Iterator[Any]:
    """What may have been meant by *value*, whichever of these is taken.

    It is what is in an object of one member, a number that is written as a word or with its unit, a URL with spaces,
    several URLs in one text, a shape as a word or as a quotient.
    """
    if isinstance(value, dict) and len(value) == 1:
        yield from (inside for inside in value.values() if inside is not None)
    elif isinstance(value, str) and len(value) < _LONGEST_PATH:
        yield from _urls(value.strip())
        yield from _figures(value.strip().casefold())
    elif isinstance(value, float):
        yield from (name for name, ratio in _RATIOS.items() if abs(value - ratio) < _AS_NEAR)


def is_path(value: Any) -> bool:
    """Whether *value* seems to be the name of a file on the sender's own disk."""
    return isinstance(value, str) and len(value) < _LONGEST_PATH and _PATH.fullmatch(value) is not None


_LONGEST_PATH: Final = 1024
_NUMBERS: Final[Mapping[str, int]] = {
    word: number
    for number, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    )
}
_WITH_UNIT: Final = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?) ?(?:s|secs?|seconds?|px|pixels?)")
_SHAPES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("portrait", "vertical"), "9:16"),
    **dict.fromkeys(("landscape", "horizontal", "wide", "widescreen"), "16:9"),
    "square": "1:1",
}
_RATIOS: Final[Mapping[str, float]] = {
    "16:9": 16 / 9,
    "9:16": 9 / 16,
    "4:3": 4 / 3,
    "3:4": 3 / 4,
    "21:9": 21 / 9,
    "1:1": 1,
}
_AS_NEAR: Final = 0.01
_URL: Final = re.compile(r"https?://[^/\s,;]", re.IGNORECASE)
_BETWEEN_URLS: Final = re.compile(r"[\s,;]+(?=https?://)", re.IGNORECASE)


def _urls(text: str) -> Iterator[Any]:
    if _URL.match(text):
        several = _BETWEEN_URLS.split(text)
        if len(several) > 1:
            yield several
        elif " " in text:
            yield text.replace(" ", "%20")
    elif text.startswith("www.") and " " not in text:
        yield f"https://{text}"


def _figures(text: str) -> Iterator[Any]:
    if found := _WITH_UNIT.fullmatch(text):
        number = float(found[1])
        yield from ((int(number), str(int(number))) if number.is_integer() else (number,))
    if (figure := _NUMBERS.get(text)) is not None:
        yield from (figure, str(figure))
    if text in _SHAPES:
        yield _SHAPES[text]


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
