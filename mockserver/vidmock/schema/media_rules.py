"""Checks the pictures and clips that an input points to: ``x-media`` in the schema says what they must be.

Only what is known is checked: a file of which nothing is known breaks no rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from vidmock.schema import compiled, pointer, references
from vidmock.schema.catalog import Model
from vidmock.schema.evidence import stated_evidence
from vidmock.schema.findings import Findings
from vidmock.schema.known_media import UNKNOWN, MediaInfo, Probe, media_kind, nothing_known, spelled_format
from vidmock.schema.violation import Violation

if TYPE_CHECKING:
    from fractions import Fraction

MEDIA_KEYWORD: Final = "media"
"""The keyword of these violations; in ``x-error``, it stands for all of their rules."""

MediaRange = tuple[float | str | None, float | str | None]
"""The least and the greatest value, as the schema writes them; ``None`` is no limit."""

_NOUNS: Final[Mapping[str, str]] = {"image": "picture", "video": "clip"}
_MIB: Final = 2**20
_UUID: Final = 36
"""Characters of an id."""
_Chain = tuple[Mapping[str, Any], ...]

Inside = Callable[[str], MediaInfo | None]
"""A function from a text to what is known of the file that it contains; ``None`` where it contains none."""


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """What one ``x-media`` asks of a file, if *applies* is true of the whole input.

    *bytes* is the greatest size; *chain* are the schemas around the place, outermost first, and it itself.
    """

    applies: compiled.Verdict
    kind: Literal["image", "video"]
    formats: tuple[str, ...]
    seconds: MediaRange
    side: MediaRange
    aspect: MediaRange
    bytes: int | None
    chain: _Chain


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in an input, and where files can be in it.

    A string at this place is a file, and the first of *limits* that applies is asked of it; without *limits*, it is
    none. *holds* tells quickly whether a value may contain a file, rather than point to one.
    """

    limits: tuple[MediaLimits, ...]
    members: Mapping[str, _Place]
    items: _Place | None
    holds: compiled.Verdict


class _Fault(NamedTuple):
    """*fact* is the member of ``x-media`` that is broken."""

    fact: str
    rule: str
    message: str
    value: float | str
    limits: Mapping[str, Any]


def check_media(
    model: Model, payload: Any, media: Probe = nothing_known, inside: Inside | None = None
) -> tuple[Violation, ...]:
    """What is wrong with the files that *payload*, an input of *model*, points to or holds, as far as *media* knows.

    *inside* tells what the file is that a text contains, and is asked before; else it is read.
    A file of another format breaks no further rule. Else its bytes, pixels, shape and length can each be wrong. Of more
    than ``MOST_VIOLATIONS``, the last entry tells the number.
    """
    place = _places(model.pattern)
    if place is None or (media is nothing_known and not place.holds(payload)):
        return ()
    looked_into = inside or _embedded_media()
    findings = Findings()
    for path, text, candidates in _files(place, payload, ()):
        about = looked_into(text) or media(text)
        if about is UNKNOWN:
            continue
        if limits := next((limits for limits in candidates if limits.applies(payload)), None):
            for fault in _faults(limits, about):
                findings.add(partial(_violation, fault, limits, path))
    return findings.violations()


def _embedded_media() -> Inside:
    from vidmock.schema.embedded_media import embedded_media  # most requests hold no files

    return embedded_media


def _files(place: _Place, value: Any, path: pointer.Path) -> list[tuple[pointer.Path, str, tuple[MediaLimits, ...]]]:
    """The strings in *value* that stand for files, with their paths and the limits that may apply."""
    if isinstance(value, str):
        return [(path, value, place.limits)] if place.limits else []
    found = []
    if isinstance(value, dict):
        for name, member in place.members.items():
            if name in value:
                found += _files(member, value[name], (*path, name))
    elif isinstance(value, list) and place.items:
        for index, item in enumerate(value):
            found += _files(place.items, item, (*path, index))
    return found


def _violation(fault: _Fault, limits: MediaLimits, path: pointer.Path) -> Violation:
    from vidmock.schema.violation_codes import violation_code

    said = stated_evidence(limits.chain, fault.fact)
    return Violation(
        path,
        rule=fault.rule,
        keyword=MEDIA_KEYWORD,
        message=fault.message,
        code=violation_code(limits.chain, fault.rule, path, MEDIA_KEYWORD),
        limits={name: limit for name, limit in fault.limits.items() if limit is not None},
        value=fault.value,
        evidence=said.kind,
        source=said.source,
    )


def _faults(limits: MediaLimits, about: MediaInfo) -> Iterator[_Fault]:
    if about.format and (wanted := _other_format(limits, about.format)):
        message = f"this file's format is {about.format}; it must be {wanted}"
        yield _Fault(
            "formats" if limits.formats else "kind",
            "media-format",
            message,
            about.format,
            {"allowedValues": list(limits.formats) or None},
        )
        return
    if about.bytes and limits.bytes and about.bytes > limits.bytes:
        message = f"this file has {about.bytes} bytes; it may have at most {limits.bytes} ({limits.bytes / _MIB:g} MiB)"
        yield _Fault("bytes", "media-bytes", message, about.bytes, {"max": limits.bytes})
    this = f"this {_NOUNS[limits.kind]}"
    sides = [side for side in (about.width, about.height) if side]
    size = " x ".join(str(side or "?") for side in (about.width, about.height))
    if sides and (side := _outside(limits.side, sides)):
        message = f"{this} has {size} pixels; each side must have {_spoken(limits.side)}"
        yield _Fault("side", f"media-too-{'small' if side < 0 else 'large'}", message, size, _bounds(limits.side))
    if about.width and about.height and _outside(limits.aspect, [_ratio(about.width, about.height)]):
        shape = round(about.width / about.height, 4)
        message = (
            f"{this} of {size} pixels is {shape:g} times as wide as high; it must be {_spoken(limits.aspect)} times"
        )
        yield _Fault("aspect", "media-aspect", message, shape, _bounds(limits.aspect))
    if about.seconds and (side := _outside(limits.seconds, [about.seconds])):
        message = f"{this} lasts {about.seconds:g} s; it must last {_spoken(limits.seconds)} s"
        yield _Fault(
            "seconds", f"media-too-{'short' if side < 0 else 'long'}", message, about.seconds, _bounds(limits.seconds)
        )


def _other_format(limits: MediaLimits, format: str) -> str:
    """The formats that are wanted instead of *format*, in words; empty where it is right, or is not known."""
    if limits.formats:
        return "" if format in map(spelled_format, limits.formats) else _alternatives(limits.formats)
    return "" if media_kind(format) in (None, limits.kind) else f"that of a {_NOUNS[limits.kind]}"


def _outside(limits: MediaRange, figures: list[Any]) -> int:
    """-1 where one of *figures* is below the limits, 1 where one is above, else 0."""
    least, most = (None if limit is None else _ratio(limit) for limit in limits)
    if least is not None and min(figures) < least:
        return -1
    return 1 if most is not None and max(figures) > most else 0


def _ratio(number: float | str, by: int = 1) -> Fraction:
    from fractions import Fraction  # what is known of no file is not compared

    return Fraction(number) / by


def _spoken(limits: MediaRange) -> str:
    least, most = limits
    if least is None or most is None:
        return f"at most {most}" if least is None else f"at least {least}"
    return f"{least} to {most}"


def _bounds(limits: MediaRange) -> dict[str, Any]:
    least, most = (float(limit) if isinstance(limit, str) else limit for limit in limits)
    return {"min": least, "max": most}


def _alternatives(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


@cache
def _places(model: Model) -> _Place | None:
    return _place(model.schema, model.schema, (), ())


def _place(root: Mapping[str, Any], node: Any, chain: _Chain, around: tuple[MediaLimits, ...]) -> _Place | None:
    """Where files are in what *node* describes. *around* are the limits that a list has for its items."""
    if not isinstance(node, Mapping):
        return None
    schema = references.resolve_reference(root, node)
    chain = (*chain, schema)
    limits = _limits(root, schema.get("x-media"), chain) or around
    found = [place for each in schema.get("anyOf", ()) if (place := _place(root, each, chain, ()))]
    members = {
        name: place for name, each in schema.get("properties", {}).items() if (place := _place(root, each, chain, ()))
    }
    items = _place(root, schema["items"], chain, limits) if "items" in schema else None
    for other in found:
        limits, members, items = limits or other.limits, {**other.members, **members}, items or other.items
    if not (limits or members or items):
        return None
    return _Place(() if "items" in schema else limits, members, items, _holds(members, items))


def _holds(members: Mapping[str, _Place], items: _Place | None) -> compiled.Verdict:
    inside = tuple((name, member.holds) for name, member in members.items())
    item = items.holds if items else None

    def verdict(value: Any) -> bool:
        if isinstance(value, str):
            return not value.startswith("http") and not (len(value) == _UUID and value[8] == "-")
        if isinstance(value, dict):
            for name, holds in inside:
                if name in value and holds(value[name]):
                    return True
        elif isinstance(value, list) and item:
            return any(map(item, value))
        return False

    return verdict


def _limits(root: Mapping[str, Any], said: Any, chain: _Chain) -> tuple[MediaLimits, ...]:
    if said is None:
        return ()
    return tuple(
        MediaLimits(
            applies=compiled.compile_verdict(each.get("when", True), root),
            kind=each["kind"],
            formats=tuple(each.get("formats", ())),
            seconds=tuple(each.get("seconds", (None, None))),
            side=tuple(each.get("side", (None, None))),
            aspect=tuple(each.get("aspect", (None, None))),
            bytes=each.get("bytes"),
            chain=(*chain, each),
        )
        for each in (said if isinstance(said, list) else [said])
    )
