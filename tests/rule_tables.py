"""The tables of docs/rules: each rule of each shipped model with its evidence, a near miss, the answer and the test.

``python -m tests.rule_tables`` writes them anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, partial
from itertools import chain
from pathlib import Path
from typing import Any

import vidmock
from vidmock import resources, strict_json
from vidmock.schema.assertions import assertions_of
from vidmock.schema.catalog import Model, models, providers
from vidmock.schema.evidence import Evidence, read_evidence, stated_evidence
from vidmock.schema.known_media import media_from_mapping
from vidmock.schema.media_rules import check_media
from vidmock.schema.references import resolve_reference
from vidmock.schema.samples import samples_of
from vidmock.schema.validate import find_lints, find_violations

PAGES = Path(__file__).resolve().parents[1] / "docs" / "rules"
FIXTURES = resources.folder("fixtures")
GENERATED = "tests/test_rule_tables.py::test_a_near_miss_breaks_just_that_rule"
_LONGEST = 60
_BASES = 150
"""Samples of a model that are tried as what a warning is about."""
_NOT_A_RULE = ("default",)
_FAULTY: list[dict[str, Any]] = [
    {"format": "mp4"},
    {"format": "png"},
    {"bytes": 10**9},
    {"width": 100, "height": 100},
    {"width": 9000, "height": 9000},
    {"width": 400, "height": 4000},
    {"seconds": 1},
    {"seconds": 100},
]
"""What may be wrong with a file."""
_MEDIA = {
    "media-format": ("formats", "kind"),
    "media-bytes": ("bytes",),
    "media-too-small": ("side",),
    "media-too-large": ("side",),
    "media-aspect": ("aspect",),
    "media-too-short": ("seconds",),
    "media-too-long": ("seconds",),
}
"""Which members of an ``x-media`` each of these rules is about."""


@dataclass(frozen=True)
class NearMiss:
    """An input that breaks one rule, what is known of its files, and the test that says so."""

    input: Any
    media: Mapping[str, Any]
    test: str


@dataclass(frozen=True)
class RuleRow:
    """A rule of a model: *rule* is the keyword or name that a violation has, at *place*.

    A near miss is searched for when it is asked for: that takes longer than to list the rules.
    """

    place: str
    rule: str
    words: str
    evidence: Evidence
    find: Callable[[], NearMiss | None]

    @cached_property
    def miss(self) -> NearMiss | None:
        return self.find()


@cache
def rows_of(model: Model) -> list[RuleRow]:
    """Every rule of *model*, in the order of its schema; defaults are none."""
    rows = []
    for each in assertions_of(model.schema):
        if each.keyword not in _NOT_A_RULE:
            named = each.keyword == "rule"
            rule = each.place.removeprefix("rule ") if named else each.keyword
            key = ("", rule) if named else (each.place, rule)
            found = partial(_first_miss, model, (key,))
            rows.append(RuleRow("" if named else each.place, rule, each.words, each.evidence, found))
    for place, fact, said, evidence in _files(model):
        keys = tuple((place, rule) for rule, facts in _MEDIA.items() if fact in facts)
        rows.append(RuleRow(place, f"x-media {fact}", said, evidence, partial(_first_miss, model, keys)))
    for lint in model.schema.get("x-lints", ()):
        place = ".".join(lint["path"].split("/")[1:])
        said = f"warning: {lint['message']}"
        found = partial(_lint_miss, model, lint["name"])
        rows.append(RuleRow(place, lint["name"], said, read_evidence(lint["x-evidence"]), found))
    if model.schema.get("additionalProperties") is not False:
        said = "warning: another parameter is dropped silently"
        evidence = stated_evidence([model.schema], "additionalProperties")
        found = partial(_lint_miss, model, "dropped-parameter")
        rows.append(RuleRow("", "dropped-parameter", said, evidence, found))
    return rows


def page_of(provider: str) -> str:
    """The page of *provider*."""
    lines = [
        f"# The rules of {provider}'s models",
        "",
        "Written by `python -m tests.rule_tables`. [schema-format.md](../schema-format.md) explains the keywords. A",
        "section that is named as evidence is of the model's page. A near miss is what matters of an input that breaks",
        "just that.",
    ]
    for model in models(provider):
        dated = model.schema["x-model"]
        lines += ["", f"## {dated['name']}", "", f"`{model.id}`, [its page]({model.docs})", ""]
        lines += [
            "| place | rule | what is right | evidence | near miss | answer | test |",
            "|---|---|---|---|---|---|---|",
        ]
        lines += [_line(model, row) for row in rows_of(model)]
    return "\n".join(lines) + "\n"


def row_id(model: Model, row: RuleRow) -> str:
    """The id of the generated test of *row*."""
    return re.sub(r"[^\w.*-]+", "-", f"{model.provider}-{model.file.stem}-{row.place or 'input'}-{row.rule}")


def _line(model: Model, row: RuleRow) -> str:
    assert row.miss, f"{model.id}: nothing breaks {row.rule} at {row.place!r}"
    test = row.miss.test or f"{GENERATED}[{row_id(model, row)}]"
    cells = [
        f"`{row.place}`" if row.place else "the input",
        f"`{row.rule}`",
        row.words if len(row.words) < 160 else f"{row.words[:160]}…",
        str(row.evidence),
        f"`{shown(model, row)}`",
        _answer(model, row.miss),
        f"`{test}`",
    ]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def shown(model: Model, row: RuleRow) -> str:
    """What of the near miss of *row* matters, on a line."""
    assert row.miss
    sent = row.miss.input
    if row.rule == "required":
        return f"no {row.place}"
    if not isinstance(sent, dict):
        return _short(sent)
    tops = {row.place.split(".")[0].split("[")[0]} if row.place else set()
    if row.rule in (definitions := model.schema.get("$defs", {})):
        paths = definitions[row.rule].get("x-path", "")
        tops = {path.split("/")[1] for path in ([paths] if isinstance(paths, str) else paths) if path}
    if row.rule in ("additionalProperties", "dropped-parameter") and not row.place:
        tops = sent.keys() - model.schema["properties"].keys()
    kept = {name: value for name, value in sent.items() if name in tops}
    files = f" with {_short(next(iter(row.miss.media.values())))}" if row.miss.media else ""
    return f"{_short(kept or sent)}{files}"


def _short(value: Any) -> str:
    return json.dumps(_cut(value), ensure_ascii=False)


def _cut(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _LONGEST:
        return f"{value[:12]}… ({len(value):,} characters)"
    if isinstance(value, list):
        return [*map(_cut, value[:2]), *([f"… {len(value)} items"] if len(value) > 2 else [])]
    return {name: _cut(each) for name, each in value.items()} if isinstance(value, dict) else value


def _answer(model: Model, miss: NearMiss) -> str:
    found = vidmock.provider_answer(model.provider, model.id, json.dumps(miss.input), media_from_mapping(miss.media))
    codes = f" {', '.join(dict.fromkeys(found.codes))}" if found.codes else ""
    if not found.later:
        return f"{found.status}{codes}"
    body = found.later.json
    failed = found.later.status != 200 or b'"error' in found.later.body
    state = f" {body['status']}" if isinstance(body, dict) and isinstance(body.get("status"), str) else ""
    return f"{found.status}, then {found.later.status}{state}{codes}" if failed else f"{found.status}: it is taken"


def _first_miss(model: Model, keys: Iterable[tuple[str, str]]) -> NearMiss | None:
    """The near miss of the first of *keys* that has one."""
    misses = _misses(model)
    return next((misses[key] for key in keys if key in misses), None)


@cache
def _misses(model: Model) -> Mapping[tuple[str, str], NearMiss]:
    """The smallest near miss of each place and rule: an example, or else a generated one."""
    found: dict[tuple[str, str], NearMiss] = {}
    folder = FIXTURES / model.provider / model.file.stem / "invalid"
    for file in sorted(folder.glob("*.json")):
        case = strict_json.loads(file.read_bytes())
        known = case.get("media", {})
        name = f"fixtures/{file.relative_to(FIXTURES).as_posix()}"
        _keep(found, model, NearMiss(case["input"], known, name))
    _keep(found, model, NearMiss([], {}, ""))
    for sent in (*_good(model), *samples_of(model).valid[:_BASES]):
        for changed in _other_files(sent):
            _keep(found, model, changed)
    for fault in samples_of(model).faults:
        for payload in fault.payloads[:1]:
            _keep(found, model, NearMiss(payload, {}, ""))
    return found


def _good(model: Model) -> list[dict[str, Any]]:
    """The inputs that are examples of what *model* takes."""
    folder = FIXTURES / model.provider / model.file.stem / "valid"
    return [strict_json.loads(file.read_bytes())["input"] for file in sorted(folder.glob("*.json"))]


def _keep(found: dict[tuple[str, str], NearMiss], model: Model, miss: NearMiss) -> None:
    known = media_from_mapping(miss.media)
    violations = (*find_violations(model, miss.input), *check_media(model, miss.input, known))
    if len(violations) != 1:
        return
    (only,) = violations
    place = ".".join("*" if isinstance(part, int) else part for part in only.path)
    if only.keyword == "additionalProperties":
        place = ".".join("*" if isinstance(part, int) else part for part in only.path[:-1])
    key = ("", only.rule) if only.keyword == "rule" else (place or "the input", only.rule)
    before = found.get(key)
    if (
        before is None
        or (not before.test and miss.test)
        or (bool(before.test) == bool(miss.test) and _size(miss) < _size(before))
    ):
        found[key] = miss


def _other_files(sent: Any) -> Iterator[NearMiss]:
    """*sent* with each fault that one of its files can have."""
    for url in dict.fromkeys(re.findall(r'"(https?://[^"]+)"', json.dumps(sent))):
        for about in _FAULTY:
            yield NearMiss(sent, {url: about}, "")


def _size(miss: NearMiss) -> tuple[int, str]:
    text = json.dumps(miss.input)
    return len(text), text


def _files(model: Model) -> Iterator[tuple[str, str, str, Evidence]]:
    """Place, name, value and evidence of each limit on files."""
    yield from dict.fromkeys(_limits(model.schema, model.schema, (), ()))


def _limits(root: Mapping[str, Any], node: Any, path: tuple[str, ...], around: tuple[Any, ...]) -> Iterator[Any]:
    if not isinstance(node, Mapping):
        return
    schema = resolve_reference(root, node)
    said = schema.get("x-media")
    here = tuple(said if isinstance(said, list) else [said]) if said else around
    if "items" in schema:
        yield from _limits(root, schema["items"], (*path, "*"), here)
    else:
        for limits in here:
            # Of another kind is a format that is not listed, where formats are.
            beside = {"when", "x-evidence", *(["kind"] if "formats" in limits else [])}
            for fact in (name for name in limits if name not in beside):
                value = json.dumps(limits[fact])
                yield ".".join(path), fact, value, stated_evidence([limits], fact)
    for name, member in schema.get("properties", {}).items():
        yield from _limits(root, member, (*path, name), ())
    for each in schema.get("anyOf", ()):
        yield from _limits(root, each, path, ())


def _lint_miss(model: Model, name: str) -> NearMiss | None:
    """The smallest input that is taken with that warning alone."""
    found, others = _warned(model)
    while name not in found and (sent := next(others, None)) is not None:
        if len(warnings := _warned_of(model, sent)) == 1:
            found.setdefault(warnings[0], NearMiss(sent, {}, ""))
    return found.get(name)


@cache
def _warned(model: Model) -> tuple[dict[str, NearMiss], Iterator[dict[str, Any]]]:
    """The near misses of warnings that were found so far, and the inputs that were not tried yet."""
    prompt = model.schema["x-video"]["prompt"][0]["at"].removeprefix("/")
    changes: list[dict[str, Any]] = [{}, {"unheard_of": 1}]
    changes += [{prompt: text} for text in ("", "x" * 2501, "@Image1", "@Element1")]
    changes += [
        {str(path[0]): value} for path, values in samples_of(model).spare.items() if len(path) == 1 for value in values
    ]
    changes += [{"safety": {"checkContent": True, "mode": "full"}}]
    changes += [{"providerSettings": {"klingai": {"keepOriginalSound": True}}}, {"duration": 5}]
    # The samples come simplest first.
    changed = ({**base, **change} for base in samples_of(model).valid[:_BASES] for change in changes)
    return {}, chain(changed, _good(model))


def _warned_of(model: Model, sent: Mapping[str, Any]) -> list[str]:
    """The warnings about *sent*, by name; none where it is wrong."""
    return [] if find_violations(model, sent) else [lint.rule for lint in find_lints(model, sent)]


if __name__ == "__main__":
    PAGES.mkdir(exist_ok=True)
    for name in providers():
        (PAGES / f"{name}.md").write_text(page_of(name), "utf-8")
