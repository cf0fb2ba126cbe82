"""Says in a sentence what a failed keyword means, for the person who has to mend the request."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from vidmock.problems import LONGEST_MISSPELT, nearest
from vidmock.schema import compiled
from vidmock.schema.respelling import is_path, switch_meant, text_meant, values_meant

_ARTICLES: Final = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "array": "an array",
    "null": "null",
}
_MOST_EXACT: Final = 2**53
# As many names as fit into one line of an error.
_FEW: Final = 8
# The provider-neutral names under which clients find limits, and the keywords that say them.
_LIMITS: Final = {
    "type": ("type",),
    "min": ("minimum", "minLength", "minItems", "exclusiveMinimum"),
    "max": ("maximum", "maxLength", "maxItems", "exclusiveMaximum"),
    "multiplier": ("multipleOf",),
}


def limits_of(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The limits that *schema* sets, as ``type``, ``min``, ``max``, ``multiplier`` and ``allowedValues``."""
    found = {name: schema[keyword] for name, keywords in _LIMITS.items() for keyword in keywords if keyword in schema}
    if isinstance(found.get("type"), list):
        found["type"] = found["type"][0]
    if "const" in schema:
        found["allowedValues"] = [schema["const"]]
    elif "enum" in schema:
        found["allowedValues"] = list(schema["enum"])
    return found


def explain_violation(
    keyword: str,
    schema: Mapping[str, Any],
    value: Any,
    *,
    spare: bool = False,
    takes: compiled.Verdict = lambda _value: False,
) -> str:
    """One sentence on why *value* fails *keyword* of *schema*, and what would pass; without it if it is *spare*.

    *takes* tells whether another value would.
    """
    if spare and value is None:
        return f"{_explained(keyword, schema, value, '')}: leave it out"
    meant = next((f": write {display_value(each)}" for each in values_meant(value) if takes(each)), "")
    return _explained(keyword, schema, value, meant)


def _explained(keyword: str, schema: Mapping[str, Any], value: Any, meant: str) -> str:
    """The sentence; *meant* says what *value* was meant to be, if that is known."""
    limit = schema[keyword]
    match keyword:
        case "type":
            hint = meant or _type_hint(limit, value) or _form(schema, value)
            return f"must be {_kinds(limit)}; got {display_value(value)}{hint}"
        case "const":
            return f"must be {display_value(limit)}; got {display_value(value)}"
        case "enum":
            return f"must be {_alternatives(limit)}; got {display_value(value)}{meant or _member_hint(limit, value)}"
        case "minimum":
            return f"must be at least {limit}; got {display_value(value)}"
        case "maximum":
            return f"must be at most {limit}; got {display_value(value)}"
        case "exclusiveMinimum":
            return f"must be more than {limit}; got {display_value(value)}"
        case "exclusiveMaximum":
            return f"must be less than {limit}; got {display_value(value)}"
        case "multipleOf":
            near = [f"{number}" for number in sorted(nearest_multiples(value, limit)) if _within(schema, number)]
            hint = f": write {' or '.join(near)}" if near else ""
            return f"must be a multiple of {limit}; got {display_value(value)}{hint}"
        case "minLength":
            return f"must have at least {counted(limit, 'character')}; got {len(value)}"
        case "maxLength":
            return f"must have at most {counted(limit, 'character')}; got {len(value)}"
        case "minItems":
            return f"must hold at least {counted(limit, 'item')}; got {len(value)}"
        case "maxItems":
            return f"must hold at most {counted(limit, 'item')}; got {len(value)}"
        case "uniqueItems":
            return f"must hold nothing twice; got {display_value(value)}"
        case "minProperties":
            return f"must have at least {counted(limit, 'member')}; got {len(value)}"
        case _:
            said = schema.get("x-message", "is not what the schema asks for")
            return f"{said}; got {display_value(value)}{meant or _text_hint(schema, value)}"


def nearest_multiples(value: float, step: float) -> list[float]:
    """The two multiples of *step* around *value*, the nearest first; whole ones of whole numbers."""
    if not abs(value) < _MOST_EXACT:
        return []
    below = value // step * step
    return sorted((below, below + step), key=lambda number: abs(number - value))


def _within(schema: Mapping[str, Any], number: float) -> bool:
    least, most = float(schema.get("minimum", number)), float(schema.get("maximum", number))
    return least <= number <= most


def _form(schema: Mapping[str, Any], value: Any) -> str:
    """How what *value* is not is written: a text of some form, or an object."""
    text = text_meant(value, schema)
    if text is not None:
        return f": write {display_value(text)}"
    if value is not None and "string" in schema.get("type", "") and "x-message" in schema:
        return f": it {schema['x-message']}"
    needed = schema.get("required", ()) if isinstance(value, str) else ()
    return f": one with {', '.join(needed)}" if needed else ""


def _text_hint(schema: Mapping[str, Any], value: Any) -> str:
    """What to write, where *value* is only spelt otherwise, or the name of a file."""
    text = text_meant(value, schema)
    if text is not None:
        return f": write {display_value(text)}"
    if "URL" in schema.get("x-message", "") and is_path(value):
        by_itself = ", or send it as data" if "data:" in schema["x-message"] else ""
        return f"; a file of yours cannot be read from there: upload it{by_itself}"
    return ""


def explain_missing(description: str, advice: str = "") -> str:
    """One sentence on a required parameter that is absent, of that *description*, and on where it may be."""
    first = description.partition(". ")[0].rstrip(".")
    # The first word may be an abbreviation.
    about = f": {first if first[1:2].isupper() else first[:1].lower() + first[1:]}" if first else ""
    return f"is missing, and required{about}{f'; {advice}' if advice else ''}"


def explain_unknown(known: Mapping[str, Any], advice: str = "") -> str:
    """One sentence on a parameter that does not exist beside the *known*, with what was probably meant."""
    among = f" (known: {', '.join(known)})" if not advice and 0 < len(known) <= _FEW else ""
    return f"is not a parameter here{among}: {advice or 'leave it out'}"


def display_value(value: Any, width: int = 60) -> str:
    """*value* as JSON, cut to *width* characters. No more of it is looked at."""
    text = ""
    try:
        for part in _parts(value, width):
            text += part
            if len(text) > width:
                return f"{text[: width - 1]}…"
    except (TypeError, ValueError):
        return f"a Python {type(value).__name__}"
    return text


def _parts(value: Any, width: int) -> Iterator[str]:
    """*value* as JSON, part by part, where a string is cut to somewhat more than *width* characters."""
    if isinstance(value, str):
        yield json.dumps(value[: width + 1], ensure_ascii=False)
    elif isinstance(value, dict):
        yield "{"
        for number, (name, member) in enumerate(value.items()):
            yield f"{', ' if number else ''}{json.dumps(str(name)[: width + 1], ensure_ascii=False)}: "
            yield from _parts(member, width)
        yield "}"
    elif isinstance(value, list | tuple):
        yield "["
        for number, item in enumerate(value):
            yield ", " if number else ""
            yield from _parts(item, width)
        yield "]"
    else:
        yield json.dumps(value)


def counted(number: int, noun: str) -> str:
    """``1 character``, or ``2 characters``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _alternatives(members: list[Any]) -> str:
    words = [display_value(member) for member in members]
    return f"one of {', '.join(words)}" if len(words) > 1 else words[0]


def _kinds(names: str | list[str]) -> str:
    return " or ".join(_ARTICLES[name] for name in ([names] if isinstance(names, str) else names))


def _type_hint(wanted: str | list[str], value: Any) -> str:
    if isinstance(wanted, list):
        return _type_hint(wanted[0], value)
    if wanted == "integer" and isinstance(value, float) and value.is_integer():
        return f": write {int(value)}"
    if isinstance(value, str) and len(value) <= LONGEST_MISSPELT and compiled.is_type(wanted, _quoted(value)):
        return ": write it without the quotes"
    if wanted == "boolean" and (switch := switch_meant(value)) is not None:
        return f": write {display_value(switch)}"
    if wanted == "object" and isinstance(value, str) and value[:1] == "{" and value[-1:] == "}":
        return ": write it without the quotes"
    if wanted == "array" and isinstance(value, tuple):
        return ": make the tuple a list"
    if wanted == "array" and isinstance(value, str | dict):
        return ": put it in an array"
    if isinstance(value, list) and len(value) == 1 and compiled.is_type(wanted, value[0]):
        return ": take it out of the array"
    if wanted == "string" and compiled.is_type("number", value):
        return ": write it in quotes"
    return ""


def _quoted(text: str) -> Any:
    """The value that someone wrapped into the string *text*, or *text* itself."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _member_hint(members: list[Any], value: Any) -> str:
    if isinstance(value, bool):
        return ""
    # No choice is that large, and not every integer can be written so.
    if isinstance(value, int | float) and abs(value) < 10**6 and f"{value:g}" in members:
        return f': write "{value:g}", in quotes'
    if isinstance(value, str):
        if any(not isinstance(member, str) and value == str(member) for member in members):
            return ": write it without the quotes"
        close = nearest(value, [member for member in members if isinstance(member, str)])
        return f': did you mean "{close}"?' if close else ""
    return ""
