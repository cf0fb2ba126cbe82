"""Turns the sentences about a parameter into keywords where they are certain, and into notes where they are not."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from vidmock.importer.file_limits import is_file_limits
from vidmock.importer.literals import UNREADABLE, as_number, bare, read_literal
from vidmock.importer.page import Parameter, Unsure

Keywords = dict[str, Any]

_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"`*(@])")
_NUMBER: Final = r"(-?[0-9]{1,15}(?:\.[0-9]{1,15})?)"
_RANGE: Final = rf"{_NUMBER}\s?(?:-|–|—|to|and)\s?{_NUMBER}"
_LISTED: Final = re.compile(
    r"(?:\*\*)?(?:(?:valid|allowed|possible|supported|available|accepted) )?(?:options|values)(?: are)?:(?:\*\*)? (.+)",
    re.IGNORECASE,
)
_NAMED: Final = re.compile(r"(?:one of|accepts|use|must be one of) (.+)", re.IGNORECASE)
_QUOTED: Final = re.compile(r"`([^`]+)`")
_BETWEEN: Final = re.compile(r"[\s,]|or|and")
_TELLING: Final = re.compile(
    r"[0-9`]|\b(?:must|only|cannot|can't|not be|required|ignored?|either|both|unless|instead|overrid\w+|maximum|minimum"
    r"|at (?:most|least)|up to|range|between|typically|options?|formats|limit\w*|support(?:s|ed)?|when|e\.g\.|exactly)"
    r"\b",
    re.IGNORECASE,
)
_INERT: Final = re.compile(
    r"(?:set to|use) `?-1`? (?:for|to) .*|default(?: value)?(?: is)?:? .*|.*\breproducib\w+.*", re.IGNORECASE
)
_SIZE: Final = re.compile(r"in format [`\"]?width([*x])height[`\"]?", re.IGNORECASE)
_LENGTH: Final = re.compile(
    r"(?:max(?:imum)?(?: length)?(?: of|:)?|up to|at most) ([0-9]{1,9}) characters", re.IGNORECASE
)


def sentences(text: str) -> list[str]:
    """The sentences of *text*, without their full stops."""
    return [part.strip().rstrip(".").strip() for part in _SENTENCE.split(text) if part.strip(" .")]


def read_prose(parameter: Parameter, at: str, names: Collection[str]) -> tuple[Keywords, list[Unsure]]:
    """The keywords that the prose of *parameter* states for certain, and notes on what else it may demand.

    *at* is the parameter's place in an input, and *names* are those of all parameters: one of them in backticks is no
    value of an enumeration.
    """
    found: Keywords = {}
    notes = list[Unsure]()
    for sentence in sentences(parameter.about):
        if parameter.exact or _INERT.fullmatch(sentence) or is_file_limits(sentence):
            continue
        keywords, doubt = _read(sentence, parameter.type, names)
        if clash := sorted(key for key, value in keywords.items() if found.get(key, value) != value):
            keywords, doubt = {}, f"another sentence gives another {clash[0]}"
        found |= keywords
        if doubt or (not keywords and _TELLING.search(sentence) and not _is_address(sentence)):
            notes.append(Unsure(at, sentence, doubt or "prose that no rule is made of"))
    return found, notes


def _is_address(sentence: str) -> bool:
    return bool(re.search(r"\bURLs?\b", sentence)) and not re.search(r"[0-9`]", sentence)


def _read(sentence: str, kind: str, names: Collection[str]) -> tuple[Keywords, str]:
    """The keywords of one sentence, and what is doubtful about it; empty where nothing is."""
    if listed := _LISTED.fullmatch(sentence):
        return _enumeration(listed[1], kind, names, bare_words=True)
    if (named := _NAMED.fullmatch(sentence)) and "`" in named[1]:
        return _enumeration(named[1], kind, names, bare_words=False)
    for read in _BY_TYPE.get(kind, ()):
        keywords = read(sentence)
        if keywords:
            return keywords, ""
    return {}, ""


def _enumeration(text: str, kind: str, names: Collection[str], *, bare_words: bool) -> tuple[Keywords, str]:
    """The members that *text* lists; with *bare_words*, it is plain that it is a list of values."""
    if kind in ("integer", "number") and (span := re.fullmatch(rf"{_RANGE}(?: \w+)?", text)):
        return _span(span), "a range that is written as a list of options; read as a range"
    words = _QUOTED.findall(text)
    if words and _BETWEEN.sub("", _QUOTED.sub("", text)):
        return {}, "a list with words between its members"
    if not words and bare_words:
        words = [word for word in re.split(r",\s*(?:or |and )?|\s+(?:or|and)\s+", text) if word.strip()]
    if not bare_words and any(word in names for word in words):
        return {}, "it names another parameter"
    if len(words) < 2 or (kind not in ("integer", "number") and any(" " in bare(word) for word in words)):
        return {}, "no list of values"
    values = [read_literal(word, kind) for word in words]
    if kind not in ("string", "integer", "number") or UNREADABLE in values:
        return {}, f"its members are no values of type {kind or 'unknown'}"
    return {"enum": list(dict.fromkeys(values))}, ""


def _span(match: re.Match[str]) -> Keywords:
    return {"minimum": as_number(match[1]), "maximum": as_number(match[2])}


def _number_range(sentence: str) -> Keywords:
    stated = re.fullmatch(
        rf"(?:(?:valid |allowed )?range(?: is)?:?|(?:must be |value )?between|from) {_RANGE}(?: \w+)?",
        sentence,
        re.IGNORECASE,
    ) or re.search(rf"^[^0-9(]*\({_RANGE}\)$", sentence)
    if stated:
        return _span(stated)
    if factor := re.fullmatch(r"must be (?:divisible by|a multiple of) ([0-9]{1,6})", sentence, re.IGNORECASE):
        return {"multipleOf": int(factor[1])} if int(factor[1]) else {}
    if least := re.fullmatch(rf"min(?:imum)?(?: value)?(?: is)?:? {_NUMBER}", sentence, re.IGNORECASE):
        return {"minimum": as_number(least[1])}
    most = re.fullmatch(rf"max(?:imum)?(?: value)?(?: is)?:? {_NUMBER}", sentence, re.IGNORECASE)
    return {"maximum": as_number(most[1])} if most else {}


def _item_range(sentence: str) -> Keywords:
    if len(re.findall(r"[0-9]+", sentence)) > 2:
        return {}
    some = re.match(
        r"(?:(?:an )?(?:array|list) of|supports) ([0-9]{1,6})\s?[-–]\s?([0-9]{1,6}) [a-z]", sentence, re.IGNORECASE
    )
    if some:
        return {"minItems": int(some[1]), "maxItems": int(some[2])}
    most = re.fullmatch(
        r"(?:supports )?(?:up to|at most|maximum(?: of)?|max) ([0-9]{1,6}) (?:[a-z]+ )?"
        r"(?:images|videos|clips|items|urls|files)",
        sentence,
        re.IGNORECASE,
    )
    return {"maxItems": int(most[1])} if most else {}


def _text_form(sentence: str) -> Keywords:
    if length := _LENGTH.fullmatch(sentence):
        return {"maxLength": int(length[1])}
    if form := _SIZE.search(sentence):
        mark = form[1]
        return {
            "pattern": rf"^[0-9]+{re.escape(mark)}[0-9]+$",
            "x-message": f"must be written as width{mark}height, such as 1024{mark}1024",
        }
    return {}


_BY_TYPE: Final[Mapping[str, tuple[Callable[[str], Keywords], ...]]] = {
    "integer": (_number_range,),
    "number": (_number_range,),
    "array": (_item_range,),
    "string": (_text_form,),
}
