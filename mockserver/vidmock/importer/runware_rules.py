"""The section "Compatibility & Validation" of Runware's page: a sentence each between rules, and a table of sizes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, Final

from vidmock.importer.literals import as_number
from vidmock.importer.markdown import plain_text, table_rows
from vidmock.importer.page import NamedRule, Unsure

_TERM: Final = r"`([A-Za-z0-9_.]{1,80}(?:/[A-Za-z0-9_.]{1,80})?)`"
_NUMBER: Final = r"`?(-?[0-9]{1,9}(?:\.[0-9]{1,6})?)`?"
_ONE_OF: Final = re.compile(rf"Provide exactly one of: ({_TERM}(?: or {_TERM}){{1,8}})\.?")
_EITHER: Final = re.compile(rf"Either provide {_TERM}, or (?:specify|provide) {_TERM}\.?")
_NOT_WITH: Final = re.compile(rf"{_TERM} cannot be used with {_TERM}\.?")
_TOGETHER: Final = re.compile(rf"{_TERM} and {_TERM} must be used together\.?")
_WHEN: Final = re.compile(rf"When ({_TERM}(?: or {_TERM}){{0,4}}) (?:is|are) provided, (.{{1,400}})")
_REQUIRED: Final = re.compile(rf"{_TERM} is required")
_ITEMS: Final = re.compile(rf"{_TERM} is limited to {_NUMBER} items?")
_VALUES: Final = re.compile(rf"{_TERM} is limited to ({_NUMBER}(?:, (?:or )?{_NUMBER}){{0,30}})")
_BETWEEN: Final = re.compile(rf"{_TERM} must be between {_NUMBER} and {_NUMBER}")
_TERMS: Final = re.compile(_TERM)
_SIZE: Final = re.compile(r"([0-9]{2,5})[x×*]([0-9]{2,5})")

Schema = Mapping[str, Any]


def runware_rules(text: str) -> tuple[list[NamedRule], dict[str, tuple[int, int]], list[Unsure]]:
    """The rules of the section *text*, the sizes that it lists, and what no rule could be made of."""
    rules, notes = list[NamedRule](), list[Unsure]()
    sizes: dict[str, tuple[int, int]] = {}
    for part in re.split(r"^---$", text, flags=re.MULTILINE):
        said = plain_text(part.partition("\n|")[0])
        if listed := _sizes(part):
            sizes |= listed
            rules.append(_size_rule(listed, said))
        elif said:
            found = [*_rules(said)]
            rules += found
            if not found:
                notes.append(Unsure("", said, "a rule that is not understood"))
            elif _EITHER.fullmatch(said):
                notes.append(Unsure("", said, "whether both may be given is not said; they may here"))
    return [*{rule.name: rule for rule in rules}.values()], sizes, notes


def _sizes(part: str) -> dict[str, tuple[int, int]]:
    rows = [row for table in table_rows(part) for row in table if len(row) == 2]
    found = {row[0].strip("`"): _SIZE.fullmatch(row[1].strip("`")) for row in rows}
    return {name: (int(size[1]), int(size[2])) for name, size in found.items() if size}


def _size_rule(sizes: Mapping[str, tuple[int, int]], said: str) -> NamedRule:
    options = list(dict.fromkeys(sizes.values()))
    return NamedRule(
        "a-size-of-this-model",
        ("/width", "/height"),
        f"width x height must be one of {', '.join(f'{width}x{height}' for width, height in options[:20])}",
        {
            "if": {"type": "object", "required": ["width", "height"]},
            "then": {
                "anyOf": [
                    {"properties": {"width": {"const": width}, "height": {"const": height}}}
                    for width, height in options
                ]
            },
        },
        said,
    )


def _rules(said: str) -> Iterator[NamedRule]:
    """The rules that the sentence *said* is; none where it is not understood."""
    if one_of := _ONE_OF.fullmatch(said):
        terms = _TERMS.findall(one_of[1])
        yield _some(terms, said)
        yield from (_never(pair, said) for pair in combinations(terms, 2))
    elif either := _EITHER.fullmatch(said):
        yield _some([either[1], either[2]], said)
    elif apart := _NOT_WITH.fullmatch(said):
        yield _never((apart[1], apart[2]), said)
    elif together := _TOGETHER.fullmatch(said):
        yield together_rule(together[1], together[2], said)
    elif when := _WHEN.fullmatch(said):
        yield from _consequences(_TERMS.findall(when[1]), when[when.lastindex or 0], said)


def together_rule(one: str, other: str, said: str) -> NamedRule:
    """That the parameters *one* and *other* of the top level are given together."""
    return NamedRule(
        f"{_slug(one)}-with-{_slug(other)}",
        (f"/{one}", f"/{other}"),
        f"{one} and {other} belong together: give both or neither",
        {"dependentRequired": {one: [other], other: [one]}},
        said,
    )


def _consequences(conditions: Sequence[str], said: str, whole: str) -> Iterator[NamedRule]:
    """A rule for each demand of *said*; none if one of them is not understood."""
    found = list[NamedRule]()
    for part in re.split(r" and (?=`[A-Za-z])", said.rstrip(".")):
        if needed := _REQUIRED.fullmatch(part):
            demand, term, words = _present(needed[1]), needed[1], "is required"
        elif items := _ITEMS.fullmatch(part):
            demand, term = _at(items[1], {"maxItems": int(items[2])}), items[1]
            words = f"must hold at most {items[2]} items"
        elif values := _VALUES.fullmatch(part):
            listed = [as_number(number) for number in re.findall(r"-?[0-9]+(?:\.[0-9]+)?", values[2])]
            demand, term = _at(values[1], {"enum": listed}), values[1]
            words = f"must be {' or '.join(map(str, listed))}"
        elif between := _BETWEEN.fullmatch(part):
            demand = _at(between[1], {"minimum": as_number(between[2]), "maximum": as_number(between[3])})
            term, words = between[1], f"must be from {between[2]} to {between[3]}"
        else:
            return
        names = " or ".join(conditions)
        rule = f"{_slug(term)}-beside-{'-or-'.join(map(_slug, conditions))}"[:90].rstrip("-")
        condition = {"anyOf": [_present(each) for each in conditions]}
        found.append(
            NamedRule(rule, (_pointer(term),), f"{words} beside {names}", {"if": condition, "then": demand}, whole)
        )
    yield from found


def _some(terms: Sequence[str], said: str) -> NamedRule:
    name = f"one-of-{'-'.join(map(_slug, terms))}"[:90].rstrip("-")
    places = tuple(dict.fromkeys(_pointer(each) for term in terms for each in term.split("/")))
    return NamedRule(
        name, places, f"give {' or '.join(terms)}: one of them is needed", {"anyOf": [*map(_present, terms)]}, said
    )


def _never(pair: tuple[str, str], said: str) -> NamedRule:
    one, other = pair
    places = tuple(dict.fromkeys(_pointer(each) for term in pair for each in term.split("/")))
    return NamedRule(
        f"{_slug(one)}-without-{_slug(other)}",
        places,
        f"{one} and {other} exclude each other: leave one of them out",
        {"not": {"allOf": [_present(one), _present(other)]}},
        said,
    )


def _present(term: str) -> dict[str, Any]:
    """That an input has *term*, a dotted place, or one of several with a slash between them."""
    several = term.split("/")
    if len(several) > 1:
        return {"anyOf": [_present(each) for each in several]}
    head, _, rest = term.partition(".")
    return {"type": "object", "required": [head], **({"properties": {head: _present(rest)}} if rest else {})}


def _at(term: str, schema: Schema) -> dict[str, Any]:
    """That what is at the dotted place *term*, if anything is, satisfies *schema*."""
    head, _, rest = term.partition(".")
    return {"properties": {head: _at(rest, schema) if rest else schema}}


def _pointer(term: str) -> str:
    return "/" + term.replace(".", "/")


def _slug(term: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", term.removeprefix("inputs.").lower()).strip("-")


def optional_by(rules: Sequence[NamedRule]) -> frozenset[str]:
    """The parameters of the top level that *rules* let be left out: those that are one of several choices."""
    free = set[str]()
    for rule in rules:
        if rule.name.startswith("one-of-") or "-without-" in rule.name:
            free |= {path[1:] for path in rule.paths if path.count("/") == 1}
    return frozenset(free)
